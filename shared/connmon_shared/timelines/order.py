"""The order in which the parts of one delta happened. Pure."""

from collections.abc import Container
from itertools import repeat

from connmon_shared.messages import Connection, Delta

_MS = 1_000  # milliseconds of a second

Step = tuple[float, Connection | int]  # (seconds since 1970, the row that changed or the id gone)


def in_order(change: Delta, known: Container[int]) -> list[Step]:
    """Return what `change` tells in the order of time; `known` are the ids of what is there.

    At one time ends come before openings: a server that was started anew had stopped. Nothing is
    gone before it came, whatever the ages say. A change of a known row is of the time of the look,
    or of its end: its age, if it has one, is that of a state, and only the least it can be.
    """
    gone = [
        (change.time - age / _MS, number)
        for number, age in zip(change.gone, change.gone_ages or repeat(0), strict=False)
    ]
    ends = {number: time for time, number in gone}
    latest: dict[int, float] = {}  # of the changes of each id
    steps: list[Step] = []
    for row, age in zip(change.changed, change.changed_ages or repeat(0), strict=False):
        opened = change.time - age / _MS
        time = ends.get(row.id, change.time) if row.id in known else opened
        latest[row.id] = max(time, latest.get(row.id, time))
        steps.append((latest[row.id], row))
    steps += [(max(time, latest.get(number, time)), number) for time, number in gone]

    def place(step: Step) -> tuple[float, int]:
        time, what = step
        if isinstance(what, int):
            return time, 2 if latest.get(what) == time else 0
        return time, 1

    return sorted(steps, key=place)
