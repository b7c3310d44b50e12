"""Counters of TCP connections, turned into rates between two looks. Pure."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from connmon_collector.sources.base import Counted
from connmon_shared.messages import Counters

#: Connections. Where there are more, nothing is told of those that have carried nothing: of 100,000
#: that would take 40 MB.
MOST_IDLE = 10_000
#: What has carried nothing for so long carried nothing between two looks: they are no rarer.
RESTED_MS = 60_000
_MAX_FINAL = 50_000  # kept until they are taken


class Totals(NamedTuple):
    """What the kernel has counted since a connection was opened (struct tcp_info)."""

    sent: int  # payload bytes, each once
    received: int  # payload bytes; one more once the peer's end (FIN) has come
    rtt: int  # microseconds, smoothed
    retransmits: int  # segments
    rested: bool = False  # whether it has carried nothing for RESTED_MS

    @property
    def moved(self) -> bool:
        """Whether any payload was carried."""
        return self.sent > 0 or self.received > 0


_NOTHING = Totals(0, 0, 0, 0)
_AT_REST = 0, 0, True  # bytes per second sent and received, and whether that is known
_UNKNOWN = 0, 0, False
_Rates = tuple[int, int, bool]


class Meter:
    """Remembers the last totals of every connection that is open.

    Attributes:
        span: seconds between the last two looks, over which rates were measured; 0: not yet.
    """

    def __init__(self) -> None:
        self.span = 0.0
        self._totals: dict[int, Totals] = {}
        self._moving: dict[int, _Rates] = {}  # at the last look, of what may not be at rest
        self._looked = 0.0
        self._moved: list[Counters] = []
        self._final: list[Counters] = []

    def look(self, rows: Iterable[tuple[int, Totals]], now: float) -> None:
        """Note the totals of all open connections (id, totals), at `now` in seconds."""
        before, moving = self._totals, self._moving
        span = self.span = now - self._looked if self._looked else 0.0
        self._totals, self._moving, self._looked = {}, {}, now
        for number, totals in rows:
            self._totals[number] = totals
            old = before.get(number)
            if old is not None and old[:2] == totals[:2] and number not in moving:
                continue
            rates = _rates(old or _NOTHING, totals, span)  # else it is new since then
            if rates != _AT_REST:
                self._moving[number] = rates
            self._moved.append(_counters(number, totals, rates))

    def known(self) -> Iterator[Counters]:
        """Yield what the last look has shown of every open connection."""
        for number, totals in self._totals.items():
            yield _counters(number, totals, self._moving.get(number, _AT_REST))

    def end(self, counters: Counters) -> None:
        """Note the last counters of a connection."""
        self._totals.pop(counters.id, None)
        if len(self._final) < _MAX_FINAL:
            self._final.append(counters)

    def take(self) -> Counted:
        """Return what was noted since the last call."""
        counted = Counted(self._moved, self._final, self.span)
        self._moved, self._final = [], []
        return counted


def _counters(number: int, totals: Totals, rates: _Rates) -> Counters:
    sent, received, rtt, retransmits, _ = totals
    out, back, measured = rates
    return Counters(number, sent, received, out, back, rtt, retransmits, measured)


def _rates(old: Totals, new: Totals, span: float) -> _Rates:
    """Return the rates; at the first look they are not known of what carried anything lately."""
    if span <= 0:
        return _AT_REST if new.rested or not new.moved else _UNKNOWN
    return (
        max(0, round((new.sent - old.sent) / span)),
        max(0, round((new.received - old.received) / span)),
        True,
    )
