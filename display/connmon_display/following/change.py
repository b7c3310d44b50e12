"""What messages change of what is known of a host: for whoever keeps something that rests on it."""

from collections.abc import Iterable
from typing import NamedTuple

from connmon_shared.messages import Fact
from connmon_shared.timelines.history import Event


class Change(NamedTuple):
    """What one message changed."""

    host: str = ""  # whose; empty: the enricher's own
    events: list[Event] = []  # noqa: RUF012 - never changed
    facts: tuple[Fact, ...] = ()  # new or changed
    before: tuple[Fact | None, ...] = ()  # what was known before each of them
    joined: bool = False  # the whole state (without a host: all facts) was taken over anew
    lost: bool = False  # and what we knew from before is not in it: the enricher began anew
    unseen: tuple[tuple[float, float], ...] = ()  # stretches in which events were lost
    #: The remote addresses of rows that may have changed, if only in their state or in what was
    #: counted, with an empty one for listening sockets; None: of any.
    touched: frozenset[bytes] | None = frozenset()

    @property
    def news(self) -> bool:
        """Whether it is worth telling at once: most messages only say that nothing happened."""
        return any((self.events, self.facts, self.joined, self.lost, self.unseen))


NOTHING = Change()


def together(host: str, changes: Iterable[Change]) -> Change:
    """Return what `changes`, which came at once, changed of `host`."""
    changes = [*changes]
    return Change(
        host,
        [event for change in changes for event in change.events],
        joined=any(change.joined for change in changes),
        lost=any(change.lost for change in changes),
        unseen=tuple(stretch for change in changes for stretch in change.unseen),
        touched=_all(change.touched for change in changes),
    )


def _all(sets: Iterable[frozenset[bytes] | None]) -> frozenset[bytes] | None:
    """Return what is in any of `sets`; None if one of them is."""
    found = [*sets]
    return None if None in found else frozenset().union(*filter(None, found))
