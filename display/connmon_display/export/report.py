"""The classic text report: every address with its full timeline, aligned on one time axis."""

from collections import Counter
from collections.abc import Iterator

from connmon_display.export.material import Line, Material, moment
from connmon_display.options import ATTRIBUTION
from connmon_display.words.duration import short
from connmon_display.words.forgotten import no_longer_kept
from connmon_display.words.glyphs import LEGEND, UNICODE
from connmon_display.words.labels import UNKNOWN, Label, counted_directions
from connmon_display.words.names import AS, source_of
from connmon_display.words.services import services_of
from connmon_shared.text import clean
from connmon_shared.timelines.timeline import TICKS_PER_SECOND

_TOP = 10
_ALERT = "!"
_RULE = "=" * 78
_MARK_BYTES, _ROW_BYTES = 3, 400  # of one mark in UTF-8, and of the rest of a row, about


def lines(material: Material) -> Iterator[str]:
    """Yield the lines of the report, without line ends."""
    yield from _head(material)
    yield from _timelines(material)
    yield from _details(material)
    yield from _statistics(material)
    if material.places:
        yield from ("", ATTRIBUTION)


def size(material: Material) -> int:
    """Return about how many bytes the report will be."""
    return len(material.lines) * (_MARK_BYTES * material.columns + _ROW_BYTES)


def _head(material: Material) -> Iterator[str]:
    yield "connmon timeline"
    yield _RULE
    yield f"From      {moment(material.begin)}"
    yield f"To        {moment(material.end)}"
    yield f"Runtime   {short((material.end - material.begin) / TICKS_PER_SECOND)}"
    for watched in material.hosts:
        whose = f" of {clean(watched.host)}" if material.several else ""
        yield f"Observed  {short(watched.observed)}{whose}"
        missing = no_longer_kept(watched.history.thinned_before, watched.history.dropped)
        yield from (f"Missing   {missing}{whose}",) if missing else ()
    yield f"Unit      1 character = {short(material.unit / TICKS_PER_SECOND)}"
    legend = "  ".join(f"{UNICODE.marks[mark]} {meaning}" for mark, meaning in LEGEND)
    yield f"Legend    {legend}  (blank) not observed"
    if material.row_filter.lists.watching:
        yield f"Alerts    {_ALERT} after an address: see below why"
    yield "Times     in steps of 0.1s; a connection that was seen counts for one at least"
    yield ""


def _timelines(material: Material) -> Iterator[str]:
    width = max((len(_marked(material, line)) for line in material.lines), default=0)
    yield "Timelines"
    yield _RULE
    for line in material.lines:
        drawn = UNICODE.draw(material.marks(line))
        yield f"{_marked(material, line):<{width}}  {drawn}".rstrip()
    if not material.lines:
        yield "(no connections)"
    yield ""


def _name(material: Material, line: Line) -> str:
    """Return what a row is called: its address, after the host if there are several."""
    label = material.label(line)
    return f"{label.host}  {label.address}" if material.several else label.address


def _marked(material: Material, line: Line) -> str:
    """Return what a row is called, with a mark if it deserves attention."""
    return _name(material, line) + (f" {_ALERT}" if material.match(line) else "")


def _details(material: Material) -> Iterator[str]:
    yield "Addresses"
    yield _RULE
    for line in material.lines:
        label = material.label(line)
        named = "" if label.name.source == AS else label.name
        yield f"{_name(material, line)}  {named}".rstrip()
        yield from (f"    {name:<12} {value}" for name, value in _facts(material, line) if value)
    yield ""


def _facts(material: Material, line: Line) -> Iterator[tuple[str, str]]:
    label, track = material.label(line), line.track
    match = material.match(line)
    yield "alert", match.words if match else ""
    yield "first seen", line.moment(track.timeline.first_tick)
    yield "last change", line.moment(track.timeline.last_tick)
    yield "state", label.state
    if not track.peer.listening:
        yield "active", f"{short(line.active)} ({line.share:.1f} % of the observed time)"
        yield "opened", f"{track.opened} connections while observed"
    yield "port" if len(track.ports) == 1 else "ports", ", ".join(map(_port, sorted(track.ports)))
    yield "direction", _ways(counted_directions(track))
    yield "process", _process(label)
    yield "where", label.where
    yield "name from", "" if label.name.source == AS else source_of(label.name)
    yield "country", label.country if "country" in material.features else ""
    yield "network", label.organisation if "asn" in material.features else ""


def _port(port: int) -> str:
    names = " or ".join(sorted(services_of(port)))
    return f"{port} ({names})" if names else str(port)


def _ways(counted: Counter[str]) -> str:
    return ", ".join(f"{count} {way}" for way, count in sorted(counted.items()))


def _process(label: Label) -> str:
    if not label.process:
        return ""
    more = f" and {label.sharing} more" if label.sharing else ""
    return f"{label.process} ({label.pid}){more}"


def _statistics(material: Material) -> Iterator[str]:
    remotes = material.remotes
    yield "Statistics"
    yield _RULE
    yield f"Remote addresses       {len(remotes)}"
    yield f"Listening sockets      {len(material.lines) - len(remotes)}"
    yield f"Active at the end      {sum(1 for line in remotes if line.track.open)}"
    if material.row_filter.lists.watching:
        yield f"Alerts                 {sum(1 for line in remotes if material.match(line))}"
    open_now = (counted_directions(line.track) for line in remotes if line.track.open)
    yield f"Open by direction      {_ways(sum(open_now, Counter())) or UNKNOWN}"
    yield f"Connections opened     {sum(line.track.opened for line in remotes)}"
    yield ""
    yield f"Top {_TOP} most active"
    yield _RULE
    ranked = sorted(remotes, key=lambda line: (-line.active, -line.track.opened))
    for place, line in enumerate(ranked[:_TOP], start=1):
        times = f"{short(line.active):>8}  {line.share:5.1f} %"
        yield f"{place:>2}  {times}  {line.track.opened:>6}×  {_name(material, line)}"
