from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from connmon_collector.grid import Grid, Slot

INTERVALS = st.one_of(st.sampled_from([0.1, 0.3, 1.0, 2.5, 60.0]), st.floats(0.1, 60.0))
NOW = 1_764_000_000.0  # a time of our day, where a float's step is 0.2 µs


def test_first_slot_begins_with_the_first_sample() -> None:
    grid = Grid(1.0)
    assert grid.left(100.4) == 0
    assert grid.take(100.4) == Slot(100.4, 101.0)
    assert grid.missed == 0


def test_then_slots_begin_on_the_wall_clock() -> None:
    grid = Grid(0.5)
    grid.take(100.4)
    assert grid.left(100.45) == 100.5 - 100.45
    assert grid.take(100.52) == Slot(100.5, 101.0)
    assert grid.take(101.0) == Slot(101.0, 101.5)


def test_a_late_sample_vouches_for_its_own_slot_only() -> None:
    grid = Grid(1.0)
    assert grid.take(10.0).end == 11.0
    assert grid.take(13.7) == Slot(13.0, 14.0)
    assert grid.missed == 2
    assert 0 < grid.left(13.8) < 1, "no catching up"


def test_time_left_is_never_negative() -> None:
    grid = Grid(1.0)
    grid.take(10.0)
    assert grid.left(55.0) == 0


@given(INTERVALS, st.lists(st.floats(0.0, 300.0), min_size=2, max_size=30))
def test_slots_lie_on_one_grid_for_ever(interval: float, waits: list[float]) -> None:
    grid, now, slots = Grid(interval), NOW, []
    for wait in waits:
        now += grid.left(now) + wait
        if grid.left(now) == 0:
            slot = grid.take(now)
            assert slot.begin <= now < slot.end
            assert slot.end == round(slot.end / interval) * interval, "an edge of the grid"
            slots.append(slot)
    lost = 0
    for before, after in pairwise(slots):
        assert before.end <= after.begin
        lost += round((after.begin - before.end) / interval)
    assert grid.missed == lost


@given(INTERVALS, st.integers(0, 1000))
def test_waiting_for_what_is_left_loses_no_slot(interval: float, ticks: int) -> None:
    grid, now = Grid(interval), NOW
    end = grid.take(now).end
    for _ in range(ticks % 50):
        now += grid.left(now)
        while grid.left(now):  # the sum was rounded down; the loop just waits again
            now += grid.left(now) or 1e-6
        slot = grid.take(now)
        assert slot.begin == end
        end = slot.end
    assert grid.missed == 0
