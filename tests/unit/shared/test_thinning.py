"""A timeline that was thinned is drawn as before, from the unit of the thinning on."""

import itertools

import pytest
from helpers_timeline import Change, timeline_of
from hypothesis import given
from hypothesis import strategies as st

from connmon_shared.timelines.thinning import UNITS, thin
from connmon_shared.timelines.timeline import MAX_TICK, Run, Timeline, check_transitions

origins = st.sampled_from([0, 7, 17_000_012_345])
#: Some within one tick, some right at the edges of units, some hours apart.
changes = st.lists(
    st.tuples(
        st.integers(0, 3)
        | st.sampled_from([8, 9, 10, 11])
        | st.integers(1, 400)
        | st.integers(1, 5_000)
        | st.just(90_000),
        st.sampled_from([Run.EMPTY, Run.ACTIVE, Run.ACTIVE, Run.LISTEN]),
        st.booleans(),
    ),
    min_size=12,
    max_size=80,
).map(
    lambda steps: [
        (sum(ticks for ticks, *_ in steps[: i + 1]), state, opened and state is not Run.LISTEN)
        for i, (_, state, opened) in enumerate(steps)
    ]
)


def finest(timeline: Timeline, origin: int) -> int:
    """Return a unit that surely suffices: two transitions in each are few enough."""
    size = len(timeline)
    old = timeline.entries[1 : size // 2]
    groups = ({((entry >> 3) + origin) // unit for entry in old} for unit in UNITS)
    fits = (
        unit
        for unit, found in zip(UNITS, groups, strict=True)
        if len(old) - 2 * len(found) >= size // 4
    )
    return next(fits, UNITS[-1])


def drawn(timeline: Timeline, origin: int, unit: int, end: int) -> bytearray:
    """Return all characters from before the beginning to `end`, aligned to the wall clock."""
    start = -(origin % unit) - unit
    return timeline.marks(start, unit, (end - start) // unit + 2)


def active_ticks(timeline: Timeline, end: int) -> int:
    return sum(stop - start for start, stop, run in timeline.runs(end) if run is Run.ACTIVE)


@given(changes, origins, st.integers(1, 4))
def test_what_is_drawn_with_the_unit_of_the_thinning_or_a_coarser_one_stays_the_same(
    found: list[Change], origin: int, times: int
) -> None:
    whole, thinned = timeline_of(found), timeline_of(found)
    unit = 0
    for _ in range(times):
        unit = max(unit, finest(thinned, origin))
        thin(thinned, origin)
    for coarser in (each for each in UNITS if each >= unit):
        expected = drawn(whole, origin, coarser, whole.last_tick)
        assert drawn(thinned, origin, coarser, whole.last_tick) == expected


@given(changes, origins)
def test_a_quarter_of_the_transitions_goes(found: list[Change], origin: int) -> None:
    timeline = timeline_of(found)
    size = len(timeline)
    thin(timeline, origin)
    if size >= 12:
        assert len(timeline) <= size - size // 4


@given(changes, origins)
def test_the_newer_half_and_the_first_sight_stay(found: list[Change], origin: int) -> None:
    whole, thinned = timeline_of(found), timeline_of(found)
    thin(thinned, origin)
    half = len(whole) // 2
    assert thinned.entries[half - len(whole) :] == whole.entries[half:]
    assert thinned.first_tick == whole.first_tick
    check_transitions(thinned.pack())
    told = itertools.pairwise([0, *thinned.entries])
    assert all(entry & 4 or entry & 3 != before & 3 for before, entry in told), "all news"


@given(changes, origins, st.integers(1, 700), st.integers(0, 5_000))
def test_nothing_changes_after_the_tick_that_is_told(
    found: list[Change], origin: int, unit: int, later: int
) -> None:
    whole, thinned = timeline_of(found), timeline_of(found)
    start = thin(thinned, origin) + unit + later
    assert thinned.marks(start, unit, 50) == whole.marks(start, unit, 50)


@given(changes, origins)
def test_something_changed_right_before_the_tick_that_is_told(
    found: list[Change], origin: int
) -> None:
    whole, thinned = timeline_of(found), timeline_of(found)
    unit, before = finest(whole, origin), thin(thinned, origin)
    stretch = range(before - unit, before)
    was, now = ([e for e in each.entries if e >> 3 in stretch] for each in (whole, thinned))
    assert (was != now) == bool(before)


@given(changes, origins)
def test_the_time_that_a_connection_was_open_is_kept(found: list[Change], origin: int) -> None:
    whole, thinned = timeline_of(found), timeline_of(found)
    thin(thinned, origin)
    end = whole.last_tick + 1
    lost = active_ticks(whole, end) - active_ticks(thinned, end)
    assert 0 <= lost <= len(whole) / 4, "a tick in each unit at most"


#: Of three seconds: three connections end within the tick in which they were opened, right before
#: the next is opened, at the end of a second, and alone in the next.
_BUSY = {
    **dict.fromkeys((1, 2, 3, 5, 7), (Run.ACTIVE, True)),
    **dict.fromkeys((4, 9, 29), (Run.EMPTY, True)),
}


@pytest.mark.parametrize("times", [2, 3, 4, 30])
@pytest.mark.parametrize("left_out", range(len(_BUSY)))
def test_no_end_is_put_off_to_the_next_unit_or_transition(times: int, left_out: int) -> None:
    found = [(30 * i + tick, *what) for i in range(times) for tick, what in sorted(_BUSY.items())]
    whole, thinned = timeline_of(found[left_out:]), timeline_of(found[left_out:])
    thin(thinned, 0)
    assert len(thinned) <= len(whole) - len(whole) // 4
    assert thinned.marks(0, 50, 20) == whole.marks(0, 50, 20)
    ticks = [entry >> 3 for entry in thinned.entries]
    assert ticks == sorted(set(ticks))


@pytest.mark.parametrize("step", [1, 3, 10, 37])
def test_of_what_listens_now_and_then_each_unit_keeps_that_and_its_last_state(step: int) -> None:
    ticks = range(1, 54 * step, step)
    found = [(tick, (Run.LISTEN, Run.EMPTY)[at % 2], False) for at, tick in enumerate(ticks)]
    whole, thinned = timeline_of(found), timeline_of(found)
    thin(thinned, 0)
    assert len(thinned) <= len(whole) - len(whole) // 4
    for unit in UNITS[UNITS.index(finest(whole, 0)) : -2]:
        assert thinned.marks(0, unit, 40) == whole.marks(0, unit, 40)


@given(st.lists(st.tuples(st.integers(0, 60), st.booleans()), min_size=12, max_size=80), origins)
def test_where_nothing_but_servers_was_each_unit_keeps_whether_one_listened(
    steps: list[tuple[int, bool]], origin: int
) -> None:
    ticks = itertools.accumulate(ticks for ticks, _ in steps)
    found = [
        (tick, Run.LISTEN if listens else Run.EMPTY, False)
        for tick, (_, listens) in zip(ticks, steps, strict=True)
    ]
    whole, thinned = timeline_of(found), timeline_of(found)
    unit = finest(whole, origin)
    thin(thinned, origin)
    for coarser in (each for each in UNITS if each >= unit):
        expected = drawn(whole, origin, coarser, whole.last_tick)
        assert drawn(thinned, origin, coarser, whole.last_tick) == expected


def test_what_comes_and_goes_every_minute_is_thinned_where_it_is_oldest() -> None:
    minutes = [600 * i for i in range(1_000)]
    found = [
        change
        for tick in minutes
        for change in [(tick, Run.ACTIVE, True), (tick + 20, Run.EMPTY, False)]
    ]
    whole, thinned = timeline_of(found), timeline_of(found)
    before = thin(thinned, 0)
    assert 300_000 > before > 180_000, "less than the older half suffices"
    assert thinned.marks(0, 3_000, 200) == whole.marks(0, 3_000, 200), "to five minutes"
    ticks = [entry >> 3 for entry in thinned.entries if entry & 4]
    assert ticks[1:4] == [1, 3_000, 6_000]


def test_a_timeline_that_can_grow_no_older_stays_short() -> None:
    """Ten changes a second for 1.7 years, as far as 4,000 of them are still there."""
    timeline = Timeline()
    for tick in itertools.chain(range(0, MAX_TICK, MAX_TICK // 20_000), range(10_000)):
        timeline.record(tick, Run.ACTIVE if tick % 2 else Run.EMPTY, opened=True)
        if len(timeline) > 4_000:
            thin(timeline, 17_000_000_000)
    assert len(timeline) <= 4_000
