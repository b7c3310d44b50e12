"""The words beside the timeline of a group: what its rows have, the most common first. Pure."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import TypeVar

from connmon_display.rows.pace import pace_of
from connmon_display.rows.row import Group, RowKey
from connmon_display.words.about import speed
from connmon_display.words.labels import Label
from connmon_display.words.lasting import Unusual
from connmon_display.words.names import Name
from connmon_display.words.services import service_of
from connmon_display.words.traits import organisation_of
from connmon_shared.messages import Connection, Counters, Fact
from connmon_shared.text import clean
from connmon_shared.timelines.crowd import unusual_of
from connmon_shared.timelines.states import UNUSUAL

_Found = TypeVar("_Found")


def label_of_group(group: Group, facts: Mapping[bytes, Fact], alerts: Collection[RowKey]) -> Label:
    """Return the words for `group`.

    Args:
        group: the rows.
        facts: what is known of addresses.
        alerts: the keys of rows that deserve attention.
    """
    tracks = [row.track for row in group.rows if not row.track.peer.port]
    addresses = dict.fromkeys([track.peer.address for track in tracks])
    connections = [connection for track in tracks for connection in track.connections]
    shown = connections or [row.track.current for row in group.rows]
    ports = Counter([(row.protocol, row.port) for row in shown])
    processes: Counter[str] = Counter()
    for name, many in Counter([row.process for row in shown if row.process]).items():
        processes[clean(name)] += many
    networks = Counter(map(organisation_of, addresses, map(facts.get, addresses)))
    del networks[""]
    unusual = _unusual(group, connections)
    first = unusual.connection if unusual is not None else None
    protocol, port = (first.protocol, first.port) if first else _first(ports) or (0, 0)
    process = clean(first.process) if first else _first(processes) or ""
    return Label(
        address=str(group.key),
        name=Name(),
        country="",
        organisation=_first(networks) or "",
        state=_state(group, connections),
        port=port,
        process=process,
        pid=0,
        more=len({port for _, port in ports} - {port}),
        sharing=len(processes.keys() - {process}),
        unusual=unusual,
        speed=speed(_counters(group)),
        pace=pace_of(group.rows) if any(f.paces.known for f, _ in group.hosts.values()) else b"",
        alert=any(row.key in alerts for row in group.rows) if alerts else False,
        service=service_of(protocol, port),
        addresses=len(addresses),
        networks=max(0, len(networks) - 1),
        connections=len(connections),
    )


def _counters(group: Group) -> Iterator[Counters]:
    """Yield the newest counters of all connections of a group that are counted."""
    for follower, tracks in group.hosts.values():
        yield from follower.counted(*tracks)


def _first(counted: Counter[_Found]) -> _Found | None:
    return next((found for found, _ in counted.most_common(1)), None)


def _state(group: Group, connections: list[Connection]) -> str:
    if connections:
        return "ACTIVE"
    if any(row.track.is_open for row in group.rows):
        return "LISTEN"
    return "FAILED" if all(row.track.failed for row in group.rows) else "CLOSED"


def _unusual(group: Group, connections: list[Connection]) -> Unusual | None:
    """Return what is most telling of what is unusual about any of the `connections`."""
    if not unusual_of(connections):  # most do not: to find that out takes less time for all at once
        return None
    found = [unusual for row in group.rows if (unusual := row.unusual)]
    state = min((unusual.state for unusual in found), key=UNUSUAL.index)
    same = [unusual for unusual in found if unusual.state == state]
    oldest = max(same, key=lambda unusual: unusual.seconds)
    many = sum(unusual.many for unusual in same)
    return oldest._replace(many=many, others=len(connections) - many)
