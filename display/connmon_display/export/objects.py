"""All that was seen as JSON: an object a line, its fields as in docs/export.md."""

import json
from collections.abc import Generator, Iterable, Iterator
from typing import Any

from connmon_display.export.entry import entry_of
from connmon_display.export.estimate import rows_size
from connmon_display.export.facts import facts_of, iso
from connmon_display.export.material import Material
from connmon_display.export.row import Row, Watched
from connmon_shared import ATTRIBUTION, __version__
from connmon_shared.text import clean
from connmon_shared.timelines.timeline import OPENED, STATE, TICK_SHIFT, Run

SCHEMA = 1
_CHANGE_BYTES = 29  # of each change of the state of a row, about

Change = tuple[float, str, bool]


def lines(material: Material) -> Iterator[str]:
    """Yield an object for the session, one for each host, and one for each row."""
    yield _object("session", _session(material))
    for watched in material.hosts:
        yield _object("host", _host(watched))
    for row in material.rows:
        yield _row(material, row, _changes(row))


def sizing(material: Material) -> Generator[None, None, int]:
    """Find out in steps about how many bytes they will be."""
    changes = sum(len(row.track.timeline) for row in material.rows)
    rows = yield from rows_size(material, lambda row: _row(material, row))
    return rows + _CHANGE_BYTES * changes


def _row(material: Material, row: Row, changes: Iterable[Change] = ()) -> str:
    return _object("row", facts_of(entry_of(material, row))._asdict() | {"timeline": [*changes]})


def _object(what: str, fields: dict[str, Any]) -> str:
    head = {"what": what, "schema": SCHEMA}
    return json.dumps(head | fields, ensure_ascii=False, separators=(",", ":"))


def _session(material: Material) -> dict[str, Any]:
    return {
        "program": f"connmon {__version__}",
        "begin": iso(material.begin),
        "end": iso(material.end),
        "hosts": len(material.hosts),
        "rows": len(material.rows),
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


def _changes(row: Row) -> Iterator[Change]:
    """Yield when the state of a row changed, to which one, and whether a connection was opened."""
    for entry in row.track.timeline.entries:
        moment = row.watched.epoch(entry >> TICK_SHIFT)
        yield moment, Run(entry & STATE).name.lower(), bool(entry & OPENED)
