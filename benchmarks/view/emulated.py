"""What a terminal shows meanwhile: is a cell ever blank that is so neither before nor after?"""

from collections.abc import Iterable

import pyte
from benchmarks.view.viewer import WIDE

_PIECE = 1_024  # bytes that a terminal reads at once


def wrong_blanks(frames: Iterable[bytes], piece: int = _PIECE) -> tuple[int, int]:
    """Return how many cells were wrongly blank, and at how many screens was looked."""
    screen = pyte.Screen(*WIDE)
    stream = pyte.ByteStream(screen)
    wrong = looks = 0
    for frame in frames:
        before = "".join(screen.display)
        between = []
        for start in range(0, len(frame), piece):
            stream.feed(frame[start : start + piece])
            between.append("".join(screen.display))
        for shown in between[:-1]:
            cells = zip(before, shown, between[-1], strict=True)
            wrong += sum(now == " " and old != " " and new != " " for old, now, new in cells)
        looks += len(between)
    return wrong, looks


def shown_by(written: bytes) -> str:
    """Return what a terminal shows that was `written` to."""
    screen = pyte.Screen(*WIDE)
    pyte.ByteStream(screen).feed(written)
    return "\n".join(screen.display)
