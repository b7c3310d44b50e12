"""A busy screen: every row of 200×50 shifts once a second."""

import time
from collections.abc import Iterator

from benchmarks.table import Line, at_most
from benchmarks.view.emulated import wrong_blanks
from benchmarks.view.hosts import living
from benchmarks.view.viewer import Viewer, display, frames_of, viewer

ADDRESSES, OPEN, OPENED = 120, 60, 4  # each address is open for 15 s, then not for as long
PAST = 120  # seconds that have been drawn full at the start
SETTLE_SECONDS = 5.0
_SECONDS = 40.0


def run() -> Iterator[Line]:
    """Yield what a frame takes, in bytes and processor time, and what flickers in it."""
    with living(ADDRESSES, OPEN, OPENED, PAST) as runtime, viewer(display(runtime)) as seen:
        written, cost = steady(seen, _SECONDS)
        whole = b"".join(piece.data for piece in seen.written)
    frames = frames_of(written)
    size = sum(map(len, frames)) / len(frames) / 1e3
    rate = f"{len(frames) / _SECONDS:.2f} frames a second"
    yield at_most("everything shifting: a frame", 5, size, "kB", rate)
    yield at_most("everything shifting: processor", 0.3, 100 * cost, "% of a core")
    frames = frames_of(whole)
    wrong, looks = wrong_blanks(frames)
    told = f"{looks:,} screens, of all {len(frames):,} frames"
    yield at_most("wrongly blank cells, read in 1 KiB pieces", 0, wrong, "cells", told)


def steady(seen: Viewer, seconds: float) -> tuple[bytes, float]:
    """Return what is written within `seconds`, and the processor time that a second of it took."""
    time.sleep(SETTLE_SECONDS)
    first, before, began = len(seen.written), seen.cpu(), time.monotonic()
    time.sleep(seconds)
    cost = (seen.cpu() - before) / (time.monotonic() - began)
    return b"".join(piece.data for piece in seen.written[first:]), cost
