"""Looks for what the peer has closed and our side has not."""

import errno
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path

import pytest
from unit.collector.events.kernel import NETWORKS, Kernel, make_proc
from unit.collector.events.watch import Diag, Watch

from connmon_collector.sources.diag_sockets import Part
from connmon_shared.timelines.states import State

SECOND = 1_000_000_000


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Return one that has so many sockets that counters are looked at once a minute."""
    clock = iter(range(0, 1 << 60, SECOND))
    taken = "connmon_collector.sources.events.dumps.time.thread_time_ns"
    monkeypatch.setattr(taken, clock.__next__)
    watch = Watch(Kernel(), make_proc(tmp_path))
    watch.kernel.connect(0)
    watch.kernel.establish(0)
    watch.begin()
    watch.look()
    watch.tell()
    monkeypatch.undo()
    return watch


def ages_told(watch: Watch) -> list[tuple[int, int]]:
    """Return state and age of each connection that the next change tells."""
    change = watch.table.take(watch.kernel.now)
    states = [row.state for row in change.changed]
    return list(zip(states, change.changed_ages, strict=True))


def test_a_peer_that_closes_is_noticed_within_a_second_however_rare_counters_are(
    watch: Watch,
) -> None:
    watch.kernel.peer_closes(0)
    watch.kernel.now += SECOND
    watch.glance()
    assert sum(diag.counted for diag in watch.networks.diags.values()) == 0
    assert [row.state for row in watch.receiver.open.values()] == [State.CLOSE_WAIT]


@pytest.mark.parametrize(("dear", "found"), [((True,), True), ((False, True), False)])
def test_the_dearer_the_rarer_but_what_the_first_look_cost_makes_none_rarer(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, dear: tuple[bool, ...], *, found: bool
) -> None:
    for costly in dear:
        with monkeypatch.context() as patched:
            clock = chain((0,), repeat(2 * costly * SECOND // 1_000))
            taken = "connmon_collector.sources.events.rounds.time.thread_time_ns"
            patched.setattr(taken, clock.__next__)
            watch.glance()
        watch.kernel.now += SECOND * 96 // 100  # after the second of these counters are due, too
    watch.kernel.peer_closes(0)
    watch.glance()
    states = [row.state for row in watch.receiver.open.values()]
    assert states == [State.CLOSE_WAIT if found else State.ESTABLISHED]


@pytest.mark.parametrize(("silent", "told"), [(300_000, 299_000), (1_500, 500), (900, 0)])
def test_what_was_closed_before_the_start_is_as_old_at_least_as_its_peer_is_silent(
    tmp_path: Path, silent: int, told: int
) -> None:
    """But for a second by which what came before may have overtaken the end."""
    watch = Watch(Kernel(), make_proc(tmp_path))
    watch.kernel.connect(0)
    watch.kernel.establish(0)
    watch.kernel.peer_closes(0)
    watch.begin()
    watch.networks.diags[NETWORKS[0]].silent = silent
    watch.dumps.glance(watch.kernel.now)
    assert ages_told(watch) == ([(State.CLOSE_WAIT, told)] if told else [])
    watch.kernel.now += SECOND
    watch.networks.diags[NETWORKS[0]].silent = 0  # we sent something, and it was acknowledged
    watch.dumps.glance(watch.kernel.now)
    assert ages_told(watch) == [], "the first is the best"
    watch.table.remind()
    assert ages_told(watch) == [(State.CLOSE_WAIT, told + 1_000)], "somebody joined"


def test_what_is_found_later_has_been_so_since_then_at_least(watch: Watch) -> None:
    watch.glance()
    watch.kernel.peer_closes(0)
    watch.networks.diags[NETWORKS[0]].silent = 300_000  # it was silent before, too
    watch.kernel.now += SECOND
    watch.dumps.glance(watch.kernel.now)
    assert ages_told(watch) == [(State.CLOSE_WAIT, 0)]


class Broken(Diag):
    """Does not answer."""

    def waiting_parts(self, *, listening: bool) -> Iterator[Part]:  # noqa: ARG002 - as it is asked
        raise OSError(errno.ENOBUFS, "No buffer space available")


def test_a_namespace_that_does_not_answer_hides_no_other(watch: Watch) -> None:
    watch.kernel.connect(1)
    watch.kernel.establish(0)
    watch.drain()
    watch.look()
    watch.networks.diags[NETWORKS[0]] = Broken(watch.kernel, NETWORKS[0])
    for _ in range(2):
        watch.kernel.peer_closes(0)
    watch.kernel.now += SECOND
    watch.glance()
    states = {row.namespace: row.state for row in watch.receiver.open.values()}
    assert states == {"": State.ESTABLISHED, str(NETWORKS[1]): State.CLOSE_WAIT}


def test_what_events_have_yet_to_tell_is_waited_for(tmp_path: Path) -> None:
    watch = Watch(Kernel(), make_proc(tmp_path))
    watch.kernel.connect(4)  # from a port that is known
    watch.begin()
    watch.networks.diags[NETWORKS[0]].silent = 300_000
    watch.kernel.establish(0)
    watch.kernel.peer_closes(0)
    watch.dumps.glance(watch.kernel.now)
    assert ages_told(watch) == [], "for all that is known it still connects"
