"""Events and dumps together give one truth, whatever happens in whatever order."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.collector.events.kernel import NETWORKS, REMOTES, USER, is_heard, make_proc
from unit.collector.events.world import HEARD, UNHEARD, Happening, World, happenings, some_of

from connmon_collector.sources.events.stream import _TCP_FILTER
from connmon_shared.messages import Direction
from connmon_shared.timelines.states import State


@pytest.fixture(scope="module")
def proc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_proc(tmp_path_factory.mktemp("proc"))


def alone(step: Happening) -> Happening:
    """Return the same where there are sockets before us, and where they have no twin."""
    return step[0], step[1] & ~9 if step[0] == "connect" else step[1] & ~8


def crossed(world: World) -> bool:
    """Return whether both ends of something connected: a dump alone shows that as coming in."""
    return any(sock.crossed for sock in world.kernel.log)


@settings(max_examples=1_000, deadline=None)
@given(
    before=st.lists(happenings(*HEARD).map(alone), max_size=8),
    steps=some_of(*HEARD, "drain", "dump", "glance"),
    newest_first=st.booleans(),
)
def test_without_losses_every_opening_and_closing_is_told_as_it_was(
    proc: Path, before: list[Happening], steps: list[Happening], *, newest_first: bool
) -> None:
    world = World(proc, newest_first=newest_first)
    world.begin(*before)
    since = world.kernel.now
    world.run(*steps, ("drain", 0))
    assert world.told() == world.true(since)
    world.compare()
    assert world.told() == world.true(since)
    if not crossed(world):
        assert all(told in {true, Direction.UNKNOWN} for told, true in world.directions())


@pytest.mark.usefixtures("unmeasured")
@settings(max_examples=1_000, deadline=None)
@given(
    steps=some_of(*HEARD, *UNHEARD, "drain", "dump", "glance", "lose"),
    newest_first=st.booleans(),
)
def test_whatever_is_lost_the_next_dump_gives_the_truth(
    proc: Path, steps: list[Happening], *, newest_first: bool
) -> None:
    world = World(proc, newest_first=newest_first)
    world.begin()
    world.run(*steps, ("drain", 0))
    world.resynchronise()
    if not crossed(world):
        assert all(told in {true, Direction.UNKNOWN} for told, true in world.directions())


@pytest.mark.usefixtures("unmeasured")
@settings(max_examples=500, deadline=None)
@given(steps=some_of(*HEARD, *UNHEARD, "drain", "dump", "glance"))
def test_who_began_a_connection_is_told_as_it_was(proc: Path, steps: list[Happening]) -> None:
    world = World(proc)
    world.begin()
    world.run(*steps, ("drain", 0))
    world.compare()
    assert all(told == true for told, true in world.directions())


# What those above have found once, or should have.


def told_after(proc: Path, *steps: Happening, newest_first: bool = False) -> World:
    world = World(proc, newest_first=newest_first)
    world.begin()
    world.run(*steps, ("drain", 0))
    return world


def test_memory_used_again_is_no_change_of_ends(proc: Path) -> None:
    """The end of one connection is lost, and the beginning of the next with its memory."""
    steps = [("connect", 0), ("establish", 0), ("drain", 0), ("lose", 2), ("close", 0)]
    world = told_after(proc, *steps, ("connect", 2), ("establish", 0))
    assert [life[0][2] for life in world.told()] == list(REMOTES)


def test_memory_of_what_was_refused_used_again_is_no_change_of_ends(proc: Path) -> None:
    """The refused one was told without its port, so only the other end tells them apart."""
    steps = [("connect", 0), ("drain", 0), ("lose", 2), ("refuse", 0), ("connect", 2)]
    world = told_after(proc, *steps, ("establish", 0))
    assert [life[0][2] for life in world.told()] == list(REMOTES)


def test_a_row_that_connects_is_not_taken_for_one_of_another_namespace(proc: Path) -> None:
    world = told_after(proc, ("connect", 1), ("lose", 1), ("connect", 0))
    assert world.shown() == world.there()


def test_twins_are_told_apart_before_their_programs_were_told(proc: Path) -> None:
    steps = [("connect", 0), ("connect", 1), ("establish", 0), ("dump", 1), ("close", 0)]
    world = told_after(proc, *steps)
    assert world.told() == world.true()


def test_what_connects_during_a_dump_is_not_taken_for_what_did_before(proc: Path) -> None:
    world = told_after(proc, ("connect", 0), ("dump", 1), ("connect", 4))
    assert world.told() == world.true()


def test_what_a_dump_adds_to_what_was_told_is_told(tmp_path: Path) -> None:
    """The user of a socket is not the one that its process has now."""
    world = told_after(make_proc(tmp_path, uid=0), ("listen", 0), ("drain", 0), ("dump", 0))
    assert [row.uid for row in world.watch.receiver.open.values()] == [USER]


def test_what_came_in_in_a_namespace_that_cannot_be_dumped_stays(proc: Path) -> None:
    """Both namespaces serve the port, so nobody can tell of which one the connection is."""
    world = World(proc)
    del world.watch.networks.diags[NETWORKS[1]]
    world.begin()
    world.run(("listen", 0), ("listen", 1), ("accept", 1), ("drain", 0), ("dump", 0))
    assert world.told() == world.true()
    world.run(("close", 2), ("drain", 0))
    assert world.told() == world.true()


def test_what_was_established_without_our_hearing_is_no_failure(proc: Path) -> None:
    """Some kernels lose the events of a processor that was idle."""
    world = World(proc)
    world.begin()
    world.run(("connect", 0), ("drain", 0), ("lose", 1), ("establish", 0), ("dump", 0))
    (row,) = world.watch.receiver.open.values()
    assert row.state == State.ESTABLISHED
    assert row.local_port
    assert len(world.watch.receiver.lives) == 1


def test_two_that_connect_to_each_other_are_one_connection(proc: Path) -> None:
    steps = [("connect", 4), ("drain", 0), ("cross", 0), ("accept", 0)]
    assert_true(told_after(proc, *steps))
    world = World(proc)
    world.begin(("connect", 4))
    since = world.kernel.now
    world.run(("cross", 0), ("accept", 0), ("drain", 0))
    assert world.told() == world.true(since)


def test_the_model_tells_what_the_filter_lets_pass() -> None:
    condition = _TCP_FILTER.replace("&&", " and ").replace("||", " or ")
    for old, new in itertools.permutations(State, 2):
        fields = {"protocol": 6, "oldstate": old, "newstate": new}
        passes = eval(condition, {}, fields)  # noqa: S307 - our own text
        assert is_heard(old, new) == passes, (old, new)


# Twins: several sockets with the same ends, in one namespace (SO_REUSEPORT) or in two.

SERVERS = [("listen", 0), ("join", 4)]  # of two processes


def assert_true(world: World) -> None:
    assert world.told() == world.true()
    world.compare()
    assert world.told() == world.true()


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("which", [0, 1])
def test_one_of_several_that_listen_on_a_port_closes(
    proc: Path, which: int, *, newest_first: bool
) -> None:
    """Which row of a dump is whose cannot be seen, so each may have got the other's cookie."""
    steps = [*SERVERS, ("dump", 0), ("close", which), ("dump", 0)]
    assert_true(told_after(proc, *steps, newest_first=newest_first))


@pytest.mark.parametrize("which", [0, 1])
def test_one_of_several_that_listened_before_us_closes(proc: Path, which: int) -> None:
    world = World(proc)
    world.begin(("listen", 0), ("join", 0), ("join", 4))
    since = world.kernel.now
    world.run(("close", which), ("drain", 0), ("dump", 0))
    assert world.told() == world.true(since)


def test_a_worker_closes_what_listened_before_us_in_its_namespace(proc: Path) -> None:
    """It is not the process that was found to hold it, but it is of that one's namespace."""
    for which in (0, 1):
        world = World(proc)
        world.begin(("listen", which), ("listen", 1 - which), ("inherit", 0))
        world.run(("close", 0), ("drain", 0))
        assert world.shown() == world.there()


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_second_one_listens_while_a_dump_is_taken(proc: Path, *, newest_first: bool) -> None:
    steps = [("listen", 1), ("dump", 1), ("join", 1), ("drain", 0), ("close", 1), ("dump", 0)]
    assert_true(told_after(proc, *steps, newest_first=newest_first))


def test_a_second_one_listens_before_the_first_is_identified(proc: Path) -> None:
    steps = [("listen", 0), ("drain", 0), ("join", 0), ("glance", 0), ("close", 1)]
    for newest_first in (False, True):
        assert_true(told_after(proc, *steps, newest_first=newest_first))


def test_what_is_known_of_its_namespace_tells_twins_apart(proc: Path) -> None:
    """Where only one serves the port, the namespace of what comes in is known; later it is not."""
    steps = [("listen", 0), ("accept", 2), ("listen", 1), ("accept", 3), ("dump", 0)]
    assert_true(told_after(proc, *steps))


def test_what_comes_in_is_not_what_was_there_with_the_same_ends(proc: Path) -> None:
    world = World(proc)
    world.begin(("listen", 0), ("accept", 2))
    since = world.kernel.now
    world.run(("listen", 1), ("accept", 3), ("drain", 0))
    assert world.told() == world.true(since)


def test_what_is_half_open_is_not_what_is_established(proc: Path) -> None:
    steps = [("listen", 0), ("listen", 1), ("accept", 1), ("request", 0), ("dump", 0)]
    world = told_after(proc, *steps, ("reset", 0))
    assert world.shown() == world.there()


def test_a_request_that_was_given_up_is_not_the_next_one(proc: Path) -> None:
    steps = [("listen", 0), ("request", 0), ("dump", 0), ("give_up", 0), ("accept", 0)]
    world = told_after(proc, *steps, ("dump", 0))
    assert world.shown() == world.there()
    assert len(world.watch.receiver.lives) == 2


def test_the_memory_of_a_server_whose_end_was_lost_is_anothers(proc: Path) -> None:
    """A dump shows the other that listens there, and cannot tell that it is another."""
    steps = [*SERVERS, ("dump", 0), ("lose", 1), ("close", 0), ("drain", 0), ("join", 0)]
    for newest_first in (False, True):
        world = told_after(proc, *steps, newest_first=newest_first)
        assert world.shown() == world.there()
    steps = [("listen", 0), ("lose", 3), ("join", 0), ("close", 0), ("accept", 0), ("drain", 0)]
    world = told_after(proc, *steps, ("reset", 0))
    assert world.shown() == world.there()


def test_who_is_not_known_any_more_is_told_no_more(proc: Path) -> None:
    """The process has ended, and nobody holds its socket as far as can be seen."""
    world = told_after(proc, ("listen", 0), ("dump", 0))
    (entry,) = world.watch.table
    assert entry.program is not None
    entry.program.ended = True
    world.kernel.sockets[0].pid = 0
    world.run(("dump", 0))
    assert [row.pid for row in world.watch.receiver.open.values()] == [0]


@pytest.mark.parametrize(
    ("began", "lost", "direction"),
    [("connect", 2, Direction.OUT), ("accept", 1, Direction.IN)],
)
def test_of_what_is_told_as_it_ends_it_is_seen_who_began_it(
    proc: Path, began: str, lost: int, direction: Direction
) -> None:
    """Some kernels do not tell that a connection was established."""
    steps = [("listen", 0), ("drain", 0), ("lose", lost), (began, 0), ("establish", 0)]
    world = told_after(proc, *steps, ("close", 1))
    assert [told for told, _ in world.directions()] == [direction]
