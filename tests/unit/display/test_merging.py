"""The marks of several timelines together are those of one timeline of all."""

from helpers import connection, listener
from helpers_timeline import HORIZON, Change, Dense, counts, starts, timeline_of, units
from hypothesis import given
from hypothesis import strategies as st

from connmon_display.refresh.grouping.merging import marks_of, merged
from connmon_shared.endpoints import Peer
from connmon_shared.timelines.coverage import Coverage
from connmon_shared.timelines.rows import Track
from connmon_shared.timelines.timeline import Mark, Run


@st.composite
def histories(draw: st.DrawFn) -> list[Change]:
    """Draw what can happen to a row: whatever becomes active later than at first, is opened."""
    ticks = sorted(draw(st.lists(st.integers(0, HORIZON), max_size=12)))
    found: list[Change] = []
    before = Run.EMPTY
    for at, tick in enumerate(ticks):
        state = draw(st.sampled_from(Run))
        opened = state is Run.ACTIVE and (draw(st.booleans()) or before is not Run.ACTIVE)
        found.append((tick, state, opened and (at > 0 or draw(st.booleans()))))
        before = state
    return found


class All(Dense):
    """The second implementation of several timelines together."""

    def __init__(self, parts: list[list[Change]]) -> None:
        super().__init__([])
        for part in map(Dense, parts):
            self.opened |= part.opened
            self.end = {tick: max(self.end[tick], part.end[tick]) for tick in self.end}


def track(found: list[Change]) -> Track:
    state = found[-1][1] if found else Run.EMPTY
    row = listener(1) if state is Run.LISTEN else connection(1, "192.0.2.1")
    listening = Peer(b"", 22) if state is Run.LISTEN else Peer(row.remote)
    made = Track(listening, row, timeline_of(found))
    if state is not Run.EMPTY:
        made.open[1] = row
    return made


@given(st.lists(histories(), min_size=1, max_size=4), starts, units, counts)
def test_marks_are_those_of_one_timeline(
    parts: list[list[Change]], start: int, unit: int, count: int
) -> None:
    expected = All(parts)
    tracks = [track(part) for part in parts]
    drawn = marks_of(tracks, Coverage(-1_000, 10_000), start, unit, count)
    wanted = [expected.mark(start + at * unit, unit) for at in range(count)]
    assert [Mark(mark) for mark in drawn] == wanted


def test_what_nobody_observed_is_blank_and_what_one_host_saw_is_not() -> None:
    blank, empty = bytes((Mark.BLANK,)), bytes((Mark.EMPTY,))
    assert merged([blank + blank, blank + empty], 2) == blank + empty


def test_one_of_two_that_closes_closes_nothing() -> None:
    closed, active = bytes((Mark.ACTIVE, Mark.CLOSED)), bytes((Mark.ACTIVE, Mark.ACTIVE))
    assert merged([closed, active], 2) == active
    assert merged([closed, closed], 2) == closed
