"""When the rows are put in order anew: at once where somebody asks, else seldom. Pure."""

from math import inf

from connmon_display.refresh.input.controls import Controls
from connmon_display.refresh.table.intake import Intake
from connmon_display.rows.arrangement import BY_ADDRESS, FIRST_SEEN
from connmon_display.rows.row import Key

RESORT_SECONDS = 2.0  # rows that jump about more often than that cannot be read
STILL_SECONDS = 3.0  # nor may they while somebody goes through them
REGROUP_SECONDS = 1.0  # what happened may have changed which rows are in a group
REGROUP_SHARE = 0.03  # of a processor's time that this may take, however many rows there are


class Ordering:
    """Remembers for what, of what and when the rows were put in order last."""

    def __init__(self) -> None:
        self._for: object = None
        self._of: object = None
        self._at = self._since = 0.0
        self._groups_for: object = None  # of what the groups were made last
        self._grouped_at = -inf
        self._took = 0.0  # seconds of processor time
        self._selected: Key | None = None
        self._moved_at = 0.0  # when another row was selected

    def still(self, since: float) -> "Ordering":
        """Return one for the rows as they are, of which what was from `since` on is seen."""
        still = Ordering()
        still._for, still._since = self._for, since
        return still

    def is_due(self, now: float, controls: Controls, rows: Intake, since: float) -> bool:
        """Return whether the rows are to be put in order.

        Args:
            now: the time of a clock, in seconds.
            controls: the user's settings.
            rows: those that there are.
            since: the moment at the left edge of the screen, seconds since 1970.
        """
        if controls.selected != self._selected:
            self._selected, self._moved_at = controls.selected, now
        order = controls.sorted_by, controls.reverse, controls.held
        asked = (*order, *_chosen(controls, rows))
        if asked != self._for:
            self._for, self._of = asked, rows.many
            return True
        if controls.frozen_at is not None:
            return since != self._since
        moves = controls.sorted_by != FIRST_SEEN or bool(controls.typed)
        if moves and now - self._moved_at < STILL_SECONDS:
            return False
        if controls.by != BY_ADDRESS:
            return self._may_have_changed(now)
        if rows.many != self._of:
            self._of = rows.many
            return True
        return now - self._at > RESORT_SECONDS

    def begin(self, now: float, since: float) -> None:
        """Note that the rows are put in order now, of what is seen from `since` on."""
        self._at, self._since = now, since

    def regroups(self, now: float, controls: Controls, rows: Intake) -> bool:
        """Return whether the rows are to be put in groups; else they still are, in any order."""
        begins = self._since if controls.frozen_at is not None else None  # which servers are left
        chosen = (*_chosen(controls, rows), begins)
        if chosen == self._groups_for and not self._may_have_changed(now):
            return False
        self._groups_for, self._grouped_at = chosen, now
        return True

    def grouped(self, seconds: float) -> None:
        """Note how much of a processor's time it took to group them."""
        self._took = seconds

    def _may_have_changed(self, now: float) -> bool:
        """Return whether other rows may be in a group by now."""
        return now - self._grouped_at > max(REGROUP_SECONDS, self._took / REGROUP_SHARE)


def _chosen(controls: Controls, rows: Intake) -> tuple[object, ...]:
    """Return what it depends on which rows there are, and in which groups."""
    words = controls.typed, controls.typed and controls.unit
    return controls.by, *words, controls.listeners, rows.renewals
