"""In which order rows can be shown. Pure.

An order looks at a row; of a group it looks at all rows, and takes what is first, or the sum.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from connmon_display.rows.arrangement import BY_ALERT, FIRST_SEEN
from connmon_display.rows.row import Group, Row, Shown
from connmon_display.words.about import carried
from connmon_shared.messages import Fact


class View(NamedTuple):
    """What an order looks at beside the rows."""

    bases: Mapping[str, int]  # the tick since 1970 from which the ticks of a host count
    facts: Mapping[bytes, Fact]
    alerts: Mapping[Any, object]


_Read = Callable[[Row, View], Any]


class Order(NamedTuple):
    """One order: what comes first has the least value."""

    read: _Read
    together: Callable[..., Any] = min  # of the values of a group


def _address(row: Row, _: View) -> object:
    return len(row.track.peer.address), row.track.peer


def _rate(row: Row, _: View) -> int:
    counters = row.follower.details.counters
    found = [counters[number] for number in row.track.open if number in counters]
    return -sum(c.sent_rate + c.received_rate for c in found)


def _carried(row: Row, _: View) -> int:
    return -sum(carried([(row.track, row.follower.details)]) or (0,))


def _text(text: str) -> object:
    return not text, text.casefold()  # what is not known comes last


def _country(row: Row, view: View) -> object:
    fact = view.facts.get(row.track.peer.address)
    return _text(fact.country if fact is not None else "")


def _network(row: Row, view: View) -> object:
    fact = view.facts.get(row.track.peer.address)
    number = fact.asn if fact is not None else 0
    return not number, number


#: Each but that of first sight, in which rows come.
_ORDERS = {
    "last-change": Order(
        lambda row, view: -(view.bases[row.key.host] + row.track.timeline.last_tick)
    ),
    "address": Order(_address),
    "state": Order(lambda row, _: (not row.track.open, row.track.peer.address)),
    "opened": Order(lambda row, _: -row.track.opened, sum),
    "open": Order(lambda row, _: -len(row.track.open), sum),
    "rate": Order(_rate, sum),
    "bytes": Order(_carried),
    "process": Order(lambda row, _: _text(row.track.current.process)),
    "port": Order(lambda row, _: row.track.peer.port or row.track.current.port),
    "country": Order(_country),
    "as": Order(_network),
    "host": Order(lambda row, _: row.key.host),
    BY_ALERT: Order(lambda row, view: row.key not in view.alerts),
}


def sort(rows: list[Shown], by: str, view: View) -> None:
    """Sort `rows`, which come in the order of first sight."""
    if by == FIRST_SEEN:
        return
    read, together = _ORDERS[by]

    def value(shown: Shown) -> Any:  # noqa: ANN401 - each order has a type of its own
        if isinstance(shown, Group):
            if by == "address":  # what stands in that column
                number = shown.key.name.partition(" ")[0]
                return number.isdigit() and int(number), shown.key.name.casefold()
            return together(read(row, view) for row in shown.rows)
        return read(shown, view)

    rows.sort(key=value)
