"""Events of all CPUs are applied in the order of time, although each CPU has a ring of its own."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.collector.events.kernel import Kernel, make_proc
from unit.collector.events.watch import Watch

from connmon_collector.sources.events.records import TIME, Event
from connmon_collector.sources.events.stream import SETTLING, Order

CPUS = 3
LATE = SETTLING - 1  # ns between an event's stamp and when its ring shows it, at most


def event(time: int) -> Event:
    return 9, 104, 1, 1, time


@given(
    st.lists(st.tuples(st.integers(0, CPUS - 1), st.integers(1, 300), st.integers(0, LATE))),
    st.lists(st.integers(1, SETTLING), max_size=30),
)
def test_the_order_is_that_of_time_and_nothing_is_missing(
    happened: list[tuple[int, int, int]], pauses: list[int]
) -> None:
    """Events are (CPU, tenths of a microsecond since the one before, how late it is shown)."""
    times = itertools.accumulate(step * SETTLING // 100 for _, step, _ in happened)
    rings: list[list[tuple[int, Event]]] = [[] for _ in range(CPUS)]
    for time, (cpu, _, late) in zip(times, happened, strict=True):
        shown = max([time + late, *(when for when, _ in rings[cpu][-1:])])  # a ring is in order
        rings[cpu].append((shown, event(time)))
    order, out, end = Order(), list[Event](), 0
    for now in (*itertools.accumulate(pauses), 1 << 60):
        fresh = []
        for ring in rings:
            while ring and ring[0][0] <= now:
                fresh.append(ring.pop(0)[1])
        out += order.settle(fresh, now - SETTLING)
        assert all(each[TIME] > now - SETTLING for each in order.held)
        end += len(fresh)
    assert [each[TIME] for each in out] == sorted(each[TIME] for each in out)
    assert len(out) == end == len(happened)


def test_equal_times_keep_the_order_of_their_ring() -> None:
    first, second = (9, 1, 1, 1, 5), (9, 2, 2, 2, 5)
    assert Order().settle([first, second], 5) == [first, second]


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(Kernel(), make_proc(tmp_path))


def test_memory_used_again_on_another_cpu_makes_two_connections(watch: Watch) -> None:
    """Between the readings of two rings one connection ends, and the next one begins."""
    kernel = watch.kernel
    watch.begin()
    for which in (0, 2):
        for happen in (kernel.connect, kernel.establish, kernel.close):
            kernel.tick()
            happen(which)
    assert len({each[6] for each in kernel.events}) == 1, "the same memory"
    first, second = kernel.events[:3], kernel.events[3:]  # of two CPUs
    order, began = Order(), first[1][TIME]  # then the first ring is read, and later the second
    kernel.events = order.settle([*first[:2], second[0]], began)
    watch.drain()
    kernel.events = order.settle([first[2], *second[1:]], kernel.now)
    watch.drain()
    lives = sorted(watch.receiver.lives.values(), key=lambda life: life.opened)
    assert [(life.ends, life.opened, life.closed) for life in lives] == [
        (sock.ends, sock.opened, sock.closed) for sock in kernel.log
    ]
