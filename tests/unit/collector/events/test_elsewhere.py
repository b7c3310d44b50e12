"""Network namespaces that cannot be dumped: what is over there although nobody heard of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from unit.collector.events.kernel import NETWORKS, make_proc
from unit.collector.events.watch import ProcNet
from unit.collector.events.world import World

from connmon_collector.sources.events import elsewhere
from connmon_collector.sources.sock_diag.rows import Row
from connmon_shared.timelines.states import State

THERE = 8  # with this bit, a happening is in the namespace that cannot be dumped
CONNECTED = [("connect", THERE), ("establish", 0), ("drain", 0)]
LOST_END = [("lose", 1), ("close", 0)]


class Hidden(ProcNet):
    """Is not allowed to look at every process."""

    def inhabited(self) -> dict[int, int]:
        self.complete = False
        return {}


class Ended(ProcNet):
    """Names processes that have just ended."""

    def rows(self, network: int, pid: int) -> Iterator[list[Row]]:
        yield []
        raise ProcessLookupError(network, pid)


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(make_proc(tmp_path))
    world.begin()
    return world


def look_through(world: World, proc_net: ProcNet) -> None:
    world.watch.dumps._elsewhere._proc_net = proc_net  # type: ignore[assignment]  # noqa: SLF001


def shown(world: World) -> int:
    return len(world.watch.receiver.open)


def test_what_was_lost_there_is_repaired(world: World) -> None:
    world.run(*CONNECTED, *LOST_END, ("drain", 0))
    assert shown(world) == 0
    world.run(("lose", 1), ("listen", THERE), ("drain", 0))
    assert world.told()[0][2] == 0
    assert shown(world) == 1


def test_what_comes_in_there_does_not_end_because_something_was_lost(world: World) -> None:
    """Both namespaces serve the port, so no event tells of which one the connection is."""
    world.run(("listen", 0), ("listen", THERE), ("accept", 1), ("drain", 0))
    world.run(("lose", 1), ("connect", 0), ("drain", 0), ("close", 2), ("drain", 0))
    assert len(world.told()) == 4
    assert [life[2] for life in world.told()].count(0) == 3


def test_whose_what_comes_in_there_is_is_found_out(world: World) -> None:
    world.run(("listen", THERE), ("join", 4), ("accept", 1), ("drain", 0))
    assert {row.pid for row in world.watch.receiver.open.values()} == {30, 31, 0}
    world.compare()
    assert {row.pid for row in world.watch.receiver.open.values()} == {30, 31}


def test_what_was_taken_for_its_twin_there_is_not_over(world: World) -> None:
    """After a loss an end that comes from afar may be that of either."""
    world.run(("lose", 1), ("connect", THERE), ("connect", 0), ("establish", 0))
    world.run(("establish", 0), ("drain", 0), ("reset", 1), ("dump", 0))
    assert world.shown() == world.there()


def test_what_was_not_read_is_not_taken_for_its_twin(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.run(("listen", 0), ("listen", THERE), ("dump", 0))
    monkeypatch.setattr(elsewhere, "_MOST_AT_ONCE", 0)
    world.run(("lose", 1), ("join", 0))
    world.lost = False  # nobody was told so
    world.dump()
    assert [row.namespace for row in world.watch.receiver.open.values()] == ["", "3000", ""]


def test_several_that_listen_there_are_told_apart_by_their_inodes(world: World) -> None:
    world.run(("listen", THERE), ("dump", 0), ("join", 4), ("dump", 0), ("dump", 0))
    lives = world.watch.receiver.lives.values()
    assert [(life.opened, life.row.pid) for life in lives] == [
        (sock.opened, sock.pid) for sock in world.kernel.log
    ]


def test_what_nobody_told_us_is_lost_is_found_out_too(world: World) -> None:
    world.run(*CONNECTED, *LOST_END)
    world.lost = False
    world.dump()
    assert shown(world) == 0


def test_a_socket_that_changes_have_hidden_is_not_over(world: World) -> None:
    world.run(*CONNECTED)
    world.watch.proc_net.hiding = 1
    world.resynchronise()
    assert shown(world) == 1


@pytest.mark.parametrize("unseen", [Hidden, Ended])
def test_what_cannot_be_seen_is_not_over(world: World, unseen: type[ProcNet]) -> None:
    world.run(*CONNECTED, ("listen", 0), ("listen", THERE), ("accept", 1), ("drain", 0))
    look_through(world, unseen(world.kernel))
    for _ in range(2):
        world.watch.dumps.hurry()
        world.dump()
    assert world.told() == world.true()


def test_where_nobody_is_nothing_is_left_but_what_is_held_from_outside(world: World) -> None:
    world.run(*CONNECTED)
    world.watch.proc_net.left = True
    world.dump()
    assert shown(world) == 1
    for entry in world.watch.table:
        assert entry.program is not None
        entry.program.ended = True
    world.dump()
    assert shown(world) == 0


def test_of_many_each_dump_reads_some(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elsewhere, "_MOST_AT_ONCE", 1)
    world.watch.networks.diags.clear()  # three cannot be dumped
    world.run(("connect", 0), ("connect", 1), ("connect", THERE), ("drain", 0), ("lose", 3))
    for _ in NETWORKS:
        world.happen("close", 0)
    assert not world.kernel.sockets
    left = []
    for _ in NETWORKS:
        world.dump()
        left.append(shown(world))
    assert left == [2, 1, 0]


def test_what_is_nowhere_is_over_once_every_namespace_was_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elsewhere, "_MOST_AT_ONCE", 1)
    del world.watch.networks.diags[NETWORKS[1]]
    world.run(("listen", 1), ("listen", THERE), ("accept", 0), ("drain", 0))
    assert not any(entry.network for entry in world.watch.table)
    world.run(("lose", 3), *[("reset", 0), ("close", 0), ("close", 0)])
    assert not world.kernel.sockets
    world.dump()
    assert [row.state for row in world.watch.receiver.open.values()].count(State.ESTABLISHED) == 1
    world.dump()
    assert shown(world) == 0


def test_it_is_known_how_many_of_these_namespaces_have_connections(world: World) -> None:
    def met() -> int:
        world.run(("dump", 0))
        return world.watch.dumps.uncounted

    world.run(("connect", 0), ("establish", 0), ("listen", THERE), ("drain", 0))
    assert met() == 0
    world.run(("connect", THERE), ("establish", 1), ("connect", THERE), ("drain", 0))
    assert met() == 1
    world.run(("close", 1), ("close", 1), ("close", 1), ("close", 1), ("drain", 0))
    assert met() == 0


def test_what_is_over_in_a_namespace_that_is_dumped_is_not_one_of_these(world: World) -> None:
    world.run(("connect", 0), ("establish", 0), ("drain", 0), *LOST_END, ("dump", 0))
    assert world.watch.dumps.uncounted == 0
