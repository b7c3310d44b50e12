import struct
from array import array
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connmon_shared.timeline import (
    MAX_TICK,
    TICKS_PER_SECOND,
    Coverage,
    Mark,
    Run,
    Timeline,
    tick_of,
)

HORIZON = 60  # ticks: small, so that transitions, units and gaps meet often

# A change is (tick, state, opened): what Timeline.record takes.
Change = tuple[int, Run, bool]
changes = st.lists(
    st.tuples(st.integers(0, HORIZON), st.sampled_from(Run), st.booleans()).map(
        lambda change: (change[0], change[1], change[2] and change[1] is not Run.LISTEN)
    ),
    max_size=25,
).map(lambda found: sorted(found, key=lambda change: change[0]))
units = st.integers(1, 13)
starts = st.integers(-40, HORIZON + 20)
counts = st.integers(0, 40)


def timeline_of(found: list[Change]) -> Timeline:
    timeline = Timeline()
    for tick, state, opened in found:
        timeline.record(tick, state, opened=opened)
    return timeline


class Dense:
    """The second implementation: one cell for each tick, from the words of the design page."""

    def __init__(self, found: list[Change]) -> None:
        before = Run.EMPTY
        self.end: dict[int, Run] = {}  # the state at the end of a tick
        self.opened: set[int] = set()  # ticks in which a connection was opened
        for tick in range(-100, HORIZON + 700):
            mine = [change for change in found if change[0] == tick]
            if mine:
                before = mine[-1][1]
            if any(opened for _, _, opened in mine):
                self.opened.add(tick)
            self.end[tick] = before

    def opens(self, start: int, unit: int) -> bool:
        return any(tick in self.opened for tick in range(start, start + unit))

    def closes(self, start: int, unit: int) -> bool:
        """Whether the last open connection closed within the unit and none is open at its end."""
        was_open = self.end[start - 1] is Run.ACTIVE or any(
            self.end[tick] is Run.ACTIVE or tick in self.opened
            for tick in range(start, start + unit)
        )
        return was_open and self.end[start + unit - 1] is not Run.ACTIVE

    def mark(self, start: int, unit: int) -> Mark:
        if self.opens(start, unit):
            return Mark.NEW
        owed = self.opens(start - unit, unit) and self.closes(start - unit, unit)
        if self.closes(start, unit) or owed:
            return Mark.CLOSED
        states = {Run.ACTIVE: Mark.ACTIVE, Run.LISTEN: Mark.LISTEN, Run.EMPTY: Mark.EMPTY}
        return states[self.end[start + unit - 1]]


def shown(found: list[Change], unit: int = 10, count: int = 6, start: int = 0) -> str:
    marks = timeline_of(found).marks(start, unit, count)
    return "".join(" ·○■×▲"[mark] for mark in marks)


@given(changes, starts, units, counts)
@example([(5, Run.ACTIVE, True), (5, Run.EMPTY, False)], 0, 10, 2)
@example([(0, Run.EMPTY, True), (10, Run.EMPTY, True)], 0, 10, 3)
def test_marks_equal_a_naive_second_implementation(
    found: list[Change], start: int, unit: int, count: int
) -> None:
    dense = Dense(found)
    expected = [dense.mark(start + i * unit, unit) for i in range(count)]
    assert list(timeline_of(found).marks(start, unit, count)) == expected


@given(changes, starts, units, counts, st.integers(0, 12))
def test_panning_never_changes_a_mark(
    found: list[Change], start: int, unit: int, count: int, columns: int
) -> None:
    timeline = timeline_of(found)
    wide = timeline.marks(start, unit, count + columns)
    assert timeline.marks(start + columns * unit, unit, count) == wide[columns:]


@given(changes, units)
def test_a_window_of_one_unit_shows_what_the_whole_run_shows(
    found: list[Change], unit: int
) -> None:
    timeline = timeline_of(found)
    whole = timeline.marks(0, unit, 20)
    assert bytes(timeline.marks(i * unit, unit, 1)[0] for i in range(20)) == whole


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param([], "······", id="nothing"),
        pytest.param([(0, Run.ACTIVE, False)], "■■■■■■", id="there from the beginning"),
        pytest.param([(25, Run.ACTIVE, True)], "··▲■■■", id="opened late: at its birth"),
        pytest.param(
            [(12, Run.ACTIVE, True), (35, Run.EMPTY, False)], "·▲■×··", id="opened and closed"
        ),
        pytest.param(
            [(12, Run.ACTIVE, True), (19, Run.EMPTY, False)], "·▲×···", id="shorter than a unit"
        ),
        pytest.param(
            [(12, Run.ACTIVE, True), (12, Run.EMPTY, False)], "·▲×···", id="shorter than a tick"
        ),
        pytest.param(
            [
                *[(12, Run.ACTIVE, True), (15, Run.EMPTY, False)],
                *[(22, Run.ACTIVE, True), (25, Run.EMPTY, False)],
            ],
            "·▲▲×··",
            id="a debt gives way to the next opening",
        ),
        pytest.param(
            [(12, Run.ACTIVE, True), (15, Run.EMPTY, False), (22, Run.ACTIVE, True)],
            "·▲▲■■■",
            id="an opening after a debt cancels it",
        ),
        pytest.param(
            [(0, Run.ACTIVE, False), (12, Run.ACTIVE, True)], "■▲■■■■", id="a second connection"
        ),
        pytest.param(
            [(0, Run.ACTIVE, False), (12, Run.EMPTY, False), (17, Run.ACTIVE, True)],
            "■▲■■■■",
            id="closed and opened again within a unit",
        ),
        pytest.param([(12, Run.LISTEN, False)], "·○○○○○", id="listening"),
        pytest.param([(0, Run.LISTEN, False), (35, Run.EMPTY, False)], "○○○···", id="no longer"),
        pytest.param([(10, Run.ACTIVE, True), (20, Run.EMPTY, False)], "·▲×···", id="on the edges"),
    ],
)
def test_marks_of(found: list[Change], expected: str) -> None:
    assert shown(found) == expected


def test_a_debt_is_paid_in_a_window_that_begins_right_after_it() -> None:
    assert shown([(12, Run.ACTIVE, True), (15, Run.EMPTY, False)], start=20) == "×·····"


# What was observed.

stretches = st.lists(
    st.tuples(st.integers(0, HORIZON), st.integers(0, 15)), min_size=1, max_size=8
).map(lambda found: sorted((begin, begin + length) for begin, length in found))


def coverage_of(found: list[tuple[int, int]]) -> Coverage:
    coverage = Coverage(*found[0])
    for begin, end in found[1:]:
        coverage.extend(begin, end)
    return coverage


def seen_ticks(found: list[tuple[int, int]]) -> set[int]:
    return {tick for begin, end in found for tick in range(begin, end)}


@given(changes, stretches, starts, units, counts)
def test_exactly_the_units_that_nobody_observed_are_blank(
    found: list[Change], observed: list[tuple[int, int]], start: int, unit: int, count: int
) -> None:
    if observed[0][0] == observed[0][1]:  # a history begins with a stretch that is none
        observed = [(observed[0][0], observed[0][0] + 1), *observed[1:]]
    dense, seen = Dense(found), seen_ticks(observed)
    marks = timeline_of(found).marks(start, unit, count)
    coverage_of(observed).mask(marks, start, unit)
    edges = [start + i * unit for i in range(count)]
    assert list(marks) == [
        dense.mark(edge, unit) if seen & set(range(edge, edge + unit)) else Mark.BLANK
        for edge in edges
    ]


@given(stretches, starts, st.integers(0, 80))
def test_observed_counts_the_ticks_somebody_saw(
    observed: list[tuple[int, int]], start: int, length: int
) -> None:
    expected = len(seen_ticks(observed) & set(range(start, start + length)))
    assert coverage_of(observed).observed(start, start + length) == expected


#: ("observed", ticks until it, ticks), or ("lost", tick, ticks).
Deed = tuple[str, int, int]
deeds = st.lists(
    st.tuples(st.just("observed"), st.integers(-3, 5), st.integers(-1, 15))
    | st.tuples(st.just("lost"), st.integers(-5, HORIZON), st.integers(-1, 12)),
    max_size=10,
)


@given(deeds)
@example([("observed", 0, 10), ("lost", 5, 30), ("observed", 5, 10), ("lost", 16, 1)])
def test_what_was_lost_is_taken_out_of_what_was_observed(found: list[Deed]) -> None:
    coverage, seen = Coverage(3, 10), set(range(3, 10))
    for what, at, length in found:
        if what == "observed":
            begin = coverage.end + at
            seen |= set(range(max(begin, coverage.end), begin + length))
            coverage.extend(begin, begin + length)
        else:
            seen -= set(range(at, at + length))
            coverage.lose(at, at + length)
    gaps = coverage.gaps
    assert seen == set(range(coverage.begin, coverage.end)) - seen_ticks(gaps)
    edges = [edge for gap in gaps for edge in gap]
    assert edges == sorted(set(edges)), "in order, and none touches another"
    assert not edges or coverage.begin <= edges[0] < edges[-1] <= coverage.end
    for tick in range(HORIZON):
        over = [gap for gap in gaps if gap[1] > tick and gap[1] < coverage.end]
        assert coverage.gaps_after(tick) == over


def test_a_unit_in_which_all_was_lost_shows_no_end() -> None:
    timeline = timeline_of([(5, Run.ACTIVE, True), (25, Run.EMPTY, False)])
    coverage = Coverage(0, 50)
    coverage.lose(20, 30)
    marks = coverage.mask(timeline.marks(0, 10, 5), 0, 10)
    assert list(marks) == [Mark.NEW, Mark.ACTIVE, Mark.BLANK, Mark.EMPTY, Mark.EMPTY]


def test_a_debt_is_not_carried_across_a_blank_unit() -> None:
    timeline = timeline_of([(5, Run.ACTIVE, True), (7, Run.EMPTY, False)])
    coverage = Coverage(0, 10, [(10, 20)])
    coverage.end = 40
    marks = coverage.mask(timeline.marks(0, 10, 4), 0, 10)
    assert list(marks) == [Mark.NEW, Mark.BLANK, Mark.EMPTY, Mark.EMPTY]


def test_a_unit_seen_in_part_is_not_blank() -> None:
    coverage = Coverage(3, 12, [(5, 9)])
    assert list(coverage.mask(bytearray([Mark.EMPTY] * 3), 0, 5)) == [Mark.EMPTY] * 3


# Recording.


@given(changes)
def test_transitions_survive_packing(found: list[Change]) -> None:
    timeline = timeline_of(found)
    again = Timeline(timeline.pack())
    assert again.pack() == timeline.pack()
    assert len(again) == len(timeline)
    assert again.marks(0, 1, HORIZON) == timeline.marks(0, 1, HORIZON)


def test_transitions_are_packed_as_little_endian_numbers_of_32_bits() -> None:
    timeline = timeline_of([(3, Run.ACTIVE, True), (9, Run.EMPTY, False)])
    assert timeline.pack() == (3 << 3 | 4 | 2).to_bytes(4, "little") + (9 << 3).to_bytes(
        4, "little"
    )


@given(changes, st.integers(0, HORIZON))
def test_packing_then_recording_goes_on_as_before(found: list[Change], tick: int) -> None:
    timeline = timeline_of(found)
    again = Timeline(timeline.pack())
    for each in (timeline, again):
        each.record(tick, Run.ACTIVE, opened=True)
    assert again.pack() == timeline.pack()


def test_recording_the_same_state_again_costs_nothing() -> None:
    timeline = timeline_of([(1, Run.ACTIVE, True)])
    for tick in range(2, 100):
        timeline.record(tick, Run.ACTIVE)
    assert len(timeline) == 1


def test_changes_within_one_tick_become_one_transition() -> None:
    opened_and_closed = [(4, Run.ACTIVE, True), (4, Run.EMPTY, False)]
    timeline = timeline_of([*opened_and_closed, *opened_and_closed])
    assert len(timeline) == 1
    assert (timeline.first_tick, timeline.last_tick) == (4, 4)


@given(st.lists(st.tuples(st.integers(0, 50), st.sampled_from(Run), st.booleans()), max_size=20))
def test_transitions_rise_and_end_in_the_last_state_even_when_time_goes_back(
    found: list[Change],
) -> None:
    timeline = timeline_of(found)
    ticks = [entry >> 3 for entry in array("I", timeline.pack())]
    assert ticks == sorted(set(ticks))
    latest = max((tick for tick, *_ in found), default=0)
    last = found[-1][1] if found else Run.EMPTY
    assert {run for *_, run in timeline.runs(latest + 100) if run} >= {last} - {Run.EMPTY}
    assert list(timeline.marks(latest + 50, 1, 1)) == [(Mark.EMPTY, Mark.LISTEN, Mark.ACTIVE)[last]]


def test_a_change_from_the_past_counts_as_the_last_moment() -> None:
    timeline = timeline_of([(10, Run.ACTIVE, True), (4, Run.EMPTY, False)])
    assert timeline.pack() == timeline_of([(10, Run.ACTIVE, True), (10, Run.EMPTY, False)]).pack()


def test_the_last_tick_can_be_recorded() -> None:
    timeline = timeline_of([(MAX_TICK, Run.ACTIVE, True)])
    assert timeline.last_tick == MAX_TICK
    assert list(timeline.marks(MAX_TICK, 1, 1)) == [Mark.NEW]


def test_an_empty_timeline_has_no_runs() -> None:
    timeline = Timeline()
    assert (timeline.first_tick, timeline.last_tick, list(timeline.runs(10))) == (0, 0, [])


@given(changes, st.integers(0, HORIZON + 5))
def test_runs_cover_the_ticks_of_the_dense_model(found: list[Change], end: int) -> None:
    dense = Dense(found)
    seen: dict[int, Run] = {}
    for start, stop, run in timeline_of(found).runs(end):
        assert start < stop <= end
        for tick in range(start, stop):
            assert tick not in seen
            seen[tick] = run
    for tick in range(end):
        active = dense.end[tick] is Run.ACTIVE or (
            tick in dense.opened and dense.end[tick] is Run.EMPTY
        )
        assert (seen.get(tick) is Run.ACTIVE) == active


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(b"abc", id="no whole number"),
        pytest.param(array("I", [2 << 3, 1 << 3]).tobytes(), id="going back"),
        pytest.param(array("I", [2 << 3, 2 << 3 | 4]).tobytes(), id="two in one tick"),
        pytest.param(array("I", [2 << 3 | 3]).tobytes(), id="an unknown state"),
    ],
)
def test_bytes_that_are_no_transitions_are_refused(packed: bytes) -> None:
    with pytest.raises(ValueError, match=r"transition|array|bytes"):
        Timeline(packed)


@pytest.mark.parametrize(
    ("seconds", "tick"),
    [(0, 0), (0.05, 0), (0.1, 1), (12.3, 123), (12.399, 123), (1_700_000_000.7, 17_000_000_007)],
)
def test_the_tick_of_a_moment(seconds: float, tick: int) -> None:
    assert tick_of(seconds) == tick


@given(st.integers(0, 2 * 10**10))
def test_the_moment_at_which_a_tick_begins_lies_in_it(tick: int) -> None:
    assert tick_of(tick / TICKS_PER_SECOND) == tick


entries = st.lists(st.integers(0, 40) | st.integers(0, 2**32 - 1), max_size=6)


@given(entries | entries.map(sorted))
def test_transitions_are_taken_if_they_rise_and_their_states_are_known(found: list[int]) -> None:
    packed = struct.pack(f"<{len(found)}I", *found)
    rising = all(one >> 3 < other >> 3 for one, other in pairwise(found))
    if rising and all(entry & 3 <= Run.ACTIVE for entry in found):
        assert Timeline(packed).pack() == packed
    else:
        with pytest.raises(ValueError, match=r"rising|unknown state"):
            Timeline(packed)
