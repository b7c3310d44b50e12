"""A real collector under observation: what it sends, and what it costs.

It is started as a user starts it, and feeds a subscriber of ours. What arrives is only stamped
and kept while a load runs; it is decoded afterwards.
"""

import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import zmq

from connmon_shared import codec, sockets, wire
from connmon_shared.messages import Message
from connmon_shared.stage.runtime import Runtime

_COMMAND = (sys.executable, "-I", "-m", "connmon_collector")
_QUEUE = 1_000_000  # messages: we must never be the one who loses some
_POLL_MS = 50
_START_SECONDS = 60  # until the first keyframe
_END_SECONDS = 10
_SETTLE_SECONDS = 2.5  # two intervals and a bit: what happened has been told by then
_KIBI = 1_024


class Arrival(NamedTuple):
    """A message as it came."""

    time: float  # seconds of time.monotonic()
    frames: list[bytes]


class Watched:
    """A collector that runs for the time of a `with` block.

    Attributes:
        arrivals: all that it has sent.
    """

    def __init__(self, source: str, interval: float = 1.0) -> None:
        self.arrivals: list[Arrival] = []
        self._options = ("--source", source, "--interval", str(interval))
        self._whole = threading.Event()
        self._stop = threading.Event()

    def __enter__(self) -> Self:
        self._directory = tempfile.mkdtemp(prefix="connmon-bench-")
        self._context: zmq.Context[sockets.Socket] = zmq.Context()
        self._socket = sockets.subscriber(self._context, wire.EVERYTHING)
        self._socket.setsockopt(zmq.RCVHWM, _QUEUE)
        runtime = Runtime(Path(self._directory))
        sockets.bind(self._socket, runtime.feed)
        runtime.admit_collector()
        self._reader = threading.Thread(target=self._receive)
        self._reader.start()
        command = [*_COMMAND, "--runtime-dir", self._directory, *self._options]
        self._process = subprocess.Popen(command)
        limit = time.monotonic() + _START_SECONDS
        while not self._whole.wait(_POLL_MS / 1_000):
            if time.monotonic() > limit or self._process.poll() is not None:
                self.__exit__(None, None, None)
                raise SystemExit("the collector sends no keyframe")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._stop.set()
        self._reader.join()
        self._context.destroy(linger=0)
        shutil.rmtree(self._directory, ignore_errors=True)

    def cpu(self) -> float:
        """Return the seconds of processor time used so far, by all threads."""
        used = 0
        for path in Path(f"/proc/{self._process.pid}/task").glob("*/schedstat"):
            used += int(path.read_text().split()[0])  # nanoseconds
        return used / 1e9

    def resident(self) -> float:
        """Return the megabytes that it holds in memory."""
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * _KIBI / 1e6
        raise SystemExit("the collector has ended")

    def settle(self) -> None:
        """Wait until what has happened must have been told."""
        time.sleep(_SETTLE_SECONDS)

    def each_second(self, seconds: int) -> list[float]:
        """Return the milliseconds of processor time of each of the next `seconds`."""
        costs = []
        begin, before = time.monotonic(), self.cpu()
        for number in range(1, seconds + 1):
            time.sleep(max(0.0, begin + number - time.monotonic()))
            now = self.cpu()
            costs.append((now - before) * 1_000)
            before = now
        return costs

    def _receive(self) -> None:
        while not self._stop.is_set():
            if not self._socket.poll(_POLL_MS):
                continue
            self.arrivals.append(Arrival(time.monotonic(), self._socket.recv_multipart()))
            if not self._whole.is_set():
                header, _ = wire.split(self.arrivals[-1].frames)
                if header.kind == "keyframe" and header.part == header.parts - 1:
                    self._whole.set()


def decoded(arrival: Arrival) -> Message:
    """Return the message that arrived."""
    header, body = wire.split(arrival.frames)
    return codec.decode(header.kind, body)
