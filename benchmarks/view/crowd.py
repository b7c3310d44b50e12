"""Ten thousand addresses, sorted by their last change, and in groups."""

import statistics
import time
from collections.abc import Iterator
from typing import NamedTuple

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
    ("/7\rff", "a frozen picture with a filter goes on", "\x1b"),
    ("/7\rfS", "its order is reversed while it is frozen", "Sf\x1b"),
    ("/port:4", "a port is typed", "\x1b"),
    ("/state:n", "a state is typed", "\x1b"),
    ("a", "groups by process", "aa"),
    ("aS", "their order is reversed", "Saa"),
    ("aa", "groups by port", "a"),
    ("aaS", "their order is reversed", "Sa"),
    ("aa+", "they are zoomed", "-a"),
    ("aa/p", "a filter is typed for groups", "\x1ba"),
    ("a/p", "another one", "\x1baa"),
)


class _Answer(NamedTuple):
    """How fast a key was answered."""

    after: float  # milliseconds
    cpu: float  # milliseconds of processor time until then


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
            taken = [_answered(seen, keys, back) for _ in range(_PRESSES)]
            most = max(answer.after for answer in taken)
            cpu = statistics.median(answer.cpu for answer in taken)
            told = f"median; at most {most:.0f} ms; {cpu:.0f} ms of processor time"
            middle = statistics.median(answer.after for answer in taken)
            yield at_most(f"10,000 addresses: {what}", 30, middle, "ms", told)
        yield at_most("10,000 addresses: memory after all keys", 45, seen.resident(), "MiB")


def _answered(seen: Viewer, keys: str, back: str) -> _Answer:
    """Return what it takes from the last of `keys` to the next frame, which shows what it did.

    Once a second that is the clock's, which comes sooner: the median is not touched by these few.
    """
    if keys[:-1]:
        seen.press(keys[:-1])
        _wait_for_quiet(seen)
    _wait_for_quiet(seen)
    begun, cpu = len(seen.written), seen.cpu()
    pressed = seen.press(keys[-1])
    answered = seen.until(lambda data: data != b"", begun)
    cpu = seen.cpu() - cpu
    _wait_for_quiet(seen)
    for key in back:
        seen.press(key)
        _wait_for_quiet(seen)  # Esc and a key behind it at once would be another key
    return _Answer((answered - pressed) * 1_000, cpu * 1_000)


def _wait_for_quiet(seen: Viewer) -> None:
    count = -1
    while count != len(seen.written):
        count = len(seen.written)
        time.sleep(_QUIET_SECONDS)
