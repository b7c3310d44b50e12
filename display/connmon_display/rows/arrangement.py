"""By what rows can be grouped, and in which orders they can be shown: a table each. Pure.

An order looks at a row; of a group it looks at all rows, and takes what is first, or the sum. What
is alike in an order is in that of addresses, or of the names of groups.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from connmon_display.following.purpose import Purpose
from connmon_display.words.about import carried
from connmon_display.words.lasting import unusual
from connmon_display.words.services import service_of
from connmon_display.words.traits import UNKNOWN, country_of, organisation_of, state_of
from connmon_shared.endpoints import Peer, Scope, scope_of
from connmon_shared.messages import Fact
from connmon_shared.text import clean
from connmon_shared.timelines.states import UNUSUAL

if TYPE_CHECKING:  # the names are asked for where no row ever is
    from connmon_display.rows.row import Row

BY_ADDRESS = "address"
FIRST_SEEN = "first-seen"
BY_NAME = "address"  # of a group its name
_CACHED_NAMES = 1_024
Facts = Mapping[bytes, Fact]
#: A row, or a part of one, and what its connections are for, if that is known.
Parted = tuple["Row", Purpose | None]


class Grouping(NamedTuple):
    """What rows can have in common."""

    called: str  # in "12 by process"
    title: str  # over the first column; a column of its own it has not then
    #: What each of some rows is called by that; empty: that is not known. All at once takes half
    #: the time.
    names: Callable[[Sequence[Parted], Facts], list[str]]
    feature: str = ""  # the look-up without which there is nothing to see
    #: It is of a socket, not of an address: listening ones have it too, and what connections to
    #: one address have of it may differ.
    of_sockets: bool = False


class View(NamedTuple):
    """What an order looks at beside the rows."""

    bases: Mapping[str, int]  # the tick since 1970 from which the ticks of a host count
    facts: Facts
    alerts: Mapping[Any, object]


_COUNTING, _SEVERAL, _WATCHING = "counting", "several", "watching"


def _processes(rows: Sequence[Parted], _: Facts) -> list[str]:
    return [
        _cleaned(row.track.current.process if purpose is None else purpose.process)
        for row, purpose in rows
    ]


_cleaned = lru_cache(_CACHED_NAMES)(clean)


def _organisations(rows: Sequence[Parted], facts: Facts) -> list[str]:
    addresses = [row.track.peer.address for row, _ in rows]
    return [*map(organisation_of, addresses, map(facts.get, addresses))]


def _places(rows: Sequence[Parted], facts: Facts) -> list[str]:
    return [_place(row.track.peer, facts) for row, _ in rows]


def _place(peer: Peer, facts: Facts) -> str:
    scope = scope_of(peer.address)
    if scope is not Scope.GLOBAL:
        return str(scope.value)
    code = country_of(peer, facts.get(peer.address))
    return "" if code == UNKNOWN else code


def _services(rows: Sequence[Parted], _: Facts) -> list[str]:
    return [
        _port_called(
            row.track.current.protocol, row.track.peer.port if purpose is None else purpose.port
        )
        for row, purpose in rows
    ]


@lru_cache(_CACHED_NAMES)
def _port_called(protocol: int, port: int) -> str:
    return f"{port} {service_of(protocol, port)}".rstrip() if port else ""


#: Each but that by address.
GROUPINGS = {
    "process": Grouping("process", "PROCESS", _processes, of_sockets=True),
    "as": Grouping("AS", "AS / ORG", _organisations, "asn"),
    "country": Grouping("country", "COUNTRY", _places, "country"),
    "port": Grouping("port", "PORT", _services, of_sockets=True),
}


class Order(NamedTuple):
    """One order: what comes first has the least value."""

    #: The values of rows: all at once takes half the time. None: that of addresses, or of names.
    read: "Callable[[Sequence[Row], View], list[Any]] | None"
    together: Callable[..., Any] = min  # of the values of a group
    needs: str = ""  # without what there is nothing to see: a look-up, or one of those below
    #: By what rows can be grouped that are to have it.
    groupings: Collection[str] = (BY_ADDRESS, *GROUPINGS)


def _text(text: str) -> object:
    return not text, text.casefold()  # what is not known comes last


#: What the STATE column tells, in the order of how much attention it deserves.
_STATES = (*(state.name for state in UNUSUAL), "FAILED", "ACTIVE", "LISTEN", "CLOSED")
#: Their places; those of what is unusual have for how long it is so beside them.
_PLACES = {state: (place, 0.0) for place, state in enumerate(_STATES)}
_FAILED = _PLACES["FAILED"]


def _states(rows: "Sequence[Row]", _: View) -> list[tuple[int, float]]:
    return [_state(row) if row.track.unusual else _PLACES[state_of(row.track)] for row in rows]


def _state(row: "Row") -> tuple[int, float]:
    """Return the place of its state, and for how long it lasts if that is unusual."""
    history, ages = row.follower.history, row.follower.ages
    found = unusual(row.track, ages, history, history.seconds(history.coverage.end))
    if found is None:
        return _PLACES[state_of(row.track)]
    return _STATES.index(found.state.name), -found.seconds


def _state_of_group(states: Iterable[tuple[int, float]]) -> tuple[int, float]:
    """Return the first; a group has failed only if all its rows have."""
    found = {*states}
    return min(found - {_FAILED}, default=_FAILED)


def _first_seen(rows: "Sequence[Row]", view: View) -> list[int]:
    bases = view.bases
    return [bases[row.key.host] + row.track.timeline.first_tick for row in rows]


def _last_change(rows: "Sequence[Row]", view: View) -> list[int]:
    bases = view.bases
    return [-bases[row.key.host] - row.track.timeline.last_tick for row in rows]


def _each(value_of: "Callable[[Row, View], Any]") -> "Callable[[Sequence[Row], View], list[Any]]":
    return lambda rows, view: [value_of(row, view) for row in rows]


@_each
def _rate(row: "Row", _: View) -> int:
    return -sum(c.sent_rate + c.received_rate for c in row.counters)


@_each
def _carried(row: "Row", _: View) -> int:
    return -sum(carried([(row.track, row.follower.details)]) or (0,))


@_each
def _country(row: "Row", view: View) -> object:
    fact = view.facts.get(row.track.peer.address)
    return _text(fact.country if fact is not None else "")


@_each
def _network(row: "Row", view: View) -> object:
    fact = view.facts.get(row.track.peer.address)
    number = fact.asn if fact is not None else 0
    return not number, number


@_each
def _port(row: "Row", _: View) -> int:
    return row.track.peer.port or row.track.current.port


_SINGLE = (BY_ADDRESS,)
#: Where no row is in parts: of a part it is known only what is open.
_OF_WHOLE_ROWS = (BY_ADDRESS, *(name for name, by in GROUPINGS.items() if not by.of_sockets))

ORDERS = {
    FIRST_SEEN: Order(_first_seen),
    "last-change": Order(_last_change),
    BY_NAME: Order(None),
    "state": Order(_states, _state_of_group),
    "opened": Order(lambda rows, _: [-row.track.opened for row in rows], sum),
    "open": Order(lambda rows, _: [-len(row.track.connections) for row in rows], sum),
    "process": Order(
        lambda rows, _: [_text(row.track.current.process) for row in rows], groupings=_SINGLE
    ),
    "port": Order(_port, groupings=_SINGLE),
    "rate": Order(_rate, sum, _COUNTING),
    "bytes": Order(_carried, sum, _COUNTING, _OF_WHOLE_ROWS),
    "country": Order(_country, needs="country", groupings=_SINGLE),
    "as": Order(_network, needs="asn", groupings=_SINGLE),
    "host": Order(
        lambda rows, _: [row.key.host for row in rows], needs=_SEVERAL, groupings=_SINGLE
    ),
    "alert": Order(
        lambda rows, view: [row.key not in view.alerts for row in rows], needs=_WATCHING
    ),
}
#: Those of which there is always something to see.
SORTS = tuple(name for name, order in ORDERS.items() if not order.needs)


def order_of(by: str, chosen: str) -> str:
    """Return the order of rows that are grouped by `by`: the `chosen` one if they can have it."""
    return chosen if by in ORDERS[chosen].groupings else BY_NAME


def look_ups_of(grouping: str, order: str) -> frozenset[str]:
    """Return the features without which there is nothing to see of a grouping and an order."""
    by = GROUPINGS[grouping].feature if grouping in GROUPINGS else ""
    needed = {by, ORDERS[order].needs} - {"", _COUNTING, _SEVERAL, _WATCHING}
    return frozenset(needed)


def groupings(features: frozenset[str]) -> tuple[str, ...]:
    """Return what rows can be grouped by: places and networks only if they are looked up."""
    found = (name for name, by in GROUPINGS.items() if not by.feature or by.feature in features)
    return (BY_ADDRESS, *found)


def sorts(
    by: str, features: frozenset[str], *, counting: bool, several: bool, watching: bool
) -> tuple[str, ...]:
    """Return the orders of which there is something to see.

    Args:
        by: what rows are grouped by.
        features: what is looked up.
        counting: whether the traffic is counted.
        several: whether there are several hosts.
        watching: whether any list marks rows.
    """
    more = {_COUNTING: counting, _SEVERAL: several, _WATCHING: watching}
    there = {"", *features, *(name for name, is_so in more.items() if is_so)}
    return tuple(
        name for name, order in ORDERS.items() if order.needs in there and by in order.groupings
    )
