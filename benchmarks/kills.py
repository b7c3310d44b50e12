"""How long connmon takes to be whole again after a stage was killed.

    python -m benchmarks.kills [--kills 100] [--seed 1] [--options=--no-sudo]

A real connmon writes lines while its collector, its enricher and a second viewer are killed (-9)
in random order. Whole again: a connection that was opened after the restart is shown, by all that
show anything. The history is intact if it begins where it did before; a killed enricher takes it
along, which a line of the view must tell.
"""

import argparse
import contextlib
import os
import random
import re
import select
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from benchmarks.table import Line, at_most, laid_out

BAR_SECONDS = 2.0  # after the restart
_BIN = Path(sys.executable).parent
_VIEW = ("--scroll", "-q", "--show-loopback", "--no-color", "-t", "0.1")
_STAGES = ("collector", "enricher", "viewer")
_LIMIT = 30.0  # seconds: what takes longer is broken
_LOOK_SECONDS = 0.005
_PROBE_SECONDS = 0.02  # between two connections that should be shown
_CHUNK = 65_536
_LOST = "GAP → history lost"


class Kill(NamedTuple):
    """One stage killed, and what came of it."""

    stage: str
    restart: float  # seconds from the kill to the new process
    whole: float  # seconds from there until all was shown again
    intact: bool  # the history; of a killed enricher: its loss was told


def main() -> None:
    """Kill, and print what it cost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--options", nargs="*", default=["--no-sudo"], help="of connmon")
    options = parser.parse_args()
    chance = random.Random(options.seed)  # noqa: S311 - the same order each time
    with tempfile.TemporaryDirectory(prefix="cm") as name, Pipeline(name, options.options) as whole:
        kills = [whole.kill(chance.choice(_STAGES)) for _ in range(options.kills)]
    print(laid_out(_lines(kills)))


def _lines(kills: list[Kill]) -> Iterator[Line]:
    of_stage = defaultdict(list)
    for kill in kills:
        of_stage[kill.stage].append(kill)
    for stage, each in sorted(of_stage.items()):
        times = [kill.whole for kill in each]
        yield Line(f"{stage}: killed", "", f"{len(each)} times", None)
        yield Line(
            "started again, median", "", f"{statistics.median(k.restart for k in each):.2f} s", None
        )
        yield Line("whole again after that, median", "", f"{statistics.median(times):.2f} s", None)
        yield at_most("worst", BAR_SECONDS, max(times), "s")
        kept = sum(kill.intact for kill in each)
        what = "the loss of history told" if stage == "enricher" else "history intact"
        yield Line(what, "always", f"{kept} times", kept == len(each))


class View:
    """A program that writes lines."""

    def __init__(self, *command: str | Path) -> None:
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self._rest = b""

    def lines(self, seconds: float) -> list[str]:
        """Return the lines that come within `seconds`."""
        out = self.process.stdout
        if out is None or not select.select([out], [], [], seconds)[0]:
            return []
        *lines, self._rest = (self._rest + os.read(out.fileno(), _CHUNK)).split(b"\n")
        return [line.decode() for line in lines]

    def end(self, number: int = signal.SIGTERM) -> None:
        """End it with a signal."""
        self.process.send_signal(number)
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


class Probes:
    """Connections, each to an address of 127.0.0.0/8 that was not used before."""

    def __init__(self) -> None:
        self._server = socket.create_server(("0.0.0.0", 0), backlog=4_096)  # noqa: S104 - all of it
        self._number = 0
        self._open: list[socket.socket] = []
        self._addresses: set[str] = set()

    def open(self) -> None:
        """Open one more."""
        self._number += 1
        address = f"127.201.{self._number >> 8 & 255}.{self._number & 255}"
        self._open.append(socket.create_connection((address, self._server.getsockname()[1])))
        self._open.append(self._server.accept()[0])
        self._addresses.add(address)

    def shown(self, line: str) -> bool:
        """Return whether `line` tells of one that is open."""
        found = re.search(r" → (127\.201\.\S+) ", line)
        return found is not None and found[1] in self._addresses

    def close(self) -> None:
        """Close them all."""
        for end in self._open:
            end.close()
        self._open.clear()
        self._addresses.clear()


class Pipeline:
    """A connmon and one more viewer, for the time of a `with` block."""

    def __init__(self, directory: str, options: list[str]) -> None:
        self._where = f"--runtime-dir={directory}/r"
        self._report = Path(directory) / "report"
        self._probes = Probes()
        self._connmon = View(_BIN / "connmon", *_VIEW, self._where, *options)
        self._until_shown(self._connmon)
        self._viewer = View(*self._display)
        self._until_shown(self._viewer)
        self._begin = self._history_begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._viewer.end()
        self._connmon.end()

    def kill(self, stage: str) -> Kill:
        """Kill a stage and wait until all is whole again."""
        self._probes.close()
        killed = time.monotonic()
        if stage == "viewer":
            self._viewer.end(signal.SIGKILL)
            self._viewer = View(*self._display)
        else:
            self._kill_stage(stage)
        restarted = time.monotonic()
        told = [self._until_shown(view) for view in (self._connmon, self._viewer)]
        whole = time.monotonic()
        before, self._begin = self._begin, self._history_begin()
        intact = all(told) if stage == "enricher" else self._begin == before and not any(told)
        return Kill(stage, restarted - killed, whole - restarted, intact)

    @property
    def _display(self) -> tuple[str | Path, ...]:
        return (_BIN / "connmon-display", *_VIEW, self._where)

    def _kill_stage(self, stage: str) -> None:
        """Kill it, and return when another has been started."""
        before = self._stage(stage)
        os.kill(before, signal.SIGKILL)
        deadline = time.monotonic() + _LIMIT
        while self._stage(stage) in {0, before}:
            if time.monotonic() > deadline:
                raise SystemExit(f"the {stage} is not started again")
            time.sleep(_LOOK_SECONDS)

    def _stage(self, stage: str) -> int:
        """Return the process of a stage, 0 if there is none."""
        pid = self._connmon.process.pid
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
                words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
                if f"connmon_{stage}".encode() in words:
                    return int(child)
        return 0

    def _until_shown(self, view: View) -> bool:
        """Open connections until `view` shows one; return whether it told of a lost history."""
        lost, deadline = False, time.monotonic() + _LIMIT
        while time.monotonic() < deadline:
            self._probes.open()
            lines = view.lines(_PROBE_SECONDS)
            lost = lost or any(_LOST in line for line in lines)
            if any(map(self._probes.shown, lines)):
                return lost
        raise SystemExit("no new connection is shown")

    def _history_begin(self) -> str:
        """Return since when a viewer that joins now knows something."""
        joining = View(*self._display, "-o", self._report)
        self._until_shown(joining)
        joining.end()
        return next(line for line in self._report.read_text().splitlines() if "From" in line)


if __name__ == "__main__":
    main()
