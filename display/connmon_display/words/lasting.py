"""What is unusual about the connections of a row, in words. Pure."""

from typing import NamedTuple

from connmon_display.words.duration import short
from connmon_shared.messages import Connection
from connmon_shared.timelines.ages import Ages
from connmon_shared.timelines.history import History
from connmon_shared.timelines.rows import Track
from connmon_shared.timelines.states import UNUSUAL, State

_MINUTE = 60  # seconds


class Unusual(NamedTuple):
    """What is unusual about the connections of a row."""

    state: State
    many: int  # connections in that state
    seconds: float  # for how long the first of them has been
    connection: Connection | None = None  # that first one
    exact: bool = True  # else for longer, perhaps
    others: int = 0  # open connections that are in no such state

    @property
    def wordings(self) -> tuple[str, ...]:
        """The words for it, the longest first; none reads as if it were true of others, too."""
        word = self.state.name
        counted = f"{word}×{self.many}" if self.many > 1 or self.others else word
        whole = int(self.seconds)
        if whole > _MINUTE:  # seconds would only fill the line
            whole -= whole % _MINUTE
        lasting = f"{'' if self.exact else '≥'}{short(whole)}"
        return f"{counted} {lasting}", counted, counted if self.others else word


def unusual(track: Track, ages: Ages, history: History, now: float) -> Unusual | None:
    """Return what is unusual about a row of `history` at `now`, if anything."""
    every = track.unusual
    if not every:
        return None
    state = next(state for state in UNUSUAL if any(row.state == state for row in every))
    found = [row for row in every if row.state == state]
    since, _, first = min((ages.in_state(row, history), row.id, row) for row in found)
    seconds, others = max(0.0, now - since.time), len(track.connections) - len(found)
    return Unusual(state, len(found), seconds, first, since.exact, others)
