"""The names that outlive the process, and when they are written."""

import logging
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Thread

from connmon_enricher.names import cache_file
from connmon_enricher.names.cache_file import DamagedNamesError, ForeignNamesError
from connmon_shared.stage.loop import Timer

SAVE_SECONDS = 600.0  # between two times, besides the end
CLOSE_SECONDS = 2.0  # that a slow disk is waited for; 50,000 names take 0.2 s
log = logging.getLogger("connmon-enricher")


class SavedNames:
    """The file of names, if it may be used.

    Attributes:
        problem: why not, or what is wrong with it; empty: nothing.

    Args:
        path: of the file.
        now: seconds since 1970.
    """

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self.problem = ""
        self._path = path
        self._now = now
        self._ours = True
        self._writer: Thread | None = None
        self._due = Timer(SAVE_SECONDS)
        self._due.restart(SAVE_SECONDS)

    @property
    def due(self) -> bool:
        """Whether names are to be saved although nobody ends yet; once in a while."""
        return self._due.take()

    def load(self) -> list[tuple[bytes, str, float]]:
        """Return addresses and names, each with the seconds that it still counts."""
        now = self._now()
        try:
            names = cache_file.load(self._path, now)
        except (DamagedNamesError, ForeignNamesError) as error:
            self._ours = isinstance(error, DamagedNamesError)
            self._complain(str(error))
            return []
        return [(address, name, expires - now) for address, name, expires in names]

    def save(self, names: Iterable[tuple[bytes, str, float]]) -> None:
        """Write what `load` returns, in a thread, in which `names` are taken, too.

        If that is at it already, what it writes is as good.
        """
        if self._ours and (self._writer is None or not self._writer.is_alive()):
            self._writer = Thread(target=self._save, args=(names, self._now()), daemon=True)
            self._writer.start()

    def close(self) -> None:
        """Wait for what is being written."""
        if self._writer is not None:
            self._writer.join(CLOSE_SECONDS)

    def _save(self, names: Iterable[tuple[bytes, str, float]], now: float) -> None:
        stored = ((address, name, now + left) for address, name, left in names)
        try:
            cache_file.save(self._path, stored)
        except OSError as error:
            self._complain(f"{self._path}: {error.strerror}; the names are not kept")
        else:
            self.problem = ""

    def _complain(self, problem: str) -> None:
        if problem != self.problem:
            log.warning(problem)
        self.problem = problem
