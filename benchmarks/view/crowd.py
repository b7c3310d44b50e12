"""Ten thousand addresses, sorted by their last change."""

import statistics
import time
from collections.abc import Iterator

from benchmarks.table import Line, at_most
from benchmarks.view.emulated import shown_by
from benchmarks.view.frame import steady
from benchmarks.view.hosts import living
from benchmarks.view.viewer import Viewer, display, viewer

_ADDRESSES, _OPENED, _PAST = 10_000, 20, 60
_SECONDS = 30.0
_PRESSES = 15
_QUIET_SECONDS = 0.15  # without a frame: the next one is a key's
#: What is pressed, what for, and what takes it back.
_KEYS = (
    ("j", "the cursor moves", ""),
    ("S", "the order is reversed", ""),
    ("?", "the help", "?"),
    ("f", "the picture is frozen", "f"),
    ("ff", "it goes on", ""),
    ("/7", "a filter is typed", "\x1b"),
    ("/program77", "a longer one", "\x1b"),
    ("/7\x1b", "a filter is cleared", ""),
)


def run() -> Iterator[Line]:
    """Yield what they cost, in processor time and memory, and how fast a key is answered."""
    with (
        living(_ADDRESSES, _ADDRESSES, _OPENED, _PAST) as runtime,
        viewer(display(runtime)) as seen,
    ):
        seen.press("s")
        seen.until(lambda data: "sort:last-change" in shown_by(data))
        _, cost = steady(seen, _SECONDS)
        yield at_most("10,000 addresses: processor", 1.5, 100 * cost, "% of a core")
        yield at_most("10,000 addresses: memory", 45, seen.resident(), "MiB")
        for keys, what, back in _KEYS:
            taken = sorted(_answered(seen, keys, back) for _ in range(_PRESSES))
            told = f"median; at most {taken[-1]:.0f} ms"
            middle = statistics.median(taken)
            yield at_most(f"10,000 addresses: {what}", 30, middle, "ms", told)


def _answered(seen: Viewer, keys: str, back: str) -> float:
    """Return the milliseconds from the last of `keys` to the next frame, which shows what it did.

    Once a second that is the clock's, which comes sooner: the median is not touched by these few.
    """
    if keys[:-1]:
        seen.press(keys[:-1])
        _wait_for_quiet(seen)
    _wait_for_quiet(seen)
    begun = len(seen.written)
    pressed = seen.press(keys[-1])
    answered = seen.until(lambda data: data != b"", begun)
    _wait_for_quiet(seen)
    if back:
        seen.press(back)
        _wait_for_quiet(seen)  # Esc and a key behind it at once would be another key
    return (answered - pressed) * 1_000


def _wait_for_quiet(seen: Viewer) -> None:
    count = -1
    while count != len(seen.written):
        count = len(seen.written)
        time.sleep(_QUIET_SECONDS)
