import struct
from collections.abc import Iterable
from pathlib import Path

import pytest

from connmon_collector.processes.programs import Programs
from connmon_collector.sources.events.entry import Entry
from connmon_collector.sources.events.servers import Servers
from connmon_collector.sources.events.table import Table
from connmon_shared.timelines.states import Protocol, State

INODE = 4_711
KEY = struct.pack(">HH", 80, 0) + bytes(32)


class Host:
    """A listening socket and the processes that hold it."""

    def __init__(self, place: Path) -> None:
        self.table = Table(Programs(str(place)), lambda _inode: "")
        self.servers = Servers(self.table, self.sharers)
        self.holding = {10}
        self.asked: list[set[int] | None] = []
        self.entry = self.table.open(Protocol.TCP, State.LISTEN, KEY, 2, 1)

    def sharers(self, inode: int, among: Iterable[int] | None) -> list[int]:
        assert inode == INODE
        pids = None if among is None else set(among)
        self.asked.append(pids)
        return sorted(self.holding if pids is None else self.holding & pids)

    def add(self) -> Entry:
        self.entry.mark, self.entry.owner = b"mark", struct.pack("=II", 0, INODE)
        assert self.servers.add(self.entry) == 10
        return self.entry

    def fork(self, pid: int, parent: int, *, keeps: bool = True) -> None:
        if keeps:
            self.holding.add(pid)
        self.servers.forked(pid, parent)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_a_single_holder_is_no_sharing(host: Host) -> None:
    assert host.add().holders == ()
    assert host.servers.alone(host.entry)


def test_all_holders_are_found_once_and_then_only_children_looked_at(host: Host) -> None:
    host.holding = {10, 11}
    assert host.add().holders == (10, 11)
    host.fork(12, 11)
    host.fork(13, 12)
    host.servers.forked(99, 98)
    host.servers.settle()
    assert host.entry.holders == (10, 11, 12, 13)
    assert host.asked == [None, {12, 13}]
    host.servers.settle()
    assert len(host.asked) == 2


def test_a_child_that_closed_it_is_no_holder(host: Host) -> None:
    host.add()
    host.fork(11, 10, keeps=False)
    assert not host.servers.alone(host.entry), "it may be one until that is known"
    host.servers.settle()
    assert host.entry.holders == ()
    assert host.servers.alone(host.entry)
    host.fork(12, 11)
    host.servers.settle()
    assert host.entry.holders == (), "its children are none either"


def test_who_ends_is_struck_off(host: Host) -> None:
    host.holding = {10, 11, 12}
    host.add()
    host.servers.exited(10)
    assert list(host.entry.holders) == [11, 12]
    host.servers.exited(11)
    assert not host.entry.holders
    host.servers.exited(99)


def test_who_ends_before_it_was_looked_at_is_no_holder(host: Host) -> None:
    host.add()
    host.fork(11, 10)
    host.holding.discard(11)
    host.servers.exited(11)
    host.servers.settle()
    assert host.entry.holders == ()


def test_a_closed_server_is_forgotten(host: Host) -> None:
    host.holding = {10, 11}
    host.add()
    host.table.close(host.entry, 5)
    host.fork(12, 10)
    host.servers.exited(11)
    host.servers.settle()
    host.servers.exited(10)
    host.servers.settle()
    assert host.asked == [None]


def test_who_held_a_server_before_it_was_looked_at_anew_may_end_after_it(host: Host) -> None:
    host.holding = {10, 11, 12}
    host.add()
    host.holding = {10}
    host.add()
    host.table.close(host.entry, 5)
    host.servers.settle()
    for pid in (11, 12, 10):
        host.servers.exited(pid)
    assert host.entry.holders == ()


def test_a_server_without_an_inode_needs_a_dump(host: Host) -> None:
    assert not host.servers.settle()
    host.servers.opened(host.entry)
    assert host.servers.settle()
    host.add()
    assert not host.servers.settle()
