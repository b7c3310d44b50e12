"""The open connections of a row that has several, and what they have in common. Pure.

Of a row with thousands one comes or goes at a time, while words tell of all of them. So what
words ask for is counted when somebody asks for it first, and kept up from then on.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from typing import NamedTuple

from connmon_shared.messages import Connection
from connmon_shared.timelines.states import UNUSUAL

MANY = 16  # connections: to look through fewer takes less than to keep the count up
_UNUSUAL = frozenset(UNUSUAL)
Kind = tuple[str, int]  # the process, empty: not known; and what it is for, 0: not known


class _Tally(NamedTuple):
    """What is counted of connections."""

    kinds: Counter[Kind]
    unusual: dict[int, Connection]  # by id
    elsewhere: dict[int, Connection]  # likewise

    def add(self, row: Connection) -> None:
        self.kinds[row.process, row.port] += 1
        if row.state in _UNUSUAL:
            self.unusual[row.id] = row
        if row.known_namespace:
            self.elsewhere[row.id] = row

    def remove(self, row: Connection) -> None:
        kind = row.process, row.port
        self.kinds[kind] -= 1
        if not self.kinds[kind]:
            del self.kinds[kind]
        self.unusual.pop(row.id, None)
        self.elsewhere.pop(row.id, None)


class Crowd(dict[int, Connection]):
    """Open connections by their ids, in order of opening; changed only by `hold` and `release`."""

    __slots__ = ("_tally",)

    def __init__(self, rows: Iterable[Connection] = ()) -> None:
        super().__init__({row.id: row for row in rows})
        self._tally: _Tally | None = None

    def copy(self) -> "Crowd":
        """Return the same ones, to be changed apart."""
        return Crowd(self.values())

    def hold(self, row: Connection) -> None:
        """Take `row` as open, or as what became of the one with its number."""
        if self._tally is not None:
            if row.id in self:
                self._tally.remove(self[row.id])
            self._tally.add(row)
        self[row.id] = row

    def release(self, number: int, *, newest: bool = False) -> None:
        """Take note that the connection of that number, perhaps the newest one, is over."""
        # The place of the last one is given back that way: else those that go from the newest to
        # the oldest leave ever more empty places, behind which the newest has to be looked for.
        row = self.popitem()[1] if newest else self.pop(number)
        if self._tally is not None:
            self._tally.remove(row)

    @property
    def kinds(self) -> Collection[Kind]:
        """Which kinds of connections there are, each once, in no order."""
        if len(self) < MANY:
            return kinds_of(self.values())
        return self._counted.kinds

    @property
    def unusual(self) -> Collection[Connection]:
        """Those in a state that should not last, in no order."""
        if len(self) < MANY:
            return unusual_of(self.values())
        return self._counted.unusual.values()

    @property
    def elsewhere(self) -> Collection[Connection]:
        """Those in other network namespaces, in no order."""
        if len(self) < MANY:
            return elsewhere_of(self.values())
        return self._counted.elsewhere.values()

    @property
    def _counted(self) -> _Tally:
        if self._tally is None:
            self._tally = _Tally(Counter(), {}, {})
            for row in self.values():
                self._tally.add(row)
        return self._tally


def kinds_of(rows: Iterable[Connection]) -> Collection[Kind]:
    """Return which kinds of connections there are among `rows`."""
    return {(row.process, row.port) for row in rows}


def unusual_of(rows: Iterable[Connection]) -> Collection[Connection]:
    """Return those of `rows` that are in a state that should not last."""
    return [row for row in rows if row.state in _UNUSUAL]


def elsewhere_of(rows: Iterable[Connection]) -> Collection[Connection]:
    """Return those of `rows` that are in other network namespaces."""
    return [row for row in rows if row.known_namespace]
