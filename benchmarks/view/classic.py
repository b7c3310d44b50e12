"""The peer: what a viewer costs that clears the screen and prints all of it each second.

    python -m benchmarks.view.classic DIRECTORY

It follows the same enricher through the same client, draws the same rows, and writes as programs
of its kind do: `clear` as a child, then a `print` of each coloured cell's run.
"""

import subprocess
import sys
import time
from itertools import groupby
from pathlib import Path

from connmon_display.following.client import Client
from connmon_display.refresh.terminal.screen import SYNC_BEGIN, SYNC_END
from connmon_display.words.glyphs import UNICODE
from connmon_display.words.theme import STYLE_OF_MARK, palette
from connmon_shared.stage.loop import Loop
from connmon_shared.stage.runtime import Runtime
from connmon_shared.timelines.timeline import Mark, tick_of

_WIDTH = 80  # of the timeline
_UNIT = 10  # ticks


def run(directory: Path) -> None:
    """Print everything each second until a signal comes."""
    loop = Loop()
    client = Client(Runtime(directory), loop)
    colors = palette(256)
    due = time.monotonic()
    while loop.stopping is None:
        loop.wait(max(0.0, due - time.monotonic()))
        list(client.receive())
        if time.monotonic() >= due:
            due += 1.0
            # The marks of an update are no part of what it does; they tell the bench its frames.
            print(SYNC_BEGIN, end="", flush=True)
            subprocess.run(["clear"], check=True)
            print(f"connmon {time.strftime('%H:%M:%S')} LIVE")
            _table(client, colors)
            print(SYNC_END, end="", flush=True)
    client.close()


def _table(client: Client, colors: list[str]) -> None:
    for follower in client.pipeline.hosts.values():
        base = client.axis.base(follower)
        start = tick_of(client.now()) // _UNIT * _UNIT - (_WIDTH - 1) * _UNIT - base
        for peer, track in follower.history.tracks.items():
            marks = track.timeline.marks(start, _UNIT, _WIDTH)
            line = "".join(
                f"{colors[STYLE_OF_MARK[Mark(mark)]]}{UNICODE.marks[mark] * len([*run])}{colors[0]}"
                for mark, run in groupby(marks)
            )
            state = "ACTIVE" if track.open else "CLOSED"
            print(f"{peer!s:<24} {line} [{state} | Port:443]")


if __name__ == "__main__":
    run(Path(sys.argv[1]))
