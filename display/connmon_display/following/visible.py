"""Which addresses on the screen the enricher is asked to look at. Pure."""

from collections.abc import Iterable, Mapping
from itertools import islice

from connmon_shared.codec.limits import MAX_SHOWN
from connmon_shared.messages import UNSURE_SOURCES, Fact, Lookup, Shown

PAUSE_SECONDS = 1.0  # between two messages
AGAIN_SECONDS = 30.0  # until an address whose name has not become better is told again


class Visible:
    """Tells of each address once that its name could be known better, and again after a while."""

    def __init__(self) -> None:
        self._told: dict[bytes, float] = {}
        self._due = 0.0

    def message(
        self, addresses: Iterable[bytes], facts: Mapping[bytes, Fact], now: float
    ) -> Shown | None:
        """Return what to send at `now`, if anything.

        Args:
            addresses: that are on the screen, the most important first.
            facts: what is known of them.
            now: seconds of a clock that never goes back.
        """
        if now < self._due:
            return None
        self._told = {told: at for told, at in self._told.items() if now - at < AGAIN_SECONDS}
        wanting = (
            address
            for address in dict.fromkeys(addresses)
            if address not in self._told and _wanting(facts.get(address))
        )
        chosen = tuple(islice(wanting, MAX_SHOWN))
        self._due = now + PAUSE_SECONDS
        self._told |= dict.fromkeys(chosen, now)
        return Shown(chosen) if chosen else None


def _wanting(fact: Fact | None) -> bool:
    """Return whether a name is looked up, or may be confirmed."""
    return fact is not None and (
        fact.name_state == Lookup.PENDING or fact.name_source in UNSURE_SOURCES
    )
