"""A terminal that takes 4 KB a second: how long does the loop of the viewer stand still?"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile

from benchmarks.table import Line, at_most
from benchmarks.view.frame import ADDRESSES, OPEN, OPENED, PAST
from benchmarks.view.hosts import living
from benchmarks.view.viewer import Viewer

_RATE = 4_000  # bytes a second
_SECONDS = 30.0
_EVERY = 0.05  # seconds


def run() -> Iterator[Line]:
    """Yield the longest time between two waits of the loop."""
    with (
        living(ADDRESSES, OPEN, OPENED, PAST) as runtime,
        NamedTemporaryFile("r", prefix="connmon-bench-") as file,
    ):
        arguments = [str(runtime.directory), file.name]
        command = [sys.executable, "-m", "benchmarks.view.stalls", *arguments]
        seen = Viewer(command, rate=_RATE)
        try:
            seen.until(lambda data: b"LIVE" in data)
            end = time.monotonic() + _SECONDS
            while time.monotonic() < end:
                seen.press("\x0c")  # all of it again: more than the terminal takes
                time.sleep(_EVERY)
        finally:
            seen.close()
        stalls = [float(line) * 1_000 for line in Path(file.name).read_text("ascii").splitlines()]
    told = f"of {len(stalls):,} turns, {seen.count / _SECONDS / 1e3:.1f} kB a second were taken"
    yield at_most("4 kB/s: the loop stands still for", 20, max(stalls), "ms", told)
