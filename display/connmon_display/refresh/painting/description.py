"""What is told of a row or a group, in words."""

import time
from collections.abc import Iterable, Iterator

from connmon_display.following.hosts import Standing, standing_of, standing_words
from connmon_display.following.known import Known
from connmon_display.refresh.table.table import Table
from connmon_display.rows.arrangement import GROUPINGS
from connmon_display.rows.groups import known_from
from connmon_display.rows.row import Group, Row, Shown
from connmon_display.words.about import (
    about,
    about_several,
    amount,
    carried,
    contact,
    lasting,
    named,
    uncounted,
    where,
)
from connmon_display.words.connections import MAX_COMMAND
from connmon_display.words.labels import ALERT
from connmon_display.words.names import sourced
from connmon_display.words.owners import process_of, user_of
from connmon_display.words.traits import UNKNOWN, country_of, organisation_of, speaker_of
from connmon_display.words.units import round_trip
from connmon_shared.messages import Fact
from connmon_shared.text import clean
from connmon_shared.timelines.timeline import TICKS_PER_SECOND

Pairs = tuple[tuple[str, str], ...]


class Description:
    """Describes the rows of a table.

    Args:
        source: what is known of their hosts.
        table: tells why rows deserve attention.
    """

    def __init__(self, source: Known, table: Table) -> None:
        self._source = source
        self._table = table

    def title(self, row: Shown) -> str:
        """Return what it is called, whole."""
        if isinstance(row, Group):
            return str(row.key)
        host = clean(row.follower.host)
        several = self._source.pipeline.several
        return f"{row.track.peer}, {host}{_standing(row)}" if several else str(row.track.peer)

    def brief(self, row: Shown) -> str:
        """Return all of it in one line."""
        if isinstance(row, Group):
            return f"{row.key}: {'  '.join(_about(row))}"
        fact = self._source.facts.get(row.track.peer.address)
        details, unusual = row.follower.details, row.unusual
        known = about(row.track, details, unusual, fact) or "its process is not known"
        if match := self._table.alerts.get(row.key):
            known = f"{ALERT}: {match.brief}  {known}"
        if not self._source.pipeline.several:
            return known
        return f"{clean(row.follower.host)}{_standing(row)}: {known}"

    def facts(self, row: Shown) -> Iterator[Pairs]:
        """Yield groups of what is known, what matters most first."""
        if isinstance(row, Group):
            yield tuple(("", words) for words in _about(row))
            yield self._history(row)
            return
        track, details = row.track, row.follower.details
        fact = self._source.facts.get(track.peer.address)
        match, unusual = self._table.alerts.get(row.key), row.unusual
        shown = speaker_of(track, unusual)
        yield _known(
            (f"{ALERT}:", match.brief if match else ""),
            ("", lasting(track, unusual)),
            ("host", "" if track.peer.listening else sourced(fact)),
            ("process", " ".join(named(track, shown, details))),
            ("", contact(track, shown)),
        )
        yield self._history(row)
        process = process_of(shown, details)
        yield _known(
            ("network", _network(row, fact)),
            ("user", user_of(shown, process)),
            ("", where(shown)),
            ("", clean(process.executable) if process is not None else ""),
            ("", clean(process.command, MAX_COMMAND) if process is not None else ""),
        )

    def _history(self, shown: Shown) -> Pairs:
        """Return when something happened, and what was measured.

        How much a group has carried is told with its addresses.
        """
        rows = shown.rows
        found = [counters for row in rows for counters in row.counters]
        since = _told_from(shown) if isinstance(shown, Group) else None
        opened = sum(_opened(row, known=since is None) for row in rows)
        first = min(self._tick(row, row.track.timeline.first_tick) for row in rows)
        last = max(self._tick(row, row.track.timeline.last_tick) for row in rows)
        return _known(
            ("first seen", "" if since else self._moment(first)),
            ("opened", f"{'≥' if since else ''}{opened:,}×" if opened else ""),
            ("whose is known since", self._moment(self._tick(*since)) if since else ""),
            ("in all", "" if isinstance(shown, Group) else _carried(shown)),
            ("rtt", _from_to(counters.rtt for counters in found if counters.rtt)),
            ("last change", self._moment(last)),  # the timeline shows it, too
        )

    def _tick(self, row: Row, tick: int) -> int:
        """Return a tick of the row's history as one since 1970, on the axis."""
        return tick + self._source.axis.base(row.follower)

    def _moment(self, tick: int) -> str:
        """Return when a tick since 1970 was, with its day if not today."""
        moment = time.localtime(tick / TICKS_PER_SECOND)
        today = time.localtime(self._source.axis.now())[:3] == moment[:3]
        return time.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M:%S", moment)


def _about(group: Group) -> Iterator[str]:
    tracks = ((row.track, row.follower.details) for row in group.rows)
    return about_several(tracks, whole=not GROUPINGS[group.key.by].of_sockets)


def _told_from(group: Group) -> tuple[Row, int] | None:
    """Return a row of the host of which it is known latest what is in `group`, and since when."""
    found = [(row, known_from(group, row.follower)) for row in _one_each(group)]
    return max((pair for pair in found if pair[1]), key=lambda pair: pair[1], default=None)


def _opened(row: Row, *, known: bool) -> int:
    """Return how many of the connections of `row` were opened, at least.

    Args:
        row: in a group, perhaps.
        known: whether all are of that group. Else it is known of those since the viewer joined.
    """
    track = row.track
    return track.opened if known else track.timeline.openings(row.follower.joined + 1)


def _one_each(group: Group) -> Iterable[Row]:
    """Return a row of each host."""
    return {row.key.host: row for row in group.rows}.values()


def _known(*facts: tuple[str, str]) -> Pairs:
    return tuple((name, value) for name, value in facts if value)


def _carried(row: Row) -> str:
    """Return how many bytes went out and came in; empty where nothing is counted."""
    rows = [(row.track, row.follower.details)]
    found, lacking = carried(rows), uncounted(rows)
    if found is None:
        return ""
    return f"↑ {amount(found.sent, lacking)}  ↓ {amount(found.received, lacking)}"


def _from_to(trips: Iterable[int]) -> str:
    """Return the shortest and the longest of round trips, once if they look the same."""
    ordered = sorted(trips)
    return " to ".join(dict.fromkeys(map(round_trip, (*ordered[:1], *ordered[-1:]))))


def _standing(row: Row) -> str:
    live = standing_of(row.follower) is Standing.LIVE
    return "" if live else f" ({standing_words(row.follower)})"


def _network(row: Row, fact: Fact | None) -> str:
    if row.track.peer.listening:
        return ""
    country = country_of(row.track.peer, fact)
    network = organisation_of(row.track.peer.address, fact)
    return " ".join(filter(None, ("" if country == UNKNOWN else country, network)))
