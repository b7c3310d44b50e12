"""Which rows the typed words let through."""

from collections.abc import Iterable

from connmon_display.filters.words import filter_of, narrows
from connmon_display.following.known import Known
from connmon_display.refresh.controls import Controls
from connmon_display.rows.arrangement import View
from connmon_display.rows.row import Row
from connmon_display.words.labels import Subject
from connmon_shared.timelines.timeline import tick_of


class Search:
    """Looks through rows, and only through those found last while a word is typed on.

    Args:
        source: what is known of their hosts.
    """

    def __init__(self, source: Known) -> None:
        self._source = source
        self._found: list[Row] = []
        self._typed = ""  # what found them
        self._among: list[Row] | None = None
        self._as_of: object = None

    def narrowed(self, rows: list[Row], controls: Controls, view: View) -> list[Row]:
        """Return what `matching` does.

        Args:
            rows: another list, unless there are only more of them since the last call.
            controls: the user's settings.
            view: what is known beside the rows.
        """
        if not controls.typed:
            self._found, self._typed, self._among = [], "", None
            return self.matching(rows, controls, view)
        places, unit = self._source.pipeline.places(), self._unit_began(controls)
        as_of = (places, unit)  # nothing was told since, and none became older
        same = rows is self._among and as_of == self._as_of and narrows(self._typed, controls.typed)
        self._found = self.matching(self._found if same else rows, controls, view)
        self._typed, self._among, self._as_of = controls.typed, rows, as_of
        return self._found

    def matching(self, rows: Iterable[Row], controls: Controls, view: View) -> list[Row]:
        """Return those of `rows` that the typed words let through."""
        if not controls.typed:
            return [*rows]
        unit = self._unit_began(controls)
        begin = {host: unit - base for host, base in view.bases.items()}
        hosts = tuple(host.lower() for host in begin) if len(begin) > 1 else ()
        fits = filter_of(controls.typed, hosts)
        return [
            row
            for row in rows
            if fits(
                Subject(
                    row.track,
                    view.facts.get(row.track.peer.address),
                    row.follower.host,
                    alert=row.key in view.alerts,
                    unit=begin[row.key.host],
                )
            )
        ]

    def _unit_began(self, controls: Controls) -> int:
        """Return the tick since 1970 at which the unit began in which we are."""
        now = tick_of(self._source.axis.now())
        return now - now % controls.unit
