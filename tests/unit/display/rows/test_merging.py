"""The marks of several timelines together are those of one timeline of all."""

import pytest
from helpers import connection, listener
from helpers_timeline import HORIZON, Change, Dense, counts, starts, timeline_of, units
from hypothesis import example, given
from hypothesis import strategies as st

from connmon_display.rows.merging import merged, merged_marks
from connmon_display.rows.past import Past
from connmon_shared.endpoints import Peer
from connmon_shared.timelines.coverage import Coverage
from connmon_shared.timelines.history import History
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

    def mark(self, start: int, unit: int) -> Mark:
        """Return what one timeline says, but what is open hides that all else had closed before."""
        mark = super().mark(start, unit)
        open_at_end = self.end[start + unit - 1] is Run.ACTIVE
        return Mark.ACTIVE if mark is Mark.CLOSED and open_at_end else mark


def track(found: list[Change]) -> Track:
    state = found[-1][1] if found else Run.EMPTY
    row = listener(1) if state is Run.LISTEN else connection(1, "192.0.2.1")
    listening = Peer(b"", 22) if state is Run.LISTEN else Peer(row.remote)
    made = Track(listening, row, timeline_of(found))
    if state is not Run.EMPTY:
        made.hold(row)
    return made


@given(st.lists(histories(), min_size=1, max_size=4), starts, units, counts)
@example([[(12, Run.ACTIVE, True), (12, Run.EMPTY, False)], [(15, Run.ACTIVE, False)]], 0, 3, 6)
def test_marks_are_those_of_one_timeline(
    parts: list[list[Change]], start: int, unit: int, count: int
) -> None:
    expected = All(parts)
    tracks = [track(part) for part in parts]
    drawn = merged_marks(tracks, start, unit, count)
    wanted = [expected.mark(start + at * unit, unit) for at in range(count)]
    assert [Mark(mark) for mark in drawn] == wanted


@given(
    st.lists(histories(), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 9), starts, st.sampled_from([1, 5, 10]), counts)),
)
def test_what_is_remembered_of_the_past_is_what_would_be_drawn(
    parts: list[list[Change]], looks: list[tuple[int, int, int, int]]
) -> None:
    history, past = History(), Past()
    tracks, now = [track([]) for _ in parts], 0
    for seconds, start, unit, count in looks:
        before, now = now, now + seconds * 10
        for made, found in zip(tracks, parts, strict=True):
            for tick, state, opened in found:
                if before <= tick < now and state is not Run.LISTEN:  # these are addresses
                    made.timeline.record(tick, state, opened=opened)
                    made.renew((made.current,) if state is not Run.EMPTY else ())
        history.coverage = Coverage(0, now)
        window = (start // unit * unit, unit, count)
        begun = [made for made in tracks if len(made.timeline)]  # nobody knew of the others
        expected = merged_marks(begun, *window)
        history.coverage.mask(expected, *window[:2])
        assert past.marks("US", begun, history, window) == expected


@pytest.mark.parametrize(
    ("parts", "letters"),
    [
        ([[(5, Run.ACTIVE, True), (7, Run.EMPTY, False)], []], "^x.."),  # CLOSED is owed
        ([[(5, Run.ACTIVE, True), (12, Run.EMPTY, False)], []], "^x.."),
        ([[(5, Run.ACTIVE, True), (7, Run.EMPTY, False)], [(0, Run.ACTIVE, False)]], "^###"),
        ([[(5, Run.ACTIVE, True), (7, Run.EMPTY, False)], [(15, Run.ACTIVE, True)]], "^^##"),
        ([[(0, Run.ACTIVE, False), (25, Run.EMPTY, False)], [(0, Run.LISTEN, False)]], "##xo"),
        ([[(0, Run.LISTEN, False), (15, Run.EMPTY, False)], []], "oo.."),
        ([[(0, Run.LISTEN, False), (20, Run.EMPTY, False)], []], "oo.."),
        ([[(12, Run.LISTEN, False), (17, Run.EMPTY, False)], []], ".o.."),
    ],
)
def test_each_mark_of_two_is_as_loud_as_in_one(parts: list[list[Change]], letters: str) -> None:
    marks = merged_marks([track(part) for part in parts], 0, 10, 4)
    assert "".join(" .o#x^"[mark] for mark in marks) == letters


def test_what_may_still_be_told_of_the_last_seconds_is_drawn() -> None:
    history, past = History(), Past()
    made, window = track([(0, Run.ACTIVE, True)]), (0, 10, 6)
    tracks = [made]
    for now, tick, state in ((20, 35, Run.EMPTY), (50, 42, Run.ACTIVE), (60, 45, Run.EMPTY)):
        history.coverage = Coverage(0, now)
        past.marks("US", tracks, history, window)
        made.timeline.record(tick, state, opened=state is Run.ACTIVE)  # a little late
    history.coverage = Coverage(0, 60)
    letters = "".join(" .o#x^"[mark] for mark in past.marks("US", tracks, history, window))
    assert letters == "^##x^x"


def test_a_row_that_joins_a_group_late_brings_its_past() -> None:
    history, past = History(), Past()
    history.coverage = Coverage(0, 1_000)
    old, late = track([(100, Run.ACTIVE, True)]), track([(50, Run.ACTIVE, True)])
    window = (0, 100, 10)
    assert past.marks("US", [old], history, window) == merged_marks([old], *window)
    assert past.marks("US", [old, late], history, window) == merged_marks([old, late], *window)


def test_what_nobody_observed_is_blank_and_what_one_host_saw_is_not() -> None:
    blank, empty = bytes((Mark.BLANK,)), bytes((Mark.EMPTY,))
    assert merged([blank + blank, blank + empty], 2) == blank + empty


def test_one_of_two_that_closes_closes_nothing() -> None:
    closed, active = bytes((Mark.ACTIVE, Mark.CLOSED)), bytes((Mark.ACTIVE, Mark.ACTIVE))
    assert merged([closed, active], 2) == active
    assert merged([closed, closed], 2) == closed
