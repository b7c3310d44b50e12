"""What a row is like, each in a word: its state, direction, country and network. Pure."""

from collections import Counter

from connmon_display.words.lasting import Unusual
from connmon_display.words.names import as_of
from connmon_shared.endpoints import Peer, Scope, scope_of
from connmon_shared.messages import Connection, Direction, Fact
from connmon_shared.text import clean
from connmon_shared.timelines.rows import Track

UNKNOWN = "--"
_DIRECTIONS: dict[int, str] = {Direction.OUT: "out", Direction.IN: "in"}


def speaker_of(track: Track, unusual: Unusual | None) -> Connection:
    """Return the connection of a row that its words are about: the one whose state is shown."""
    return (unusual.connection if unusual is not None else None) or track.current


def direction_of(row: Connection) -> str:
    """Return in which direction a connection went: `in` or `out`; empty: that is not known."""
    return _DIRECTIONS.get(row.direction, "")


def counted_directions(track: Track) -> Counter[str]:
    """Return how many of a row's open connections went in which direction, as far as is known.

    Without open ones it is the direction of the last.
    """
    rows = track.connections or (track.current,)
    found = Counter(map(direction_of, rows))
    del found[""]
    return found


def state_of(track: Track, *, new: bool = False) -> str:
    """Return the state of a row as one word of at most six characters."""
    if track.peer.listening:
        return "LISTEN" if track.is_open else "CLOSED"
    if track.is_open:
        return "NEW" if new else "ACTIVE"
    return "FAILED" if track.failed else "CLOSED"


def country_of(peer: Peer, fact: Fact | None) -> str:
    """Return the country's code; a listening socket has none."""
    if peer.listening:
        return ""
    return clean(fact.country) if fact is not None and fact.country else UNKNOWN


def organisation_of(address: bytes, fact: Fact | None) -> str:
    """Return the AS and its name, or the scope of an address that has none."""
    scope = scope_of(address)
    if scope is not Scope.GLOBAL:
        return "" if scope is Scope.WILDCARD else scope.value
    if fact is None or not fact.asn:
        return ""
    return as_of(fact)
