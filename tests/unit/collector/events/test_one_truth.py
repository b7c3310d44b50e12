"""Events and dumps together give one truth, whatever happens in whatever order."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.collector.events.kernel import (
    NETWORKS,
    REMOTES,
    USER,
    Ends,
    Kernel,
    Socket,
    make_proc,
)
from unit.collector.events.watch import Step, Watch

from connmon_shared.states import State

Shown = tuple[Ends, int, str]  # ends, state, namespace
Told = tuple[Ends, int, int, bool]  # ends, opened, closed, failed

HAPPENINGS = (
    "connect",
    "listen",
    "accept",
    "establish",
    "refuse",
    "peer_closes",
    "close",
    "reset",
)
UNHEARD = ("request", "give_up")
NUMBERS = st.integers(0, 7)


def happenings(*names: str) -> st.SearchStrategy[tuple[str, int]]:
    return st.tuples(st.sampled_from(names), NUMBERS)


@pytest.fixture(scope="module")
def proc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_proc(tmp_path_factory.mktemp("proc"))


class World:
    """A kernel, somebody who watches it, and what goes wrong between them."""

    def __init__(self, proc: Path) -> None:
        self.kernel = Kernel()
        self.watch = Watch(self.kernel, proc)
        self.losing = 0
        self.lost = False  # since the last reading
        self.sure = True  # nothing was lost since a dump that nothing disturbed

    def happen(self, name: str, which: int) -> None:
        """Let one thing happen; while events are lost, nobody hears of it."""
        self.kernel.tick()
        before = len(self.kernel.events)
        getattr(self.kernel, name)(which)
        if self.losing and len(self.kernel.events) > before:
            del self.kernel.events[before:]
            self.losing -= 1
            self.lost, self.sure = True, False

    def step(self, name: str, which: int) -> Step:
        return lambda: self.happen(name, which)

    def run(self, steps: list[tuple[str, int]]) -> None:
        """Let everything happen. A dump takes as long as the next few things."""
        left = list(steps)
        while left:
            name, which = left.pop(0)
            if name == "drain":
                self.kernel.tick()
                self.watch.drain()
                if self.lost:
                    self.resynchronise()
                elif self.sure:
                    assert _as_told(self.shown()) == _as_told(self.there())
            elif name == "dump":
                count = min(which, 4)
                meanwhile, left = left[:count], left[count:]
                heard = [step for step in meanwhile if step[0] not in {"drain", "dump", "lose"}]
                if self.lost:
                    self.watch.dumps.hurry()
                self.lost = False
                self.watch.look(*(self.step(*each) for each in heard))
                self.watch.tell()
            elif name == "lose":
                self.losing = which
            else:
                self.happen(name, which)

    def resynchronise(self) -> None:
        """Dump, and look whether that gives the truth."""
        # Which of two that connect to one place was lost, only the next dump can tell.
        connecting = any(sock.state == State.SYN_SENT for sock in self.kernel.sockets)
        self.lost, self.sure = False, not connecting
        self.watch.dumps.hurry()
        self.watch.look()
        self.watch.tell()
        assert self.shown() == self.there()

    def shown(self) -> list[Shown]:
        rows = self.watch.receiver.open.values()
        return sorted((_unported(row[3:7], row.state), row.state, row.namespace) for row in rows)

    def there(self) -> list[Shown]:
        names = {NETWORKS[0]: "", NETWORKS[1]: str(NETWORKS[1])}
        return sorted(
            (_unported(s.ends, s.state), int(s.state), names[s.network])
            for s in self.kernel.sockets
        )

    def told(self) -> list[Told]:
        lives = self.watch.receiver.lives.values()
        return sorted((life.ends, life.opened, life.closed, life.failed) for life in lives)

    def true(self, since: int) -> list[Told]:
        return sorted(_life(sock, since) for sock in self.kernel.log)


def _as_told(rows: list[Shown]) -> list[tuple[Ends, int]]:
    """Return `rows` without what only a dump tells: half-open and half-closed, and namespaces."""
    return sorted(
        (ends, State.ESTABLISHED if state == State.CLOSE_WAIT else state)
        for ends, state, _ in rows
        if state != State.SYN_RECV
    )


def _unported(ends: Ends, state: int) -> Ends:
    """Return `ends` without the port that is not told as long as a socket connects."""
    return (ends[0], 0, *ends[2:]) if state == State.SYN_SENT else ends


def _life(sock: Socket, since: int) -> Told:
    local, port, remote, remote_port = sock.ends
    ends = (local, port if sock.told_port else 0, remote, remote_port)
    return ends, max(sock.opened, since), sock.closed, sock.failed


def alone(step: tuple[str, int]) -> tuple[str, int]:
    """Return the same in the first namespace, where what is there before us has no twin."""
    return step[0], step[1] & ~1


def own_port(step: tuple[str, int]) -> tuple[str, int]:
    """Return the same on a port that only one namespace serves."""
    return step[0], step[1] | 2 if step[0] == "listen" else step[1]


@settings(max_examples=1_000, deadline=None)
@given(
    before=st.lists(happenings(*HAPPENINGS), max_size=8),
    steps=st.lists(happenings(*HAPPENINGS, "drain", "dump"), max_size=40),
)
def test_without_losses_every_opening_and_closing_is_told_as_it_was(
    proc: Path, before: list[tuple[str, int]], steps: list[tuple[str, int]]
) -> None:
    world = World(proc)
    for step in before:
        world.happen(*own_port(alone(step)))
    world.kernel.events.clear()
    world.kernel.log = list(world.kernel.sockets)
    for sock in world.kernel.sockets:
        sock.told_port = True  # the dump tells it
    world.watch.begin()
    since = world.kernel.now
    world.run([own_port(step) for step in steps])
    world.run([("drain", 0)])
    assert world.told() == world.true(since)


@settings(max_examples=1_000, deadline=None)
@given(st.lists(happenings(*HAPPENINGS, *UNHEARD, "drain", "dump", "lose"), max_size=60))
def test_whatever_is_lost_the_next_dump_gives_the_truth(
    proc: Path, steps: list[tuple[str, int]]
) -> None:
    world = World(proc)
    world.watch.begin()
    world.run(steps)
    world.run([("drain", 0)])
    world.resynchronise()


# What the two above have found once, or should have.


def told_after(proc: Path, *steps: tuple[str, int]) -> World:
    world = World(proc)
    world.watch.begin()
    world.run([*steps, ("drain", 0)])
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
    assert world.told() == world.true(0)


def test_what_connects_during_a_dump_is_not_taken_for_what_did_before(proc: Path) -> None:
    world = told_after(proc, ("connect", 0), ("dump", 1), ("connect", 4))
    assert world.told() == world.true(0)


def test_what_a_dump_adds_to_what_was_told_is_told(tmp_path: Path) -> None:
    """The user of a socket is not the one that its process has now."""
    world = told_after(make_proc(tmp_path, uid=0), ("listen", 0), ("drain", 0), ("dump", 0))
    assert [row.uid for row in world.watch.receiver.open.values()] == [USER]


def test_what_came_in_in_a_namespace_that_cannot_be_dumped_stays(proc: Path) -> None:
    """Both namespaces serve the port, so nobody can tell of which one the connection is."""
    world = World(proc)
    del world.watch.networks.diags[NETWORKS[1]]
    world.watch.begin()
    world.run([("listen", 0), ("listen", 1), ("accept", 1), ("drain", 0), ("dump", 0)])
    assert world.told() == world.true(0)
    world.run([("close", 2), ("drain", 0)])
    assert world.told() == world.true(0)


def test_what_was_established_without_our_hearing_is_no_failure(proc: Path) -> None:
    """Some kernels lose the events of a processor that was idle."""
    world = World(proc)
    world.watch.begin()
    world.run([("connect", 0), ("drain", 0), ("lose", 1), ("establish", 0), ("dump", 0)])
    (row,) = world.watch.receiver.open.values()
    assert row.state == State.ESTABLISHED
    assert row.local_port
    assert len(world.watch.receiver.lives) == 1
