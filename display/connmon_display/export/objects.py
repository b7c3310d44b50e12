"""All that was seen as JSON: an object a line, its fields as in docs/export.md."""

import json
from collections.abc import Iterator
from typing import Any

from connmon_display.export.facts import facts_of, iso
from connmon_display.export.material import Line, Material, Watched
from connmon_shared import ATTRIBUTION, __version__
from connmon_shared.text import clean
from connmon_shared.timelines.timeline import OPENED, STATE, TICK_SHIFT, Run

SCHEMA = 1
_ROW_BYTES, _CHANGE_BYTES = 600, 31  # of a row, and of each change of its state, about


def lines(material: Material) -> Iterator[str]:
    """Yield an object for the session, one for each host, and one for each row."""
    yield _object("session", _session(material))
    for watched in material.hosts:
        yield _object("host", _host(watched))
    for line in material.lines:
        changes = {"timeline": [*_changes(line)]}
        yield _object("row", facts_of(material, line)._asdict() | changes)


def size(material: Material) -> int:
    """Return about how many bytes they will be."""
    changes = sum(len(line.track.timeline) for line in material.lines)
    return _ROW_BYTES * len(material.lines) + _CHANGE_BYTES * changes


def _object(what: str, fields: dict[str, Any]) -> str:
    head = {"what": what, "schema": SCHEMA}
    return json.dumps(head | fields, ensure_ascii=False, separators=(",", ":"))


def _session(material: Material) -> dict[str, Any]:
    return {
        "program": f"connmon {__version__}",
        "begin": iso(material.begin),
        "end": iso(material.end),
        "hosts": len(material.hosts),
        "rows": len(material.lines),
        "look_ups": sorted(material.features),
        "attribution": ATTRIBUTION if material.places else None,
    }


def _host(watched: Watched) -> dict[str, Any]:
    history = watched.history
    thinned = watched.base + history.thinned
    return {
        "host": clean(watched.host),
        "begin": iso(watched.begin),
        "end": iso(watched.end),
        "observed_seconds": round(watched.observed, 1),
        "gaps": [[*map(watched.epoch, gap)] for gap in history.coverage.gaps],
        "coarse_before": iso(thinned) if history.thinned else None,
        "forgotten": history.dropped,
    }


def _changes(line: Line) -> Iterator[tuple[float, str, bool]]:
    """Yield when the state of a row changed, to which one, and whether a connection was opened."""
    for entry in line.track.timeline.entries:
        moment = line.watched.epoch(entry >> TICK_SHIFT)
        yield moment, Run(entry & STATE).name.lower(), bool(entry & OPENED)
