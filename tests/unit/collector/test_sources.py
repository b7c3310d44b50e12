"""All sources against real sockets on the loopback interface."""

import itertools
import os
import socket
import struct
import sys
import time
from collections.abc import Callable, Collection, Iterator
from types import TracebackType
from typing import NamedTuple, Self

import pytest
from helpers import IPV6
from unit.collector.child import Child, connect

from connmon_collector.sources.base import Sampler, Source
from connmon_collector.sources.choose import open_source
from connmon_collector.sources.netlink_source import NetlinkSource
from connmon_shared.endpoints import parse
from connmon_shared.messages import Connection
from connmon_shared.timelines.states import Protocol, State

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="sock_diag is Linux's")
LOOPBACK, LOOPBACK6 = parse("127.0.0.1"), parse("::1")
DEADLINE = 20.0  # seconds for the kernel to tell


EVENTS = pytest.param("events", marks=[LINUX, pytest.mark.root])


@pytest.fixture(params=[EVENTS, pytest.param("poll", marks=LINUX), "psutil"])
def fresh(request: pytest.FixtureRequest) -> Iterator[Source]:
    """Yield a source that has not looked yet."""
    opened = open_source(request.param)
    yield opened
    opened.close()


@pytest.fixture
def source(fresh: Source) -> Source:
    """Return one that has looked before anything of the test was there."""
    fresh.begin()
    return fresh


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


def among(ports: Collection[int], source: Source) -> list[Connection]:
    """Return what `source` shows at and between these ports; others may use one of them, too."""
    rows = (row for row in source.connections() if row.local_port in ports)
    return [row for row in rows if not row.remote or row.remote_port in ports]


def seen(source: Source, *ports: int) -> set[Ends]:
    return {Ends(*row[1:8]) for row in among(ports, source)}


def awaited(source: Source, ports: tuple[int, ...], enough: Callable[[set[Ends]], object]) -> None:
    """Look until what is on these ports is enough: some sources tell a moment later."""
    limit = time.monotonic() + DEADLINE
    while not enough(seen(source, *ports)):
        assert time.monotonic() < limit, seen(source, *ports)
        source.sample()


def accepted(rows: set[Ends], port: int) -> set[Ends]:
    """Return `rows` with us as the owner of what came in at `port`: only a dump may tell that."""
    me = os.getpid()
    return {row._replace(pid=me) if row.local_port == port and not row.pid else row for row in rows}


def settle(source: Source) -> None:
    """Wait until all that has happened is known: what happens last is."""
    with Place() as marker:
        awaited(source, (port_of(marker.listener),), bool)


def port_of(sock: socket.socket) -> int:
    return int(sock.getsockname()[1])


def test_a_listener_and_both_ends_of_a_connection(source: Source) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client, server = connect(listener)
        with client, server:
            here, there, me = port_of(listener), port_of(client), os.getpid()
            expected = {
                Ends(Protocol.TCP, State.LISTEN, LOOPBACK, here, b"", 0, me),
                Ends(Protocol.TCP, State.ESTABLISHED, LOOPBACK, here, LOOPBACK, there, me),
                Ends(Protocol.TCP, State.ESTABLISHED, LOOPBACK, there, LOOPBACK, here, me),
            }
            awaited(source, (here, there), lambda rows: accepted(rows, here) == expected)
    awaited(source, (here, there), set().__eq__)


def test_what_was_there_before(fresh: Source) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client, server = connect(listener)
        with client, server:
            here, there = port_of(listener), port_of(client)
            fresh.begin()
            rows = seen(fresh, here, there)
            assert {row.pid for row in rows} == {os.getpid()}
            assert sorted(row.state for row in rows) == [1, 1, State.LISTEN]
            ours = {row.id for row in among((here, there), fresh)}
            assert not ours.intersection(fresh.sample().gone)
            assert ours == {row.id for row in among((here, there), fresh)}
    awaited(fresh, (here, there), set().__eq__)


def test_what_the_first_look_shows_is_not_told_again(fresh: Source) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        fresh.begin()
        with Place() as later:
            ports: set[int] = set()
            limit = time.monotonic() + DEADLINE
            while port_of(later.listener) not in ports:
                assert time.monotonic() < limit
                ports |= {row.local_port for row in fresh.sample().changed}
        assert port_of(listener) not in ports


@IPV6
def test_ipv6(source: Source) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        client, server = connect(listener)
        with client, server:
            here, there, me = port_of(listener), port_of(client), os.getpid()
            expected = {
                Ends(Protocol.TCP, State.LISTEN, LOOPBACK6, here, b"", 0, me),
                Ends(Protocol.TCP, State.ESTABLISHED, LOOPBACK6, here, LOOPBACK6, there, me),
                Ends(Protocol.TCP, State.ESTABLISHED, LOOPBACK6, there, LOOPBACK6, here, me),
            }
            awaited(source, (here, there), lambda rows: accepted(rows, here) == expected)


@IPV6
def test_a_mapped_address_is_shown_as_ipv4(source: Source) -> None:
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as listener:
        here = port_of(listener)
        with socket.create_connection(("127.0.0.1", here)) as client, listener.accept()[0]:
            expected = {(State.LISTEN, b"", b""), (State.ESTABLISHED, LOOPBACK, LOOPBACK)}
            awaited(
                source,
                (here, port_of(client)),
                lambda rows: {(row.state, row.local, row.remote) for row in rows} == expected,
            )


def test_udp_bound_and_connected(fresh: Source) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as linked,
    ):
        bound.bind(("127.0.0.1", 0))
        linked.connect(bound.getsockname())
        fresh.begin()
        here, there, me = port_of(bound), port_of(linked), os.getpid()
        local = b"" if fresh.name == "events" else LOOPBACK  # it joins exchanges without it
        assert seen(fresh, here, there) == {
            Ends(Protocol.UDP, State.CLOSE, LOOPBACK, here, b"", 0, me),
            Ends(Protocol.UDP, State.ESTABLISHED, local, there, LOOPBACK, here, me),
        }
    awaited(fresh, (here, there), set().__eq__)


def test_a_bound_tcp_socket_is_nothing_to_show(source: Source) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        settle(source)
        assert seen(source, port_of(bound)) == set()


def test_half_closed_is_open_on_one_side_only(source: Source) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client, server = connect(listener)
        with client, server:
            ports = port_of(listener), port_of(client)
            client.shutdown(socket.SHUT_WR)
            assert server.recv(1) == b"", "the FIN has come"
            expected = {State.LISTEN, State.CLOSE_WAIT}
            awaited(source, ports, lambda rows: {row.state for row in rows} == expected)


def test_time_wait_is_not_shown(source: Source) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client, server = connect(listener)
        here, there = port_of(listener), port_of(client)
        client.close()
        assert server.recv(1) == b""
        server.close()
        settle(source)
        assert {row.state for row in seen(source, here, there)} == {State.LISTEN}


def test_ids_stay_as_long_as_the_socket(source: Source) -> None:
    def ids(*ports: int) -> dict[Ends, int]:
        awaited(source, ports, lambda rows: len(rows) == len(ports))
        return {Ends(*row[1:8]): row.id for row in among(ports, source)}

    with socket.create_server(("127.0.0.1", 0)) as listener:
        here = port_of(listener)
        first = ids(here)
        with socket.create_server(("127.0.0.1", 0)) as other:
            there = port_of(other)
            both = ids(here, there)
        assert len(set(both.values())) == 2
        assert first.items() <= both.items()
        awaited(source, (there,), set().__eq__)
        assert ids(here) == first


def test_the_process_is_named(source: Source) -> None:
    with Child() as child:
        child.ask("s = socket.create_server(('127.0.0.1', 0))")
        port = child.number("s.getsockname()[1]")
        awaited(source, (port,), bool)
        (row,) = among((port,), source)
        (process,) = source.processes([child.pid])
    assert row.pid == process.pid == child.pid
    assert row.process.startswith("python")
    assert process.name == row.process
    assert process.executable == os.path.realpath(sys.executable)
    assert process.command.startswith(f"{sys.executable} -I -c ")


@LINUX
@pytest.mark.root
def test_all_sources_agree() -> None:
    with Child() as child:
        child.ask("s = socket.create_server(('127.0.0.1', 0))")
        child.ask("c = [socket.create_connection(s.getsockname()) for _ in range(20)]")
        child.ask("a = [s.accept()[0] for _ in range(19)]")  # the last one waits in the queue
        child.ask("u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
        child.ask("u.connect(('127.0.0.1', 9))")
        port = child.number("s.getsockname()[1]")
        ports = {port, 9, child.number("u.getsockname()[1]")}
        ports |= {child.number(f"c[{n}].getsockname()[1]") for n in range(20)}
        views = []
        for name in ("events", "poll", "psutil"):
            one = open_source(name)
            one.begin()
            views.append(sorted(without_what_differs(row) for row in among(ports, one)))
            one.close()
    assert views[0] == views[1] == views[2]
    assert len(views[0]) == 42


def without_what_differs(row: Connection) -> Connection:
    """Return `row` without what only some sources know."""
    local = b"" if row.protocol == Protocol.UDP else row.local
    return row._replace(id=0, uid=0, local=local)


# From here on: what only netlink can.


@LINUX
def test_what_did_not_change_is_the_same_object(netlink: NetlinkSource) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        before = find(netlink, port_of(listener))
        assert find(netlink, port_of(listener)) is before


def find(source: Sampler, port: int) -> Connection:
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


class Place:
    """A loopback address of the test's own, so that nobody else's traffic is counted."""

    _numbers = itertools.count(1)

    def __init__(self) -> None:
        own = os.getpid() << 8 | next(self._numbers)
        self.host = f"127.{1 + (own >> 16 & 0x3F)}.{own >> 8 & 0xFF}.{own & 0xFF}"
        self.address = parse(self.host)
        self.listener = socket.create_server((self.host, 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.listener.close()

    def connect(self) -> tuple[socket.socket, socket.socket]:
        """Return the client's and the server's end of a new connection."""
        return connect(self.listener)

    def shown(self, source: Sampler) -> list[Connection]:
        """Return what `source` shows of this place, but for the listener."""
        rows = source.sample().connections.values()
        return [row for row in rows if row.remote and self.address in (row.local, row.remote)]

    def passed(self, source: Sampler, expected: int) -> list[Connection]:
        """Return what passed here: at least `expected`, and whatever more is told thereafter.

        The kernel tells a little later, and nearly in order. So when all that is expected has
        come, another short connection is made, and its report waited for.
        """
        found: list[Connection] = []
        limit = time.monotonic() + DEADLINE

        def sample_until(address: bytes, count: int) -> None:
            rows: list[Connection] = []
            while len([row for row in rows if address in (row.local, row.remote)]) < count:
                assert time.monotonic() < limit, f"only {rows} came"
                rows += source.sample().passed
            found.extend(row for row in rows if self.address in (row.local, row.remote))

        sample_until(self.address, expected)
        marker = Place()
        for end in marker.connect():
            end.close()
        marker.listener.close()
        sample_until(marker.address, 2)
        return found


@pytest.fixture
def place() -> Iterator[Place]:
    with Place() as opened:
        yield opened


@LINUX
def test_a_short_connection_is_reported_once_for_each_end(
    netlink: NetlinkSource, place: Place
) -> None:
    for end in place.connect():
        end.close()
    rows = place.passed(netlink, 2) + place.passed(netlink, 0)
    assert len({row.id for row in rows}) == len(rows) == 2
    assert {row.state for row in rows} == {State.ESTABLISHED}
    assert [row.remote_port for row in rows].count(port_of(place.listener)) == 1
    assert not {row.id for row in rows} & netlink.sample().connections.keys()


@LINUX
def test_a_known_connection_that_closes_is_not_reported(
    netlink: NetlinkSource, place: Place
) -> None:
    client, server = place.connect()
    assert len(place.shown(netlink)) == 2
    client.close()
    server.close()
    assert place.passed(netlink, 0) == []


@LINUX
def test_a_reset_connection_held_for_long_does_not_come_back(
    netlink: NetlinkSource, place: Place
) -> None:
    client, server = place.connect()
    assert len(place.shown(netlink)) == 2
    reset(client)
    for _ in range(3):
        assert place.shown(netlink) == []
    server.close()  # only now the kernel destroys it
    assert place.passed(netlink, 0) == []


@LINUX
def test_a_lingering_connection_does_not_come_back(netlink: NetlinkSource, place: Place) -> None:
    client, server = place.connect()
    client.close()  # lingers in FIN_WAIT2, as the server does not close
    rows = place.passed(netlink, 1)
    assert [row.state for row in place.shown(netlink)] == [State.CLOSE_WAIT]
    server.close()
    rows += place.passed(netlink, 0)
    assert [row.remote_port for row in rows] == [port_of(place.listener)], "one end, once"


@LINUX
def test_what_was_over_before_is_not_reported(place: Place) -> None:
    client, server = place.connect()
    client.shutdown(socket.SHUT_WR)
    assert server.recv(1) == b""
    source = NetlinkSource()
    source.sample()
    client.close()
    server.close()
    rows = place.passed(source, 0)
    source.close()
    assert rows == []


@LINUX
def test_what_passed_before_the_first_sample_is_not_reported(
    netlink: NetlinkSource, place: Place
) -> None:
    source = NetlinkSource()
    for end in place.connect():
        end.close()
    assert len(place.passed(netlink, 2)) == 2, "by now the other one has been told as well"
    assert source.sample().passed == []
    source.close()


def reset(sock: socket.socket) -> None:
    """Close with RST: linger on, for no time."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


@LINUX
def test_a_short_connection_that_we_reset_keeps_its_address(
    netlink: NetlinkSource, place: Place
) -> None:
    client, server = place.connect()
    there = port_of(client)
    reset(client)
    server.close()
    rows = place.passed(netlink, 2)
    ours = [row for row in rows if row.local_port == there]
    assert [(row.state, row.remote, row.remote_port) for row in ours] == [(1, place.address, 0)]
    assert len(rows) == 2


@LINUX
def test_a_refused_connect_is_one_that_was_never_established(
    netlink: NetlinkSource, place: Place
) -> None:
    closed = port_of(place.listener)
    place.listener.close()
    with socket.socket() as client, pytest.raises(ConnectionRefusedError):
        client.connect((place.host, closed))
    rows = place.passed(netlink, 1)
    assert [(row.state, row.remote) for row in rows] == [(State.SYN_SENT, place.address)]


@LINUX
def test_a_refused_connect_nobody_waited_for_keeps_its_port(
    netlink: NetlinkSource, place: Place
) -> None:
    closed = port_of(place.listener)
    place.listener.close()
    with socket.socket() as client:
        client.settimeout(0)
        client.connect_ex((place.host, closed))
    rows = place.passed(netlink, 1)
    assert [(row.state, row.remote, row.remote_port) for row in rows] == [
        (State.SYN_SENT, place.address, closed)
    ]


@LINUX
def test_a_connect_that_nobody_answers(netlink: NetlinkSource, place: Place) -> None:
    place.listener.listen(0)
    target = place.listener.getsockname()
    with socket.create_connection(target), socket.socket() as long, socket.socket() as short:
        long.settimeout(0)
        long.connect_ex(target)  # the queue is full: it is left unanswered
        (row,) = (row for row in place.shown(netlink) if row.local_port == port_of(long))
        assert (row.state, row.remote, row.pid) == (State.SYN_SENT, place.address, os.getpid())
        long.close()
        short.settimeout(0)
        short.connect_ex(target)
        short.close()
        rows = place.passed(netlink, 1)
    assert [(row.state, row.remote, row.remote_port) for row in rows] == [
        (State.SYN_SENT, place.address, target[1])
    ], "the short one only: the other was shown"


@LINUX
def test_a_thousand_short_connections_are_all_reported(
    netlink: NetlinkSource, place: Place
) -> None:
    for n in range(500):
        for end in place.connect():
            end.close()
        if n % 50 == 0:
            netlink.drain()
    rows = place.passed(netlink, 1_000)
    assert len({row.id for row in rows}) == len(rows) == 1_000


@LINUX
def test_lost_messages_are_told(place: Place) -> None:
    source = NetlinkSource(event_buffer=4_096)
    source.sample()
    limit = time.monotonic() + DEADLINE
    while not any("not shown" in sentence for sentence in source.problems):
        assert time.monotonic() < limit
        for _ in range(30):
            for end in place.connect():
                end.close()
        source.sample()
    client, server = place.connect()
    with client, server:
        assert len(place.shown(source)) == 2, "it goes on"
    source.close()


@LINUX
@pytest.mark.root
def test_auto_takes_events_where_it_may() -> None:
    source = open_source("auto")
    source.close()
    assert source.name == "events"
