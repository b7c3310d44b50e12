import socket
import struct
from pathlib import Path

import pytest

from connmon_collector.processes.programs import Programs
from connmon_collector.sources.events import records
from connmon_collector.sources.events.exchanges import IDLE, Exchanges
from connmon_collector.sources.events.merging import Merging
from connmon_collector.sources.events.table import Table
from connmon_collector.sources.sock_diag import SOCK_DIAG_BY_FAMILY, Row
from connmon_shared.messages import Connection
from connmon_shared.states import State

HERE, RESOLVER, OTHER = b"\x0a\0\0\1", b"\x0a\0\0\x35", b"\x0a\0\0\x36"
PORT, DNS = 40_000, 53
SOCK = 0xFFFF_8880_0000_1000
SECOND = 1_000_000_000
MARK = struct.pack("=IQ", 0, 99)


class Network:
    """A table of exchanges, and threads that send."""

    def __init__(self, place: Path, *, confirmed: bool = True) -> None:
        programs = Programs(str(place))
        self.now = 10 * SECOND
        self.table = Table(programs, lambda _inode: "")
        self.merging = Merging(self.table)
        self.exchanges = Exchanges(self.table, programs, confirmed=confirmed)

    def route(self, remote: bytes = RESOLVER, port: int = DNS, tid: int = 8) -> None:
        self.exchanges.routed((records.UDP, 104, 7, tid, self.now, HERE, remote, PORT, port))

    def send(self, sock: int = SOCK, tid: int = 8) -> None:
        self.exchanges.sent((records.SENT, 64, 7, tid, self.now, sock))

    def wait(self, seconds: float) -> None:
        self.now += int(seconds * SECOND)
        if self.exchanges.idle(self.now):
            self.exchanges.expire(self.now)

    def identify(self) -> None:
        self.merging.identify([row()], 1)

    def dump(self, *rows: Row) -> None:
        self.merging.begin()
        self.merging.take(rows, 1, set(), self.now)
        self.merging.finish(lambda _network: True, set(), self.now)

    def told(self) -> tuple[list[Connection], list[int]]:
        change = self.table.take(self.now)
        return change.changed, change.gone


def ends(remote: bytes = RESOLVER) -> bytes:
    ports = struct.pack(">HH", PORT, DNS if any(remote) else 0)
    return ports + HERE.ljust(16, b"\0") + remote.ljust(16, b"\0")


def row() -> Row:
    shape = bytes((socket.AF_INET, State.ESTABLISHED))
    return 72, SOCK_DIAG_BY_FAMILY, shape, ends(), MARK, struct.pack("=II", 0, 4_711)


@pytest.fixture
def net(tmp_path: Path) -> Network:
    return Network(tmp_path)


def test_a_look_up_alone_is_no_exchange(net: Network) -> None:
    net.route()
    assert net.told() == ([], [])


def test_what_is_sent_after_its_look_up_is_one(net: Network) -> None:
    net.route()
    net.send()
    (opened,), _ = net.told()
    assert opened[1:8] == (17, State.ESTABLISHED, b"", PORT, RESOLVER, DNS, 7)


def test_the_thread_must_be_the_same(net: Network) -> None:
    net.route(tid=8)
    net.send(tid=9)
    assert net.told() == ([], [])


def test_what_is_sent_much_later_is_not_for_that_look_up(net: Network) -> None:
    net.route()
    net.now += SECOND
    net.send()
    assert net.told() == ([], [])


def test_where_sending_is_not_told_a_look_up_has_to_do(tmp_path: Path) -> None:
    net = Network(tmp_path, confirmed=False)
    net.route()
    assert len(net.told()[0]) == 1


def test_without_a_port_there_is_nothing_to_send_to(tmp_path: Path) -> None:
    net = Network(tmp_path, confirmed=False)
    net.route(port=0)
    assert net.told() == ([], [])


def test_the_same_exchange_is_told_once(net: Network) -> None:
    for _ in range(3):
        net.route()
        net.send()
    assert len(net.told()[0]) == 1
    net.route()
    net.send()
    assert net.told() == ([], [])


def test_it_is_over_when_nothing_was_sent_for_long(net: Network) -> None:
    net.route()
    net.send()
    (opened,), _ = net.told()
    net.wait(IDLE / SECOND)
    assert net.told() == ([], [])
    net.wait(0.001)
    assert net.told() == ([], [opened.id])
    net.wait(60)
    assert net.told() == ([], [])


def test_a_connected_socket_keeps_sending_without_a_look_up(net: Network) -> None:
    net.route()
    net.send()
    net.told()
    for _ in range(5):
        net.wait(3)
        net.send()
    assert net.told() == ([], [])


def test_as_long_as_a_connected_socket_is_there_it_is_not_over(net: Network) -> None:
    net.route()
    net.send()
    (opened,), _ = net.told()
    net.identify()
    net.told()
    net.wait(60)
    assert net.told() == ([], [])
    net.exchanges.destroyed(ends(), MARK, net.now)
    assert net.told() == ([], [opened.id])


def test_what_an_unconnected_socket_sent_is_over_with_it(net: Network) -> None:
    for remote in (RESOLVER, OTHER):
        net.route(remote)
        net.send()
    opened, _ = net.told()
    net.exchanges.destroyed(ends(b""), MARK, net.now)
    changed, gone = net.told()
    assert (changed, sorted(gone)) == ([], [each.id for each in opened])


def test_what_an_unconnected_socket_sends_is_not_over_because_no_dump_shows_it(
    net: Network,
) -> None:
    net.route()
    net.send()
    net.told()
    net.now += 1
    net.dump()
    assert net.told() == ([], [])


def test_a_connected_socket_that_a_dump_does_not_show_any_more_is_over(net: Network) -> None:
    net.route()
    net.send()
    (opened,), _ = net.told()
    net.now += 1
    net.dump(row())
    assert net.told()[1] == []
    net.now += 1
    net.dump()
    assert net.told() == ([], [opened.id])
