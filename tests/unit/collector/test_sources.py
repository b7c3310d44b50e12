"""Both sources against real sockets on the loopback interface."""

import os
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from unit.collector.child import Child, connect

from connmon_collector.sources.base import Source
from connmon_collector.sources.choose import open_source
from connmon_collector.sources.netlink_source import NetlinkSource
from connmon_shared.endpoints import parse
from connmon_shared.messages import Connection
from connmon_shared.states import Protocol, State

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="sock_diag is Linux's")
LOOPBACK, LOOPBACK6 = parse("127.0.0.1"), parse("::1")
DEADLINE = 10.0  # seconds for the kernel to tell


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


IPV6 = pytest.mark.skipif(not has_ipv6(), reason="no ::1 here")


@pytest.fixture(params=[pytest.param("poll", marks=LINUX), "psutil"])
def source(request: pytest.FixtureRequest) -> Iterator[Source]:
    opened = open_source(request.param)
    yield opened
    opened.close()


@pytest.fixture
def netlink() -> Iterator[NetlinkSource]:
    opened = NetlinkSource()
    opened.sample()
    yield opened
    opened.close()


class Ends(NamedTuple):
    """What tells our sockets from everybody else's."""

    protocol: int
    state: int
    local: bytes
    local_port: int
    remote: bytes
    remote_port: int
    pid: int


def seen(source: Source, *ports: int) -> set[Ends]:
    """Return what `source` shows on these local ports."""
    rows = source.sample().connections.values()
    return {Ends(*row[1:8]) for row in rows if row.local_port in ports}


def port_of(sock: socket.socket) -> int:
    return int(sock.getsockname()[1])


def test_a_listener_and_both_ends_of_a_connection(source: Source) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client, server = connect(listener)
        with client, server:
            here, there, me = port_of(listener), port_of(client), os.getpid()
            assert seen(source, here, there) == {
                Ends(Protocol.TCP, State.LISTEN, LOOPBACK, here, b"", 0, me),
                Ends(Protocol.TCP, State.ESTABLISHED, LOOPBACK, here, LOOPBACK, there, me),
                Ends(Protocol.TCP, State.ESTABLISHED, LOOPBACK, there, LOOPBACK, here, me),
            }


@IPV6
def test_ipv6(source: Source) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        client, server = connect(listener)
        with client, server:
            here, there = port_of(listener), port_of(client)
            rows = seen(source, here, there)
    assert {(row.local, row.remote) for row in rows} == {
        (LOOPBACK6, b""),
        (LOOPBACK6, LOOPBACK6),
    }
    assert len(rows) == 3


@IPV6
def test_a_mapped_address_is_shown_as_ipv4(source: Source) -> None:
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as listener:
        here = port_of(listener)
        with socket.create_connection(("127.0.0.1", here)), listener.accept()[0]:
            rows = seen(source, here)
    assert {(row.state, row.local, row.remote) for row in rows} == {
        (State.LISTEN, b"", b""),
        (State.ESTABLISHED, LOOPBACK, LOOPBACK),
    }


def test_udp_bound_and_connected(source: Source) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as linked,
    ):
        bound.bind(("127.0.0.1", 0))
        linked.connect(bound.getsockname())
        here, there, me = port_of(bound), port_of(linked), os.getpid()
        assert seen(source, here, there) == {
            Ends(Protocol.UDP, State.CLOSE, LOOPBACK, here, b"", 0, me),
            Ends(Protocol.UDP, State.ESTABLISHED, LOOPBACK, there, LOOPBACK, here, me),
        }


def test_a_bound_tcp_socket_is_nothing_to_show(source: Source) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert seen(source, port_of(bound)) == set()


def test_half_closed_is_open_on_one_side_only(source: Source) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client, server = connect(listener)
        with client, server:
            here, there = port_of(listener), port_of(client)
            client.shutdown(socket.SHUT_WR)
            assert server.recv(1) == b"", "the FIN has come"
            states = {row.state for row in seen(source, here, there)}
    assert states == {State.LISTEN, State.CLOSE_WAIT}


def test_time_wait_is_not_shown(source: Source) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client, server = connect(listener)
        here, there = port_of(listener), port_of(client)
        client.close()
        assert server.recv(1) == b""
        server.close()
        assert {row.state for row in seen(source, here, there)} == {State.LISTEN}


def test_ids_stay_as_long_as_the_socket(source: Source) -> None:
    def ids(*ports: int) -> dict[Ends, int]:
        rows = source.sample().connections.values()
        return {Ends(*row[1:8]): row.id for row in rows if row.local_port in ports}

    with socket.create_server(("127.0.0.1", 0)) as listener:
        here = port_of(listener)
        first = ids(here)
        with socket.create_server(("127.0.0.1", 0)) as other:
            both = ids(here, port_of(other))
        assert len(set(both.values())) == 2
        assert first.items() <= both.items()
        assert ids(here) == first


def test_the_process_is_named(source: Source) -> None:
    with Child() as child:
        child.ask("s = socket.create_server(('127.0.0.1', 0))")
        port = child.number("s.getsockname()[1]")
        rows = source.sample().connections.values()
        (row,) = (row for row in rows if row.local_port == port)
    assert row.pid == child.pid
    assert row.process.startswith("python")


@LINUX
def test_both_sources_agree() -> None:
    with Child() as child:
        child.ask("s = socket.create_server(('127.0.0.1', 0))")
        child.ask("c = [socket.create_connection(s.getsockname()) for _ in range(20)]")
        child.ask("a = [s.accept()[0] for _ in range(19)]")  # the last one waits in the queue
        child.ask("u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
        child.ask("u.connect(('127.0.0.1', 9))")
        port = child.number("s.getsockname()[1]")
        ports = {port, child.number("u.getsockname()[1]")}
        ports |= {child.number(f"c[{n}].getsockname()[1]") for n in range(20)}
        views = []
        for name in ("poll", "psutil"):
            one = open_source(name)
            rows = one.sample().connections.values()
            mine = [row for row in rows if row.local_port in ports]
            views.append(sorted(row._replace(id=0, uid=0) for row in mine))
            one.close()
    assert views[0] == views[1]
    assert len(views[0]) == 42


# From here on: what only netlink can.


@LINUX
def test_what_did_not_change_is_the_same_object(netlink: NetlinkSource) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        before = find(netlink, port_of(listener))
        assert find(netlink, port_of(listener)) is before


def find(source: Source, port: int) -> Connection:
    rows = source.sample().connections.values()
    (row,) = (row for row in rows if row.local_port == port)
    return row


@LINUX
def test_the_holder_appears_when_a_connection_is_accepted(netlink: NetlinkSource) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
        client.connect(listener.getsockname())
        there = port_of(client)

        def accepted() -> Connection:
            rows = netlink.sample().connections.values()
            (row,) = (row for row in rows if row.remote_port == there)
            return row

        waiting = accepted()
        assert (waiting.pid, waiting.uid) == (0, -1)
        with listener.accept()[0]:
            row = accepted()
    assert row == waiting._replace(pid=os.getpid(), process=row.process, uid=os.getuid())


@LINUX
def test_a_udp_socket_may_change_its_peer(netlink: NetlinkSource) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as linked:
        linked.connect(("127.0.0.1", 9))
        first = find(netlink, port_of(linked))
        linked.connect(("127.0.0.2", 9))
        second = find(netlink, port_of(linked))
    assert second == first._replace(remote=parse("127.0.0.2"))


def passed_until(source: Source, enough: Callable[[list[Connection]], bool]) -> list[Connection]:
    """Sample until what passed is enough; the kernel tells a little later."""
    passed: list[Connection] = []
    limit = time.monotonic() + DEADLINE
    while not enough(passed):
        assert time.monotonic() < limit, f"only {passed} came"
        passed += source.sample().passed
    return passed


def passed_on(source: Source, listener: socket.socket, *ports: int) -> list[Connection]:
    """Return all that passed with one of these ports, however late it is told.

    A last short connection is made, and what comes before the kernel tells of that is all:
    it tells in order.
    """
    client, server = connect(listener)
    last = port_of(client)
    client.close()
    server.close()
    rows = passed_until(source, lambda rows: len([r for r in rows if last in ports_of(r)]) == 2)
    return [row for row in rows if ports_of(row) & set(ports)]


def ports_of(row: Connection) -> set[int]:
    return {row.local_port, row.remote_port}


@LINUX
def test_a_short_connection_is_reported_once_for_each_end(netlink: NetlinkSource) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client, server = connect(listener)
        there = port_of(client)
        client.close()
        server.close()
        rows = passed_on(netlink, listener, there)
        rows += passed_on(netlink, listener, there)
        shown = netlink.sample().connections
    assert len(rows) == 2
    assert {(row.state, row.local, row.remote) for row in rows} == {(1, LOOPBACK, LOOPBACK)}
    assert not {row.id for row in rows} & shown.keys()


@LINUX
def test_a_known_connection_that_closes_is_not_reported(netlink: NetlinkSource) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client, server = connect(listener)
        there = port_of(client)
        netlink.sample()
        client.close()
        server.close()
        assert passed_on(netlink, listener, there) == []


@LINUX
def test_a_reset_connection_held_for_long_does_not_come_back(netlink: NetlinkSource) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client, server = connect(listener)
        there = port_of(client)
        assert {there} & {row.local_port for row in netlink.sample().connections.values()}
        reset(client)
        for _ in range(3):
            rows = netlink.sample().connections.values()
            assert not [row for row in rows if there in ports_of(row)]
        server.close()  # only now the kernel destroys it
        assert passed_on(netlink, listener, there) == []


@LINUX
def test_a_lingering_connection_does_not_come_back(netlink: NetlinkSource) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client, server = connect(listener)
        there = port_of(client)
        client.close()  # FIN_WAIT2 now, as the server does not close
        rows = passed_on(netlink, listener, there)
        shown = netlink.sample().connections.values()
        assert [row.local_port for row in shown if there in ports_of(row)] == [port_of(listener)]
        server.close()
        rows += passed_on(netlink, listener, there)
    assert [row.local_port for row in rows] == [there], "the client's end, once"


@LINUX
def test_what_was_over_before_is_not_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client, server = connect(listener)
        there = port_of(client)
        client.shutdown(socket.SHUT_WR)
        assert server.recv(1) == b""
        source = NetlinkSource()
        try:
            source.sample()
            client.close()
            server.close()
            assert passed_on(source, listener, there) == []
        finally:
            source.close()


def reset(sock: socket.socket) -> None:
    """Close with RST: linger on, for no time."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


@LINUX
def test_a_short_connection_that_we_reset_keeps_its_address(netlink: NetlinkSource) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client, server = connect(listener)
        there = port_of(client)
        reset(client)
        server.close()
        rows = passed_on(netlink, listener, there)
    ours = [row for row in rows if row.local_port == there]
    assert [(row.state, row.remote, row.remote_port) for row in ours] == [(1, LOOPBACK, 0)]
    assert len(rows) == 2


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return port_of(probe)


@LINUX
def test_a_refused_connect_is_one_that_was_never_established(
    netlink: NetlinkSource, closed_port: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
        client.bind(("127.0.0.1", 0))
        mine = port_of(client)
        with pytest.raises(ConnectionRefusedError):
            client.connect(("127.0.0.1", closed_port))
        client.close()
        rows = passed_on(netlink, listener, mine)
    assert [(row.state, row.remote) for row in rows] == [(State.SYN_SENT, LOOPBACK)]


@LINUX
def test_a_refused_connect_nobody_waited_for_keeps_its_port(
    netlink: NetlinkSource, closed_port: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
        client.settimeout(0)
        client.connect_ex(("127.0.0.1", closed_port))
        client.close()
        rows = passed_on(netlink, listener, closed_port)
    assert [(row.state, row.remote, row.remote_port) for row in rows] == [
        (State.SYN_SENT, LOOPBACK, closed_port)
    ]


@LINUX
def test_two_hundred_short_connections_are_all_reported(netlink: NetlinkSource) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        used = set()
        for _ in range(100):
            client, server = connect(listener)
            used.add(port_of(client))
            client.close()
            server.close()
            netlink.drain()
        rows = passed_on(netlink, listener, *used)
    assert len(rows) == 200
    assert len({row.id for row in rows}) == 200


@LINUX
def test_lost_messages_are_counted_and_told() -> None:
    source = NetlinkSource(event_buffer=4_096)
    try:
        source.sample()
        assert not any("lost" in limit for limit in source.limits)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            limit = time.monotonic() + DEADLINE
            while not any("lost" in limit for limit in source.limits):
                assert time.monotonic() < limit
                for _ in range(30):
                    for end in connect(listener):
                        end.close()
                source.sample()
            client, server = connect(listener)
            there = port_of(client)
            assert {there} & {row.local_port for row in source.sample().connections.values()}
            client.close()
            server.close()
    finally:
        source.close()


@LINUX
def test_auto_takes_netlink_where_it_can() -> None:
    source = open_source("auto")
    source.close()
    assert source.name == "netlink"
