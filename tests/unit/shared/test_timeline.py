import struct
from array import array
from itertools import pairwise

import pytest
from helpers_timeline import HORIZON, Change, Dense, changes, counts, starts, timeline_of, units
from hypothesis import example, given
from hypothesis import strategies as st

from connmon_shared.timelines.timeline import (
    MAX_TICK,
    TICKS_PER_SECOND,
    Mark,
    Run,
    Timeline,
    check_transitions,
    tick_of,
)


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
        pytest.param([(0, Run.LISTEN, False), (35, Run.EMPTY, False)], "○○○○··", id="no longer"),
        pytest.param([(0, Run.LISTEN, False), (30, Run.EMPTY, False)], "○○○···", id="to an edge"),
        pytest.param(
            [(12, Run.LISTEN, False), (19, Run.EMPTY, False)], "·○····", id="listened for less"
        ),
        pytest.param(
            [(12, Run.LISTEN, False), (12, Run.EMPTY, False)], "·○····", id="for less than a tick"
        ),
        pytest.param(
            [(12, Run.LISTEN, False), (14, Run.ACTIVE, True), (16, Run.EMPTY, False)],
            "·▲×···",
            id="listened, and something stronger",
        ),
        pytest.param([(10, Run.ACTIVE, True), (20, Run.EMPTY, False)], "·▲×···", id="on the edges"),
    ],
)
def test_marks_of(found: list[Change], expected: str) -> None:
    assert shown(found) == expected


def test_a_debt_is_paid_in_a_window_that_begins_right_after_it() -> None:
    assert shown([(12, Run.ACTIVE, True), (15, Run.EMPTY, False)], start=20) == "×·····"


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


def test_a_listener_that_came_and_went_within_a_tick_is_known_by_its_own_time() -> None:
    timeline = timeline_of([(7, Run.LISTEN, False), (7, Run.EMPTY, False)] * 3)
    assert (timeline.first_tick, timeline.last_tick, len(timeline)) == (7, 8, 2)


def test_at_the_last_tick_of_all_a_listener_can_end_too() -> None:
    timeline = timeline_of([(MAX_TICK, Run.LISTEN, False), (MAX_TICK, Run.EMPTY, False)])
    check_transitions(timeline.pack())
    assert len(timeline) == 0


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
    with pytest.raises(ValueError, match=r"transition"):
        check_transitions(packed)


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
        check_transitions(packed)
        assert Timeline(packed).pack() == packed
    else:
        with pytest.raises(ValueError, match=r"rising|unknown state"):
            check_transitions(packed)
