"""A made-up host behind a real enricher, changing once a second while something is measured."""

import contextlib
import threading
import time
from collections.abc import Iterator

from benchmarks.enriched import enricher
from benchmarks.pretend import PretendHost

from connmon_shared.stage.runtime import Runtime

_SERVE_SECONDS = 0.02
_LOOK_SECONDS = 0.003  # a collector looks when the second begins, and tells as much later


class Life:
    """Lets a host go on, in a thread.

    Args:
        host: the host.
        opened: connections opened, and closed, each time.
        pause: seconds between these times, as a collector has them
    """

    def __init__(self, host: PretendHost, opened: int, pause: float = 1.0) -> None:
        self._host = host
        self._opened = opened
        self._pause = pause
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> None:
        """Stop it."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        due = self._next()
        while not self._ended.wait(min(_SERVE_SECONDS, max(0.0, due - time.time()))):
            self._host.serve()
            if time.time() >= due:
                due = self._next()
                self._host.change(self._opened, time.time(), self._pause)
            self._host.flush()

    def _next(self) -> float:
        """Return when something is told next, seconds since 1970."""
        now = time.time() - _LOOK_SECONDS
        return now + self._pause - now % self._pause + _LOOK_SECONDS


@contextlib.contextmanager
def living(addresses: int, open_now: int, opened: int, past: int = 0) -> Iterator[Runtime]:
    """Give the place of an enricher that follows a host.

    Args:
        addresses: that it talks to, in turn.
        open_now: connections at any time.
        opened: connections opened, and closed, a second.
        past: seconds for which it has gone on like that already.
    """
    with enricher() as (runtime, _), PretendHost(runtime, addresses) as host:
        began = time.time() - past
        host.begin(open_now, began)
        for second in range(past):
            host.change(opened, began + second, 1.0)
            host.flush()
        life = Life(host, opened)
        try:
            yield runtime
        finally:
            life.end()
