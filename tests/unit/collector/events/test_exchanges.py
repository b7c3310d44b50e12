import socket
import struct
from pathlib import Path

import pytest
from unit.collector.events.kernel import NETWORKS, PIDS, make_proc

from connmon_collector.processes.programs import Programs
from connmon_collector.sources.events import records
from connmon_collector.sources.events.exchanges import IDLE, Exchanges
from connmon_collector.sources.events.merging import Merging
from connmon_collector.sources.events.table import Table
from connmon_collector.sources.sock_diag.netlink import SOCK_DIAG_BY_FAMILY
from connmon_collector.sources.sock_diag.rows import Row
from connmon_shared.messages import Connection
from connmon_shared.timelines.states import State

HERE, RESOLVER, OTHER = b"\x0a\0\0\1", b"\x0a\0\0\x35", b"\x0a\0\0\x36"
PORT, DNS = 40_000, 53
SOCK = 0xFFFF_8880_0000_1000
SECOND = 1_000_000_000
MARK, NEXT_MARK = struct.pack("=IQ", 0, 99), struct.pack("=IQ", 0, 100)
ONE, TWO = NETWORKS[:2]


class Network:
    """A table of exchanges, and threads that send."""

    def __init__(self, place: Path, *, confirmed: bool = True, dumped: bool = False) -> None:
        programs = Programs(str(place))
        self.now = 10 * SECOND
        self.table = Table(programs, lambda _inode: "")
        self.merging = Merging(self.table)
        self.exchanges = Exchanges(
            self.table, programs, confirmed=confirmed, dumped=lambda _network: dumped
        )

    def route(
        self,
        remote: bytes = RESOLVER,
        port: int = DNS,
        tid: int = 8,
        pid: int = 7,
        local: int = PORT,
    ) -> None:
        self.exchanges.routed((records.UDP, 104, pid, tid, self.now, HERE, remote, local, port))

    def send(self, sock: int = SOCK, tid: int = 8) -> None:
        self.exchanges.sent((records.SENT, 64, 7, tid, self.now, sock))

    def exchange(self, sock: int = SOCK, pid: int = 7, local: int = PORT) -> int:
        """Send, and return what the exchange is told as, if it is new."""
        self.route(pid=pid, local=local)
        self.send(sock)
        changed, _ = self.told()
        return changed[0].id if changed else 0

    def wait(self, seconds: float) -> None:
        self.now += int(seconds * SECOND)
        if self.exchanges.idle(self.now):
            self.exchanges.expire(self.now)

    def identify(self) -> None:
        self.merging.identify([row()], 1)

    def dump(self, *rows: Row, other: Row | None = None) -> None:
        """Merge what is in one namespace, and in another."""
        self.now += 1
        self.merging.begin()
        self.merging.take(rows, ONE, set(), self.now)
        self.merging.take([other] if other is not None else [], TWO, set(), self.now)
        self.merging.finish(lambda _entry: True, set(), self.now)

    def told(self) -> tuple[list[Connection], list[int]]:
        change = self.table.take(self.now)
        return change.changed, change.gone


def ends(remote: bytes = RESOLVER) -> bytes:
    ports = struct.pack(">HH", PORT, DNS if any(remote) else 0)
    return ports + HERE.ljust(16, b"\0") + remote.ljust(16, b"\0")


def row(remote: bytes = RESOLVER, mark: bytes = MARK) -> Row:
    shape = bytes((socket.AF_INET, State.ESTABLISHED if remote else State.CLOSE))
    return 72, SOCK_DIAG_BY_FAMILY, shape, ends(remote), mark, struct.pack("=II", 0, 4_711)


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


def test_a_socket_of_both_families_is_connected_to_an_ipv4_address(net: Network) -> None:
    _, kind, _, key, mark, owner = row()
    mapped = bytes(10) + b"\xff\xff"
    key = key[:4] + mapped + HERE + mapped + RESOLVER
    dual = 72, kind, bytes((socket.AF_INET6, State.ESTABLISHED)), key, mark, owner
    first = net.exchange()
    net.dump(dual)
    (change,), gone = net.told()
    assert (change.id, gone) == (first, [])
    net.exchanges.destroyed(key, mark, net.now)
    assert net.told() == ([], [first])
    net.dump(dual)
    (opened,), _ = net.told()
    assert opened[3:7] == (b"", PORT, RESOLVER, DNS)


def test_what_an_unconnected_socket_sends_is_not_over_because_no_dump_shows_it(
    net: Network,
) -> None:
    net.route()
    net.send()
    net.told()
    net.dump()
    assert net.told() == ([], [])


def test_a_connected_socket_that_a_dump_does_not_show_any_more_is_over(net: Network) -> None:
    net.route()
    net.send()
    (opened,), _ = net.told()
    net.dump(row())
    assert net.told()[1] == []
    net.dump()
    assert net.told() == ([], [opened.id])


def test_memory_used_again_at_once_is_another_socket(net: Network) -> None:
    """Nobody has said yet that the one before is no more."""
    first = net.exchange()
    assert net.exchange(local=PORT + 1) not in {0, first}


def test_memory_used_again_later_is_not_the_socket_before(net: Network) -> None:
    net.exchange()
    net.exchanges.destroyed(ends(b""), MARK, net.now)
    net.told()
    net.send()  # over a connected socket that was looked up before us
    assert net.told() == ([], [])


def test_nor_is_it_when_only_a_dump_tells_of_its_end(net: Network) -> None:
    net.exchange()
    net.dump(row())
    net.dump()
    net.told()
    net.send()
    assert net.told() == ([], [])


def test_what_a_thread_has_only_connected_is_not_where_its_other_socket_sends(
    net: Network,
) -> None:
    net.exchange()
    net.route(OTHER, local=PORT + 1)
    net.now += SECOND // 10
    net.send()
    assert net.told() == ([], [])
    net.send(SOCK + 1)
    assert [row.remote for row in net.told()[0]] == [OTHER]


def test_who_sends_to_where_it_is_not_connected_has_not_sent_there(tmp_path: Path) -> None:
    """The first packet of a socket was taken for one to what its thread had connected before."""
    net = Network(make_proc(tmp_path), dumped=True)
    mistaken = net.exchange(pid=PIDS[ONE][0])
    for _ in range(3):
        net.now += SECOND
        net.send()
    net.wait(3)
    assert net.told() == ([], [mistaken])
    net.send()
    assert net.told() == ([], [])


def test_where_no_dump_shows_it_a_connected_socket_may_have_been_idle(net: Network) -> None:
    first = net.exchange()
    net.wait(6)
    assert net.told() == ([], [first])
    net.send()
    (again,), _ = net.told()
    assert (again.remote, again.pid) == (RESOLVER, 7)


def test_nor_is_it_where_another_is_connected_after_a_pause(net: Network) -> None:
    net.exchange()
    net.wait(6)
    net.told()
    net.route(OTHER, local=PORT + 1)
    net.now += SECOND // 10
    net.send()
    assert [row.remote for row in net.told()[0]] == [RESOLVER]


def test_two_namespaces_may_use_the_same_port(tmp_path: Path) -> None:
    net = Network(make_proc(tmp_path))
    first = net.exchange(SOCK, PIDS[ONE][0])
    second = net.exchange(SOCK + 1, PIDS[TWO][0])
    assert second not in {0, first}
    assert net.exchange(SOCK, PIDS[ONE][1]) == first, "of another process there"
    assert net.exchange(SOCK + 1, PIDS[TWO][0]) == 0
    net.exchanges.destroyed(ends(), MARK, net.now)
    assert net.told() == ([], []), "of which namespace it was is not known"


@pytest.mark.parametrize("network", [ONE, TWO])
def test_another_socket_on_the_port_may_go_on_with_what_was_sent(
    tmp_path: Path, network: int
) -> None:
    net = Network(make_proc(tmp_path))
    one, other = row(b""), row(b"", NEXT_MARK)
    if network == ONE:
        net.dump(one, other)
    else:
        net.dump(one, other=other)
    net.told()
    first = net.exchange(pid=PIDS[ONE][0])
    net.exchanges.destroyed(ends(b""), NEXT_MARK, net.now)
    assert first not in net.told()[1]
    net.wait(6)
    assert net.told() == ([], [first])
