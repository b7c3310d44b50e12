"""The words beside a timeline: place, network, state, port and process of a row."""

from collections.abc import Container
from dataclasses import dataclass

from connmon_shared.endpoints import Peer, Scope, scope_of
from connmon_shared.history import History, Track
from connmon_shared.messages import Connection, Fact, Lookup
from connmon_shared.states import Protocol
from connmon_shared.text import clean

UNKNOWN = "--"


@dataclass(frozen=True, slots=True)
class Label:
    """What is known of a row, as words."""

    address: str
    name: str  # empty: none known
    country: str
    organisation: str
    state: str
    port: int
    process: str
    pid: int


def label_of(track: Track, fact: Fact | None, servers: Container[int], *, new: bool) -> Label:
    """Return the words for `track`.

    Args:
        track: the row.
        fact: what the enricher knows of its address.
        servers: the ports on which this host listens, see `service_port`.
        new: whether a connection was opened in the unit that is drawn last.
    """
    last = track.last
    named = fact is not None and fact.name_state == Lookup.RESOLVED
    return Label(
        address=str(track.peer),
        name=clean(fact.name) if fact is not None and named else "",
        country=country_of(track.peer, fact),
        organisation=organisation_of(track.peer.address, fact),
        state=state_of(track, new=new),
        port=track.peer.port or service_port(last, servers),
        process=clean(last.process),
        pid=last.pid,
    )


def state_of(track: Track, *, new: bool = False) -> str:
    """Return the state of a row as one word of at most six characters."""
    if track.peer.listening:
        return "LISTEN" if track.open else "CLOSED"
    if track.open:
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
    return f"AS{fact.asn} {clean(fact.organisation)}".rstrip()


def service_port(row: Connection, servers: Container[int]) -> int:
    """Return the port that tells what the connection is for.

    It is ours when we listen on it (the peer came to us), else the peer's.
    """
    return row.local_port if row.local_port in servers else row.remote_port


def listening_ports(history: History) -> frozenset[int]:
    """Return the TCP ports on which this host listens now."""
    return frozenset(
        track.peer.port
        for track in history.tracks.values()
        if track.peer.listening and track.open and track.last.protocol == Protocol.TCP
    )
