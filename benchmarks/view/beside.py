"""The same hundred addresses by a program that clears the screen and prints them all."""

import sys
from collections.abc import Iterator

from benchmarks.table import Line
from benchmarks.view.emulated import wrong_blanks
from benchmarks.view.frame import OPENED, PAST, steady
from benchmarks.view.hosts import living
from benchmarks.view.viewer import display, frames_of, viewer

_ADDRESSES, _OPEN = 100, 60
_SECONDS = 20.0
_TIMES = 10  # fewer bytes


def run() -> Iterator[Line]:
    """Yield the bytes and the processor time of both, and what flickers in the other one."""
    with living(_ADDRESSES, _OPEN, OPENED, PAST) as runtime:
        with viewer(display(runtime)) as ours:
            written, cost = steady(ours, _SECONDS)
        command = [sys.executable, "-m", "benchmarks.view.classic", str(runtime.directory)]
        with viewer(command) as theirs:
            other_written, other_cost = steady(theirs, _SECONDS)
    frames = frames_of(other_written)
    times = len(other_written) / len(written)
    yield Line(
        "bytes a second at 100 addresses",
        f"≥ {_TIMES} × fewer",
        f"{len(written) / _SECONDS / 1e3:.3g} kB, {times:.1f} × fewer",
        times >= _TIMES,
        f"{len(other_written) / _SECONDS / 1e3:.3g} kB",
    )
    yield Line(
        "processor at 100 addresses",
        "",
        f"{100 * cost:.3g} % of a core",
        None,
        f"{100 * other_cost:.3g} % of a core",
    )
    wrong, looks = wrong_blanks(frames)
    yield Line("wrongly blank cells of the peer", "", "", None, f"{wrong:,} on {looks:,} screens")
