"""How soon something is seen."""

import statistics
from collections.abc import Iterator

from benchmarks.table import Line, at_most
from benchmarks.view.frame import ADDRESSES, OPEN, OPENED, PAST
from benchmarks.view.hosts import living
from benchmarks.view.viewer import display, viewer

_STARTS = 7
_BARS = ((True, 0.5, "a terminal that answers"), (False, 1.5, "one that answers nothing"))


def run() -> Iterator[Line]:
    """Yield the time from the start of the process to the first whole frame."""
    with living(ADDRESSES, OPEN, OPENED, PAST) as runtime:
        for answers, bar, what in _BARS:
            taken, cost = [], 0.0
            for _ in range(_STARTS):
                with viewer(display(runtime), answers=answers) as seen:
                    taken.append(seen.until(lambda data: b"LIVE" in data) - seen.began)
                    cost = seen.cpu()
            told = f"median of {_STARTS}; at most {max(taken):.2f} s; {cost:.2f} s of processor"
            yield at_most(f"first paint on {what}", bar, statistics.median(taken), "s", told)
