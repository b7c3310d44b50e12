"""The classic text report: every address with its full timeline, aligned on one time axis."""

from collections.abc import Iterator

from connmon_display.duration import short
from connmon_display.export.material import Material
from connmon_display.glyphs import LEGEND, UNICODE
from connmon_display.labels import Label
from connmon_display.options import ATTRIBUTION
from connmon_shared.rows import Track
from connmon_shared.timeline import TICKS_PER_SECOND

_TOP = 10
_RULE = "=" * 78


def report(material: Material) -> Iterator[str]:
    """Yield the lines of the report, without line ends."""
    yield from _head(material)
    yield from _timelines(material)
    yield from _details(material)
    yield from _statistics(material)
    if material.features & {"country", "asn"}:
        yield from ("", ATTRIBUTION)


def columns(material: Material) -> int:
    """Return how many characters a full timeline has."""
    first, last = _bounds(material)
    return last - first


def _bounds(material: Material) -> tuple[int, int]:
    """Return the first unit and the one after the last, counted from 1970."""
    history = material.history
    origin = history.origin or 0
    first = (origin + history.coverage.begin) // material.unit
    return first, -(-(origin + history.coverage.end) // material.unit)


def _head(material: Material) -> Iterator[str]:
    coverage = material.history.coverage
    yield "connmon timeline"
    yield _RULE
    yield f"From      {material.moment(coverage.begin)}"
    yield f"To        {material.moment(coverage.end)}"
    yield f"Runtime   {short((coverage.end - coverage.begin) / TICKS_PER_SECOND)}"
    yield f"Observed  {short(material.observed)}"
    yield f"Unit      1 character = {short(material.unit / TICKS_PER_SECOND)}"
    legend = "  ".join(f"{UNICODE.marks[mark]} {meaning}" for mark, meaning in LEGEND)
    yield f"Legend    {legend}  (blank) not observed"
    yield "Times     in steps of 0.1s; a connection that was seen counts for one at least"
    yield ""


def _timelines(material: Material) -> Iterator[str]:
    first, last = _bounds(material)
    begin = first * material.unit - (material.history.origin or 0)
    width = max((len(str(track.peer)) for track in material.tracks), default=0)
    yield "Timelines"
    yield _RULE
    for track in material.tracks:
        marks = track.timeline.marks(begin, material.unit, last - first)
        material.history.coverage.mask(marks, begin, material.unit)
        yield f"{track.peer!s:<{width}}  {UNICODE.draw(marks)}".rstrip()
    if not material.tracks:
        yield "(no connections)"
    yield ""


def _details(material: Material) -> Iterator[str]:
    yield "Addresses"
    yield _RULE
    for track in material.tracks:
        label = material.label(track)
        yield str(track.peer) + (f"  {label.name}" if label.name else "")
        yield from (f"    {name:<12} {value}" for name, value in _facts(material, track) if value)
    yield ""


def _facts(material: Material, track: Track) -> Iterator[tuple[str, str]]:
    label = material.label(track)
    yield "first seen", material.moment(track.timeline.first_tick)
    yield "last change", material.moment(track.timeline.last_tick)
    yield "state", label.state
    if not track.peer.listening:
        active, share = short(material.active(track)), material.share(track)
        yield "active", f"{active} ({share:.1f} % of the observed time)"
        yield "opened", f"{track.opened} connections while observed"
    yield "port" if len(track.ports) == 1 else "ports", ", ".join(map(str, sorted(track.ports)))
    yield "process", _process(label)
    yield "where", label.where
    yield "country", label.country if "country" in material.features else ""
    yield "network", label.organisation if "asn" in material.features else ""


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
    yield f"Listening sockets      {len(material.tracks) - len(remotes)}"
    yield f"Active at the end      {sum(1 for track in remotes if track.open)}"
    yield f"Connections opened     {sum(track.opened for track in remotes)}"
    yield ""
    yield f"Top {_TOP} most active"
    yield _RULE
    ranked = sorted(remotes, key=lambda track: (-material.active(track), -track.opened))
    for place, track in enumerate(ranked[:_TOP], start=1):
        times = f"{short(material.active(track)):>8}  {material.share(track):5.1f} %"
        yield f"{place:>2}  {times}  {track.opened:>6}×  {track.peer}"
