"""A host that is not there: rows and changes as a collector would send them, at any rate.

What is measured with it is the way from a collector's socket to a viewer's history; what a real
collector costs is measured by `benchmarks.capture`.
"""

import argparse
import itertools
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Self

import zmq

from connmon_collector.feed import Feed
from connmon_collector.way import LocalWay
from connmon_shared import sockets
from connmon_shared.messages import (
    Connection,
    Delta,
    Keyframe,
    Process,
    Processes,
    Status,
)
from connmon_shared.stage.runtime import Runtime
from connmon_shared.timelines.states import Protocol, State
from connmon_shared.wire import Sender, new_epoch

_PATIENCE_MS = 10_000  # that a part of a keyframe waits for room
_SUBSCRIBED_MS = 20_000
_SERVER_PORT = 443
_LOCAL = bytes((10, 0, 0, 2))
_BUSY = bytes((15, 0, 0, 1))
_PROCESSES = 200


class PretendHost:
    """Sends what a host with `addresses` remote ends would, for the time of a `with` block.

    Args:
        runtime: where the enricher is.
        addresses: so many are used in turn.
        name: of the host.
        newcomers: one of so many connections that are opened after `begin` has an address of its
            own; 0: none.
        busy: one of so many connections is one of a single process with a single address; 0: none.

    Attributes:
        rows: what is open now, by id.
        sender: numbers the messages.
    """

    def __init__(
        self,
        runtime: Runtime,
        addresses: int,
        name: str = "pretended",
        newcomers: int = 0,
        busy: int = 0,
    ) -> None:
        self.sender = Sender(name, new_epoch())
        self.rows: dict[int, Connection] = {}
        self._addresses = addresses
        self._newcomers = newcomers
        self._busy = busy
        self._begun = False
        self._ids = itertools.count(1)
        self._open: deque[int] = deque()  # ids, oldest first
        self._context: zmq.Context[sockets.Socket] = zmq.Context()
        way = LocalWay(self._context, runtime.feed, _PATIENCE_MS)
        self._socket = way.socket
        self._feed = Feed(way, self.sender)

    def __enter__(self) -> Self:
        assert self._socket.poll(_SUBSCRIBED_MS), "the enricher does not subscribe"
        self._feed.joined()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._context.destroy(linger=0)

    def begin(self, count: int, moment: float) -> None:
        """Send a keyframe with `count` connections, and their processes."""
        for _ in range(count):
            self._opened()
        self._begun = True
        self._feed.send(Status("collector", "0", "events", 1.0, ()), moment)
        frame = Keyframe(moment, moment, moment + 1, ())
        assert self._feed.send_keyframe(frame, self.rows.values(), len(self.rows), moment)
        names = (Process(pid, f"p{pid}") for pid in range(1, _PROCESSES + 1))
        self._feed.send(Processes(tuple(names)), moment)

    def change(self, count: int, moment: float, vouched: float = 0.0) -> None:
        """Close the `count` oldest connections, open as many, and tell of it as of `moment`.

        Args:
            count: of connections.
            moment: the time of the delta, seconds since 1970.
            vouched: seconds that the delta stands for.
        """
        gone = [self._open.popleft() for _ in range(min(count, len(self._open)))]
        for number in gone:
            del self.rows[number]
        came = [self._opened() for _ in range(count)]
        delta = Delta(moment, moment, moment + vouched, tuple(came), tuple(gone))
        self._feed.send_delta(delta, moment)

    def flush(self) -> None:
        """Wait until everything has been taken."""
        while not self._feed.flush():
            time.sleep(0.001)

    def serve(self) -> None:
        """Answer who subscribes anew, as a collector does."""
        if self._feed.joined():
            now = time.time()
            frame = Keyframe(now, now, now, ())
            self._feed.send_keyframe(frame, self.rows.values(), len(self.rows), now)

    def _opened(self) -> Connection:
        number = next(self._ids)
        new = self._begun and self._newcomers and not number % self._newcomers
        at = number if new else number % self._addresses
        if self._busy and not number % self._busy:
            remote = _BUSY
        else:
            remote = bytes((16 + (at >> 16), at >> 8 & 255, at & 255, 7))
        pid = 1 + (0 if remote is _BUSY else number % _PROCESSES)
        local = _LOCAL, 1_024 + number % 60_000
        row = Connection(
            number,
            Protocol.TCP,
            State.ESTABLISHED,
            *local,
            remote,
            _SERVER_PORT,
            pid,
            f"program{pid}",
        )
        self.rows[number] = row
        self._open.append(number)
        return row


def start(runtime: Runtime, rows: int, churn: float, rate: float) -> "subprocess.Popen[bytes]":
    """Start a process that changes `churn` of `rows` connections `rate` times a second."""
    numbers = (f"{number:g}" for number in (rows, churn, rate))
    command = [sys.executable, "-m", "benchmarks.pretend", str(runtime.directory), *numbers]
    return subprocess.Popen(command)


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("rows", type=float)
    parser.add_argument("churn", type=float)
    parser.add_argument("rate", type=float)
    options = parser.parse_args()
    rows = round(options.rows)
    with PretendHost(Runtime(options.directory), rows) as host:
        host.begin(rows, time.time())
        due = time.monotonic()
        while True:
            due += 1 / options.rate
            host.change(round(rows * options.churn), time.time(), 1 / options.rate)
            while (left := due - time.monotonic()) > 0:
                time.sleep(min(left, 0.01))
                host.flush()
                host.serve()


if __name__ == "__main__":
    _main()
