"""When the kernel is asked for everything, and what happens when it does not answer."""

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from unit.collector.events.kernel import NETWORKS, PIDS, Kernel, make_proc
from unit.collector.events.watch import Diag, Watch

from connmon_collector.sources.diag_sockets import Part
from connmon_collector.sources.events.dumps import Dumps
from connmon_shared.timelines.states import State

SECOND = 1_000_000_000
NOW = 1_000 * SECOND


class Clock:
    """Says that a dump took so long."""

    def __init__(self) -> None:
        self.cost = self.elsewhere = 0
        self._calls = 0

    def __call__(self) -> int:
        self._calls += 1
        spent = (0, self.cost, self.cost + self.elsewhere, self.cost + self.elsewhere)
        return spent[(self._calls - 1) % len(spent)]


class Silent(Diag):
    """Breaks off in the middle of its answer."""

    def parts(self, *, counting: bool) -> Iterator[Part]:
        yield next(super().parts(counting=counting))
        raise OSError(errno.ENOBUFS, "No buffer space available")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("connmon_collector.sources.events.dumps.time.thread_time_ns", clock)
    return clock


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(Kernel(), make_proc(tmp_path))


def look(watch: Watch, now: int) -> None:
    watch.dumps.look(now, list)


def test_who_ends_is_known_until_its_sockets_are_closed(tmp_path: Path) -> None:
    """Linux 6.16 tells the end of a process first: there may be a dump between the two."""
    kernel = Kernel()
    watch = Watch(kernel, make_proc(tmp_path))
    watch.begin()
    kernel.connect(0)
    kernel.establish(0)
    watch.drain()
    pid = PIDS[NETWORKS[0]][0]
    watch.programs.exited(pid, kernel.now)
    kernel.sockets[0].pid = 0  # nobody is found in /proc
    watch.look()
    watch.drain()
    (row,) = watch.receiver.open.values()
    assert (row.pid, row.process) == (pid, f"program{pid}")


def test_who_has_ended_has_its_socket_no_more(tmp_path: Path) -> None:
    kernel = Kernel()
    watch = Watch(kernel, make_proc(tmp_path))
    watch.begin()
    kernel.connect(0)
    kernel.establish(0)
    watch.drain()
    pid, heir = PIDS[NETWORKS[0]]
    watch.programs.exited(pid, kernel.now)
    kernel.sockets[0].pid = heir
    kernel.now += SECOND
    watch.look()
    watch.drain()
    (row,) = watch.receiver.open.values()
    assert (row.pid, row.process) == (heir, f"program{heir}")


def test_counters_tell_too_that_a_peer_has_closed_and_who_has_accepted(tmp_path: Path) -> None:
    """They are looked at more often than everything, and no event tells either."""
    kernel = Kernel()
    watch = Watch(kernel, make_proc(tmp_path))
    watch.begin()
    kernel.connect(0)
    kernel.establish(0)
    watch.look()
    kernel.peer_closes(0)
    kernel.now += SECOND
    (entry,) = watch.table
    entry.owner = bytes(len(entry.owner))  # as of what nobody has accepted yet
    (told,) = watch.dumps.count(kernel.now)
    assert told.inode
    watch.tell()
    (row,) = watch.receiver.open.values()
    assert row.state == State.CLOSE_WAIT


def failed(watch: Watch) -> bool:
    return watch.dumps.failed


def next_one(dumps: Dumps, now: int) -> float:
    """Return the seconds until the next dump is due."""
    tenths = (n for n in range(1_000) if dumps.due(now + n * SECOND // 10))
    return next(tenths) / 10


@pytest.mark.parametrize(("cost_ms", "seconds"), [(0, 2), (5, 5), (1_000, 60)])
def test_the_dearer_the_rarer(watch: Watch, clock: Clock, cost_ms: int, seconds: float) -> None:
    clock.cost = cost_ms * 1_000_000
    assert watch.dumps.due(NOW), "the first is due at once"
    look(watch, NOW)
    look(watch, NOW)
    assert next_one(watch.dumps, NOW) == seconds


def test_what_it_cost_to_fill_the_table_makes_no_dump_rarer(watch: Watch, clock: Clock) -> None:
    clock.cost = 1_000_000_000
    look(watch, NOW)
    assert next_one(watch.dumps, NOW) == 2


def test_our_own_namespace_does_not_wait_long_for_those_that_are_slow_to_read(
    watch: Watch, clock: Clock
) -> None:
    clock.elsewhere = 1_000_000_000
    look(watch, NOW)
    assert next_one(watch.dumps, NOW) == 10


def test_after_a_loss_it_hurries(watch: Watch) -> None:
    look(watch, NOW)
    assert not watch.dumps.due(NOW)
    watch.dumps.hurry()
    assert watch.dumps.due(NOW)


def test_one_that_failed_closes_nothing_and_is_tried_again(watch: Watch) -> None:
    for which in (0, 1, 2):
        watch.kernel.tick()
        watch.kernel.connect(which)
    watch.kernel.events.clear()
    watch.begin()
    before = dict(watch.receiver.open)
    good = dict(watch.networks.diags)
    watch.networks.diags = {network: Silent(watch.kernel, network) for network in good}
    look(watch, NOW)
    assert failed(watch)
    assert next_one(watch.dumps, NOW) == 1
    watch.tell()
    assert watch.receiver.open == before
    watch.networks.diags = good
    look(watch, NOW + SECOND)
    assert not failed(watch)
    watch.tell()
    assert watch.receiver.open == before


@pytest.mark.parametrize(("cost_ms", "seconds"), [(0, 1), (4, 2), (1_000, 60)])
def test_counters_are_looked_at_each_second_as_long_as_that_costs_little(
    watch: Watch, clock: Clock, cost_ms: int, seconds: int
) -> None:
    clock.cost = cost_ms * 1_000_000
    look(watch, NOW - 2 * SECOND)
    [diag, *_] = watch.networks.diags.values()
    assert diag.counted == 0, "the dump brought them"
    for second in range(seconds):
        watch.dumps.count(NOW + second * SECOND)
    assert diag.counted == 1, "only the second look is 2 s after the first, whatever that cost"
    watch.dumps.count(NOW + seconds * SECOND)
    assert diag.counted == 2


def test_namespaces_that_are_slow_to_read_do_not_make_counters_rarer(
    watch: Watch, clock: Clock
) -> None:
    clock.elsewhere = 1_000_000_000
    look(watch, NOW)
    watch.dumps.count(NOW + SECOND)
    assert next(iter(watch.networks.diags.values())).counted == 1
