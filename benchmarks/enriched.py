"""A real enricher under observation, started as a user starts it."""

import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from connmon_display.following.change import Change
from connmon_display.following.client import Client, Tap
from connmon_shared.sockets import EndpointError, probe
from connmon_shared.stage.loop import Loop
from connmon_shared.stage.runtime import Runtime
from connmon_shared.timelines.history import History

_START_SECONDS = 20.0
_TURN_SECONDS = 0.05


@contextlib.contextmanager
def enricher(*options: str) -> Iterator[tuple[Runtime, psutil.Process]]:
    """Give the place and the process of an enricher."""
    directory = tempfile.mkdtemp(prefix="connmon-bench-")
    runtime = Runtime(Path(directory))
    command = [sys.executable, "-I", "-m", "connmon_enricher", f"--runtime-dir={directory}"]
    command += options
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        _wait_for(runtime)
        yield runtime, psutil.Process(process.pid)
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(directory)


def cpu_of(process: psutil.Process) -> float:
    """Return the seconds of processor time that `process` has had."""
    times = process.cpu_times()
    return float(times.user + times.system)


class Watching:
    """A display's real client, without a view."""

    def __init__(self, runtime: Runtime, tap: Tap | None = None) -> None:
        self.loop = Loop(stops=())
        self.client = Client(runtime, self.loop, tap)

    @property
    def history(self) -> History:
        """What is known of the first host."""
        return next(iter(self.client.pipeline.hosts.values())).history

    def turn(self, seconds: float = _TURN_SECONDS) -> list[Change]:
        """Take in what is there, after at most `seconds`."""
        self.loop.wait(seconds)
        return [*self.client.receive()]

    def join(self, connections: int = 0, seconds: float = 60.0) -> float:
        """Wait until the state with at least `connections` is here; return the seconds it took."""
        began = time.monotonic()
        while not (self.client.pipeline.complete and len(self.history.connections) >= connections):
            assert time.monotonic() - began < seconds, "it does not join"
            self.turn()
        return time.monotonic() - began

    def close(self) -> None:
        """Let go of everything."""
        self.client.close()
        self.loop.close()


def _wait_for(runtime: Runtime) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            return probe(runtime.state)
        except EndpointError:
            assert time.monotonic() < deadline, "the enricher does not start"
            time.sleep(0.01)
