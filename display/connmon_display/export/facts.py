"""What is told to programs of one row: the same fields in JSON and CSV, as in docs/export.md."""

from datetime import UTC, datetime
from typing import NamedTuple

from connmon_display.export.entry import Entry
from connmon_display.words.owners import owners
from connmon_display.words.traits import counted_directions
from connmon_shared.endpoints import text_of
from connmon_shared.text import clean
from connmon_shared.timelines.timeline import TICKS_PER_SECOND

REMOTE, LISTENER = "address", "listener"


class Facts(NamedTuple):
    """The fields, in their order. None: that is not known, or a listening socket has none."""

    host: str
    kind: str
    address: str
    port: int | None
    state: str
    first_seen: str
    last_change: str
    active_seconds: float | None
    active_percent: float | None
    opened: int | None
    open: int
    incoming: int
    outgoing: int
    ports: list[int]
    process: str | None
    pids: list[int]
    container: str | None
    namespace: str | None
    name: str | None
    name_source: str | None
    country: str | None
    asn: int | None
    organisation: str | None
    alert: str | None
    sent: int | None
    received: int | None
    unusual: str | None
    unusual_open: int | None
    unusual_seconds: float | None
    uncounted: int


def facts_of(entry: Entry) -> Facts:
    """Return what is known of a row."""
    row, label, track = entry.row, entry.label, entry.row.track
    remote, shown, known = entry.remote, track.current, entry.fact
    ways = counted_directions(track)
    unusual, carried = label.unusual, entry.carried
    return Facts(
        host=clean(row.watched.host),
        kind=REMOTE if remote else LISTENER,
        address=text_of(track.peer.address),
        port=None if remote else track.peer.port,
        state=label.state.lower(),
        first_seen=iso(row.watched.base + track.timeline.first_tick),
        last_change=iso(row.watched.base + track.timeline.last_tick),
        active_seconds=round(row.active, 1) if remote else None,
        active_percent=round(row.share, 1) if remote else None,
        opened=track.opened if remote else None,
        open=len(track.connections),
        incoming=ways["in"],
        outgoing=ways["out"],
        ports=sorted(track.ports),
        process=clean(shown.process) or None,
        pids=owners(track),
        container=clean(shown.container) or None,
        namespace=clean(shown.namespace) or None,
        name=label.name.text or None,
        name_source=label.name.source or None,
        country=entry.country or None,
        asn=known.asn or None if known is not None else None,
        organisation=clean(known.organisation) or None if known is not None else None,
        alert=entry.match.words if entry.match is not None else None,
        sent=carried.sent if carried is not None else None,
        received=carried.received if carried is not None else None,
        unusual=unusual.state.name if unusual is not None else None,
        unusual_open=unusual.many if unusual is not None else None,
        unusual_seconds=round(unusual.seconds, 1) if unusual is not None else None,
        uncounted=row.uncounted,
    )


def iso(tick: int) -> str:
    """Return a `tick` since 1970 as ISO 8601 in UTC, to the tenth of a second."""
    moment = datetime.fromtimestamp(tick // TICKS_PER_SECOND, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{tick % TICKS_PER_SECOND}Z"
