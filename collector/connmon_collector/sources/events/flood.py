"""A flood of UDP packets: too costly to follow, so it is let pass. Pure."""

from typing import Protocol

from connmon_collector.sources.events.records import SENT, TIME, UDP, Event

_NS = 1_000_000_000
_MOST = 2_000  # events of UDP in the shortest span: 20,000 a second, 6 % of a core
_SHORTEST = _NS // 10
_PAUSE = 10 * _NS


class Follow(Protocol):
    """Turns the kernel's events of UDP on or off."""

    def __call__(self, *, on: bool) -> None:
        """Turn them."""


class FloodGuard:
    """Ceases to follow UDP for a while when it would cost too much.

    One process alone cannot be left out: the kernel does not let a filter be replaced.

    Attributes:
        deaf: whether UDP is not followed.
    """

    def __init__(self, follow: Follow) -> None:
        self.deaf = False
        self._follow = follow
        self._again = 0  # ns; when UDP is followed again

    def limit(self, events: list[Event], now: int) -> None:
        """Look at the events that have come by `now` (ns)."""
        if self.deaf:
            if now > self._again:
                self.deaf = False
                self._follow(on=True)
        elif len(events) > _MOST:
            heard = sum(event[0] in {UDP, SENT} for event in events)
            span = max(events[-1][TIME] - events[0][TIME], _SHORTEST)
            if heard * _SHORTEST > _MOST * span:
                self.deaf, self._again = True, now + _PAUSE
                self._follow(on=False)
