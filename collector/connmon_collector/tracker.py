"""What changed between one sample and the next. Pure."""

from typing import NamedTuple

from connmon_collector.sources.base import Sample
from connmon_shared.messages import Connection


class Change(NamedTuple):
    """What a receiver must do to get from the sample before to this one."""

    changed: list[Connection]
    gone: list[int]  # ids


class Tracker:
    """Remembers the last sample.

    Attributes:
        connections: the sockets of that sample, by id.
    """

    def __init__(self) -> None:
        self.connections: dict[int, Connection] = {}

    def step(self, sample: Sample) -> Change:
        """Return what `sample` changes, and remember it.

        What came and went in between stands in both lists. Sources hand out the same object for
        a socket that did not change, so that an identity test settles nearly every row.
        """
        before, self.connections = self.connections, sample.connections
        known = before.get
        changed = list(sample.passed)
        for number, row in sample.connections.items():
            old = known(number)
            if old is not row and old != row:
                changed.append(row)
        gone = list(before.keys() - sample.connections.keys())
        gone += [row.id for row in sample.passed]
        return Change(changed, gone)
