"""States of a connection that should not last, and since when it is in one. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from connmon_display.words.duration import short
from connmon_shared.messages import Connection
from connmon_shared.timelines.history import Event, What
from connmon_shared.timelines.rows import Track
from connmon_shared.timelines.states import State

_MINUTE = 60  # seconds
#: The most telling first. CLOSE_WAIT: the peer has closed and our side has not, a leak when it
#: stays. SYN_SENT and SYN_RECV: half-open, nobody has answered yet.
UNUSUAL = (State.CLOSE_WAIT, State.SYN_SENT, State.SYN_RECV)


class Unusual(NamedTuple):
    """What is unusual about the connections of a row."""

    state: State
    many: int  # connections in that state
    seconds: float  # for how long the first of them has been, as far as was seen
    connection: Connection | None = None  # that first one

    @property
    def wordings(self) -> tuple[str, ...]:
        """The words for it, the longest first."""
        word = self.state.name
        counted = f"{word}×{self.many}" if self.many > 1 else word
        whole = int(self.seconds)
        if whole > _MINUTE:  # seconds would only fill the line
            whole -= whole % _MINUTE
        return f"{counted} {short(whole)}", counted, word


class Lasting:
    """Since when connections are in an unusual state; kept only while they are."""

    def __init__(self) -> None:
        self._since: dict[object, tuple[int, float]] = {}

    def note(self, rows: Iterable[Connection], time: float) -> None:
        """Note the states that `rows` have at `time`, as far as they are news."""
        for row in rows:
            ends = _ends(row)
            if row.state not in UNUSUAL:
                self._since.pop(ends, None)
            elif self._since.get(ends, (0, 0.0))[0] != row.state:
                self._since[ends] = row.state, time

    def forget(self, events: Iterable[Event]) -> None:
        """Drop the connections that ended in `events`."""
        for event in events:
            if event.what in {What.CLOSED, What.FAILED}:
                self._since.pop(_ends(event.connection), None)

    def renew(self, rows: Iterable[Connection], time: float) -> None:
        """Keep of what was noted only what is of `rows`, which are all that there are."""
        known, self._since = self._since, {}
        self.note(rows, time)
        for ends, (state, _) in self._since.items():
            if known.get(ends, (0, 0.0))[0] == state:
                self._since[ends] = known[ends]

    def unusual(self, track: Track, now: float) -> Unusual | None:
        """Return what is unusual about `track` at `now`, if anything."""
        for state in UNUSUAL:
            found = [row for row in track.open.values() if row.state == state]
            if found:
                times = [self._since.get(_ends(row), (state, now))[1] for row in found]
                since = min(times)
                first = found[times.index(since)]
                return Unusual(state, len(found), max(0.0, now - since), first)
        return None


def _ends(row: Connection) -> object:
    """Return what stays the same of a connection even when it is numbered anew."""
    return row.protocol, row.local, row.local_port, row.remote, row.remote_port, row.namespace
