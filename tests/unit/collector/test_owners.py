import os
import socket
import sys
from collections.abc import Callable

import pytest
from unit.collector.child import Child

from connmon_collector.processes.owners import NOBODY, Owner, Owners

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's /proc")

NO_SUCH_INODE = 1 << 40  # the kernel's are 32 bits
LISTEN = "socket.create_server(('127.0.0.1', 0))"


class Seconds:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def these(*inodes: int) -> Callable[[], set[int]]:
    return lambda: set(inodes)


def test_finds_the_process_that_holds_a_socket() -> None:
    processes = Owners()
    with Child() as child:
        child.ask(f"s = {LISTEN}")
        inode = child.inode("s")
        assert processes.update({inode}, these(inode)) == {inode}
        owner = processes.owner(inode)
    assert owner.pid == child.pid
    assert owner.name.startswith("python")


def test_a_hostile_name_is_cleaned() -> None:
    processes = Owners()
    with Child() as child:
        child.ask(r"open('/proc/self/comm', 'wb').write(b'\xff\xfe\x1b[31m')")
        child.ask(f"s = {LISTEN}")
        inode = child.inode("s")
        processes.update({inode}, these(inode))
    assert processes.owner(inode).name == "???[31m"


def test_looks_only_when_somebody_is_missing() -> None:
    processes = Owners()
    with socket.create_server(("127.0.0.1", 0)) as mine:
        inode = os.fstat(mine.fileno()).st_ino
        processes.update({inode}, these(inode))
        assert processes.update(set(), these(inode)) == set()
        assert processes.update({inode}, these(inode)) == set()
    assert processes.looks == 1
    assert processes.owner(inode).pid == os.getpid()


def test_a_file_descriptor_that_becomes_a_socket_is_found() -> None:
    processes = Owners()
    with Child() as child:
        child.ask(f"s = {LISTEN}")
        child.ask("f = open('/dev/null')")
        first, number = child.inode("s"), child.number("f.fileno()")
        processes.update({first}, these(first))
        child.ask("f.close()")
        child.ask(f"t = {LISTEN}")
        assert child.number("t.fileno()") == number, "the number was used again"
        second = child.inode("t")
        assert processes.update({second}, these(first, second)) == {second}
    assert processes.owner(second).pid == child.pid


def test_a_socket_descriptor_that_becomes_another_socket_is_found() -> None:
    processes = Owners()
    with Child() as child:
        child.ask(f"s = {LISTEN}")
        first, number = child.inode("s"), child.number("s.fileno()")
        processes.update({first}, these(first))
        child.ask("s.close()")
        child.ask(f"s = {LISTEN}")
        assert child.number("s.fileno()") == number
        second = child.inode("s")
        assert processes.update({second}, these(second)) == {second}
    assert processes.owner(first) == NOBODY
    assert processes.owner(second).pid == child.pid


def test_a_remembered_descriptor_that_lies_is_found_out_on_the_second_look() -> None:
    """A socket shared by two processes stays while one of them reuses its descriptor."""
    clock = Seconds()
    processes = Owners(clock=clock)
    with socket.create_server(("127.0.0.1", 0)) as shared:
        first = os.fstat(shared.fileno()).st_ino
        with Child(pass_fds=[shared.fileno()]) as child:
            child.ask(f"s = socket.socket(fileno={shared.fileno()})")
            processes.update({first}, these(first))
            assert processes.owner(first).pid == child.pid, "the newest process comes first"
            child.ask("n = os.dup(s.fileno())")
            child.ask("s.close()")
            child.ask("os.close(n)")
            child.ask(f"t = {LISTEN}")
            child.ask(f"os.dup2(t.fileno(), {shared.fileno()})")
            child.ask("t.close()")
            child.ask(f"t = socket.socket(fileno={shared.fileno()})")
            second = child.inode("t")
            assert processes.update({second}, these(first, second)) == set()
            clock.now += 2
            assert processes.update(set(), these(first, second)) == {second}
            assert processes.owner(second).pid == child.pid


def test_hopeless_sockets_are_looked_for_ever_less_often() -> None:
    clock = Seconds()
    processes = Owners(clock=clock)
    processes.update({NO_SUCH_INODE}, these(NO_SUCH_INODE))
    for _ in range(600):
        clock.now += 1
        assert processes.update(set(), these(NO_SUCH_INODE)) == set()
    assert processes.looks <= 18, "1 + 7 while it slows down, then one in 64 s"
    assert processes.owner(NO_SUCH_INODE) == NOBODY


def test_many_hopeless_sockets_share_their_looks() -> None:
    clock = Seconds()
    processes = Owners(clock=clock)
    inodes = [NO_SUCH_INODE + n for n in range(40)]
    for n, inode in enumerate(inodes):
        processes.update({inode}, these(*inodes[: n + 1]))
        clock.now += 1
    looks = []
    for _ in range(400):
        clock.now += 1
        processes.update(set(), these(*inodes))
        looks.append(processes.looks)
    assert looks[-1] - looks[-129] == 2, "once in 64 s for all of them"


def test_a_hopeless_socket_that_is_gone_is_forgotten() -> None:
    clock = Seconds()
    processes = Owners(clock=clock)
    processes.update({NO_SUCH_INODE}, these(NO_SUCH_INODE))
    clock.now += 2
    processes.update(set(), these())
    before = processes.looks
    clock.now += 100
    processes.update(set(), these())
    assert processes.looks == before


def test_a_socket_that_outlives_its_process_gets_the_next_holder() -> None:
    processes = Owners()
    with socket.create_server(("127.0.0.1", 0)) as shared:
        inode = os.fstat(shared.fileno()).st_ino
        with Child(pass_fds=[shared.fileno()]) as child:
            processes.update({inode}, these(inode))
            assert processes.owner(inode).pid == child.pid
        assert processes.update(set(), these(inode)) == {inode}
        assert processes.owner(inode).pid == os.getpid()


def test_a_socket_whose_last_known_holder_ended_is_told_to_have_none() -> None:
    processes = Owners()
    with Child() as child:
        child.ask(f"s = {LISTEN}")
        inode = child.inode("s")
        processes.update({inode}, these(inode))
    assert processes.update(set(), these(inode)) == {inode}
    assert processes.owner(inode) == NOBODY


def test_a_socket_nobody_is_left_to_hold_has_no_owner() -> None:
    processes = Owners()
    with Child() as child:
        child.ask(f"s = {LISTEN}")
        inode = child.inode("s")
        processes.update({inode}, these(inode))
    processes.update(set(), these())
    assert processes.owner(inode) == Owner(0, "")
