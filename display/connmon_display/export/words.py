"""What report, page and picture tell people: of the session, and of one row. Pairs of words."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import starmap

from connmon_display.export.entry import Entry
from connmon_display.export.material import Material
from connmon_display.export.row import BRIEF_SECONDS, zoned
from connmon_display.words.about import amount
from connmon_display.words.duration import short
from connmon_display.words.forgotten import no_longer_kept
from connmon_display.words.labels import Label
from connmon_display.words.names import AS, source_of
from connmon_display.words.services import services_of
from connmon_display.words.traits import UNKNOWN, counted_directions
from connmon_shared.text import clean
from connmon_shared.timelines.states import UNUSUAL, State
from connmon_shared.timelines.timeline import TICKS_PER_SECOND

Pairs = Iterator[tuple[str, str]]


def hosts_of(material: Material) -> str:
    """Return the names of the hosts."""
    return ", ".join(clean(watched.host) for watched in material.hosts)


def session_words(material: Material) -> Pairs:
    """Yield when the session was, for how long it was observed, and what is no longer kept."""
    yield "From", zoned(material.begin)
    yield "To", zoned(material.end)
    yield "Runtime", short((material.end - material.begin) / TICKS_PER_SECOND)
    for watched in material.hosts:
        whose = f" of {clean(watched.host)}" if material.several else ""
        yield "Observed", f"{short(watched.observed)}{whose}"
        missing = no_longer_kept(watched.history.thinned_before, watched.history.dropped)
        yield from (("Missing", f"{missing}{whose}"),) if missing else ()


def statistics(material: Material) -> Pairs:
    """Yield the figures of all rows together."""
    figures = material.figures
    yield "Remote addresses", f"{len(figures.remotes):,}"
    yield "Listening sockets", f"{len(figures.servers):,}"
    if figures.left_out:
        closed = f"closed again within {short(BRIEF_SECONDS)}"
        yield "Not listed", f"{figures.left_out:,} more listening sockets, {closed}"
    yield "Listening at the end", f"{figures.listening:,}"
    yield "Active at the end", f"{figures.active:,}"
    if material.row_filter.lists.watching:
        yield "Alerts", f"{figures.alerts:,}"
    yield "Open by direction", _ways(figures.directions) or UNKNOWN
    if found := [(state, figures.unusual[state]) for state in UNUSUAL if state in figures.unusual]:
        yield "Unusual at the end", ", ".join(starmap(_counted, found))
    yield "Connections opened", f"{figures.opened:,}"
    if figures.carried is not None:
        yield "Sent", amount(figures.carried.sent, figures.uncounted)
        yield "Received", amount(figures.carried.received, figures.uncounted)


def row_words(entry: Entry, features: frozenset[str]) -> Pairs:
    """Yield what is known of a row, with the look-ups `features`; what is not known is empty."""
    row, label, track = entry.row, entry.label, entry.row.track
    yield "alert", entry.match.words if entry.match else ""
    yield "first seen", row.moment(track.timeline.first_tick)
    yield "last change", row.moment(track.timeline.last_tick)
    yield "state", entry.state
    if entry.remote:
        yield "active", f"{short(row.active)} ({entry.share} of the observed time)"
        yield "opened", f"{track.opened:,} connection{'s' * (track.opened != 1)} while observed"
    if entry.carried is not None:
        sent, received = (amount(count, row.uncounted) for count in entry.carried)
        yield "bytes", f"{sent} sent, {received} received"
    yield "port" if len(track.ports) == 1 else "ports", _ports(track.ports)
    yield "direction", _ways(counted_directions(track))
    yield "process", _process(label)
    yield "where", label.where
    yield "name from", "" if label.name.source == AS else source_of(label.name)
    yield "country", label.country if "country" in features else ""
    yield "network", label.organisation if "asn" in features else ""


def _ports(ports: Iterable[int]) -> str:
    return ", ".join(map(_port, sorted(ports)))


def _port(port: int) -> str:
    names = " or ".join(sorted(services_of(port)))
    return f"{port} ({names})" if names else str(port)


def _counted(state: State, many: int) -> str:
    return f"{state.name}×{many:,}" if many > 1 else state.name


def _ways(counted: Counter[str]) -> str:
    return ", ".join(f"{count:,} {way}" for way, count in sorted(counted.items()))


def _process(label: Label) -> str:
    pid = f" ({label.pid})" if label.process else ""
    more = f" and {label.sharing} more" if label.sharing else ""
    return f"{label.owner}{pid}{more}"
