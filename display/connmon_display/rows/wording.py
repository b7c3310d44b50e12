"""The words beside the timelines of the rows in sight."""

from collections.abc import Collection
from dataclasses import replace

from connmon_display.following.known import Known
from connmon_display.rows.labels import label_of_group
from connmon_display.rows.pace import pace_of
from connmon_display.rows.row import Group, Row, RowKey, Shown
from connmon_display.words.about import lacks_counters, speed
from connmon_display.words.labels import Label, label_of
from connmon_display.words.lasting import Unusual
from connmon_shared.timelines.rows import Track

MAX_LABELS = 256  # that are kept: those of a few screens


class Wording:
    """Finds the words, which are the same object as long as nothing of a row changes.

    Args:
        source: what is known of the hosts.
    """

    def __init__(self, source: Known) -> None:
        self._source = source
        #: Of a row: what of, and what they look at; then the words.
        self._labels: dict[RowKey, tuple[Track, tuple[object, ...], Label]] = {}

    def forget(self) -> None:
        """Let go of all words, and so of the tracks that they are of."""
        self._labels.clear()

    def of(self, shown: Shown, alerts: Collection[RowKey], *, new: bool) -> Label:
        """Return the words for a row.

        Args:
            shown: the row.
            alerts: the rows that deserve attention.
            new: whether a connection was opened in the unit that is drawn last.
        """
        if isinstance(shown, Group):
            known = shown.label or label_of_group(shown, self._source.facts, alerts)
            shown.label = known
            if known.speed and all(host.stale for host, _ in shown.hosts.values()):
                known = replace(known, speed="")  # without news they are not grouped anew
            return replace(known, state="NEW") if new and known.state == "ACTIVE" else known
        follower = shown.follower
        unusual = follower.unusual(shown.track)
        label = self._known(shown, unusual, alert=shown.key in alerts, new=new)
        lacking = lacks_counters(shown.track, follower.details)
        rates = "" if lacking else speed(follower.speed_of(shown.track))
        pace = pace_of(shown.rows)
        if unusual is None and not rates and not pace:
            return label
        return replace(label, unusual=unusual, speed=rates, pace=pace)

    def _known(self, row: Row, unusual: Unusual | None, *, alert: bool, new: bool) -> Label:
        """Return the words of which `unusual` tells what is to be seen instead of the state."""
        track = row.track
        fact = self._source.facts.get(track.peer.address)
        first = unusual.connection if unusual is not None else None
        # A listening socket is told with all who hold it; of connections there may be thousands.
        open_ones = (*track.connections,) if track.peer.listening else frozenset(track.kinds)
        of = (open_ones, track.current, first, track.failed, fact, new, alert)
        known = self._labels.get(row.key)
        if known is None or known[0] is not track or known[1] != of:
            if len(self._labels) >= MAX_LABELS:
                self._labels.clear()
            label = label_of(track, fact, new=new, alert=alert, unusual=unusual)
            known = self._labels[row.key] = track, of, label
        return known[2]
