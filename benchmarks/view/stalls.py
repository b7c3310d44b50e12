"""A viewer that notes how long each turn of its loop takes.

    python -m benchmarks.view.stalls DIRECTORY FILE

The time for which others had the processor is not the viewer's, and taken off.
"""

import sys
import time
from pathlib import Path

from connmon_display.filters.lists import Lists
from connmon_display.filters.rows import RowFilter
from connmon_display.following.client import Client
from connmon_display.options import Options
from connmon_display.refresh.app import Refresh
from connmon_display.refresh.terminal.signals import watch_terminal
from connmon_display.refresh.terminal.terminal import Terminal
from connmon_shared.stage.loop import Loop, Pollable
from connmon_shared.stage.runtime import Runtime


def noting(loop: Loop) -> list[float]:
    """Let `loop` note the seconds of each turn, from a wait's end to the next one's begin."""
    turns: list[float] = []
    wait, left = loop.wait, _running()

    def noted(seconds: float) -> dict[Pollable, int]:
        nonlocal left
        turns.append(_running() - left)
        ready = wait(seconds)
        left = _running()
        return ready

    loop.wait = noted  # type: ignore[method-assign] # no product code should know of it
    return turns


def _running() -> float:
    """Return the time, without that for which we waited for a processor."""
    waited = int(Path("/proc/thread-self/schedstat").read_text(encoding="ascii").split()[1])
    return time.monotonic() - waited / 1e9


def run(directory: Path, file: Path) -> None:
    """Show the view, and write the seconds of each turn to `file`."""
    loop = watch_terminal(None)
    turns = noting(loop)
    options = Options(unit=10, width=80)
    client = Client(Runtime(directory), loop)
    Refresh(Terminal(), client, loop, RowFilter(options, Lists()), options).run()
    file.write_text("".join(f"{turn:.6f}\n" for turn in turns[1:]), encoding="ascii")


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
