"""The event source and the kernel that the tests run on."""

import itertools
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from unit.collector.child import Child

from connmon_shared.endpoints import parse
from connmon_shared.messages import Connection, Counters, Process
from connmon_shared.timelines.states import Protocol, State

if sys.platform != "linux":
    pytest.skip("only Linux tells of its sockets' events", allow_module_level=True)

from connmon_collector.sources.events.source import EventSource
from connmon_collector.sources.events.stream import Stream

pytestmark = pytest.mark.root
_CLONE_NEWNET = 0x4000_0000  # sched.h
PACE = 0.02  # seconds between two drains
DEADLINE = 30.0  # seconds for the kernel to tell; a dump of a busy host is put off for some


class Heard:
    """Listens, and keeps what it was told."""

    def __init__(self, source: EventSource) -> None:
        self.source = source
        self.rows: dict[int, Connection] = {}
        self.gone: set[int] = set()
        self.final: dict[int, Counters] = {}
        self.processes: dict[int, Process] = {}

    def drain(self) -> None:
        change = self.source.drain()
        self.rows |= {row.id: row for row in change.changed}
        self.gone.update(change.gone)
        self.final |= {counters.id: counters for counters in self.source.counted().final}
        pids = {row.pid for row in change.changed} - {0}
        self.processes |= {each.pid: each for each in self.source.processes(pids)}

    def until(self, enough: Callable[[], object]) -> None:
        limit = time.monotonic() + DEADLINE
        while not enough():
            assert time.monotonic() < limit, "it was not told"
            time.sleep(PACE)  # as the collector does
            self.drain()

    def at(self, address: str, *ports: int) -> list[Connection]:
        """Return what was told of connections with an end at this address."""
        place = parse(address)
        return [
            row
            for row in self.rows.values()
            if (row.local == place and row.local_port in ports)
            or (row.remote == place and row.remote_port in ports)
        ]

    def closed(self, count: int, address: str, *ports: int) -> list[Connection]:
        """Wait until so many connections there are over, and return them."""

        def over() -> list[Connection]:
            return [row for row in self.at(address, *ports) if row.id in self.gone and row.remote]

        self.until(lambda: len(over()) >= count)
        rows = over()
        assert len(rows) == count
        return sorted(rows, key=lambda row: row.remote_port not in ports)


@pytest.fixture(scope="module")
def source() -> Iterator[EventSource]:
    opened = EventSource()
    opened.begin()
    yield opened
    opened.close()


@pytest.fixture
def heard(source: EventSource) -> Heard:
    return Heard(source)


_numbers = itertools.count(random.randrange(1 << 14) << 8)  # noqa: S311 - a name


@pytest.fixture
def host() -> str:
    """Return an address that only this test uses."""
    return "127." + ".".join(str(1 + part % 250) for part in struct.pack(">I", next(_numbers))[1:])


def port_of(sock: socket.socket) -> int:
    return int(sock.getsockname()[1])


def closed_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return port_of(probe)


def test_a_short_connection_has_its_processes_and_its_bytes(heard: Heard, host: str) -> None:
    with Child() as child, socket.create_server((host, 0)) as listener:
        port = port_of(listener)
        heard.until(lambda: heard.at(host, port))
        child.ask(f"c = socket.create_connection({(host, port)})")
        child.ask("c.sendall(b'x' * 1_000)")
        with listener.accept()[0] as server:
            assert server.recv(2_000) == b"x" * 1_000
            child.ask("c.close()")
        client, served = heard.closed(2, host, port)
        heard.until(lambda: {client.id, served.id} <= heard.final.keys())
    assert (client.pid, client.process) == (child.pid, heard.processes[child.pid].name)
    assert (served.pid, served.local_port) == (os.getpid(), port)
    assert (heard.final[client.id].sent, heard.final[client.id].received) == (1_000, 0)
    assert (heard.final[served.id].sent, heard.final[served.id].received) == (0, 1_000)


def test_a_refused_connection_was_never_established(heard: Heard, host: str) -> None:
    port = closed_port(host)
    with socket.socket() as client, pytest.raises(ConnectionRefusedError):
        client.connect((host, port))
    (row,) = heard.closed(1, host, port)
    assert (row.state, row.pid, row.remote_port) == (State.SYN_SENT, os.getpid(), port)


def test_a_socket_that_connects_to_itself_is_one_connection(heard: Heard, host: str) -> None:
    """Both ends connect at the same time: it is half-open in between, which no event tells."""
    with socket.socket() as itself:
        itself.bind((host, 0))
        itself.connect(itself.getsockname())
        port = port_of(itself)
    (row,) = heard.closed(1, host, port)
    assert (row.state, row.pid) == (State.ESTABLISHED, os.getpid())
    assert heard.at(host, port) == [row]


@pytest.mark.parametrize(
    ("family", "address", "to"),
    [(socket.AF_INET6, "::1", "::1"), (socket.AF_INET6, "::", ""), (socket.AF_INET, "", "")],
    ids=["IPv6", "dual stack", "IPv4"],
)
def test_each_family(heard: Heard, host: str, family: int, address: str, to: str) -> None:
    dual = address == "::"
    with socket.create_server((address or host, 0), family=family, dualstack_ipv6=dual) as server:
        port = port_of(server)
        with socket.create_connection((to or host, port)):
            server.accept()[0].close()
        client, served = heard.closed(2, to or host, port)
    assert client.remote == served.local == parse(to or host)
    assert client.pid == os.getpid()
    assert (client.local, client.local_port) == (served.remote, served.remote_port)


def test_what_is_sent_by_udp(heard: Heard, host: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", (host, 9_999))
        heard.until(lambda: heard.at(host, 9_999))
    (row,) = heard.at(host, 9_999)
    assert (row.protocol, row.remote_port, row.pid) == (Protocol.UDP, 9_999, os.getpid())
    heard.until(lambda: row.id in heard.gone)


@pytest.mark.parametrize("dual", [False, True])
def test_a_connected_socket_is_told_once(heard: Heard, host: str, *, dual: bool) -> None:
    family, to = (socket.AF_INET6, f"::ffff:{host}") if dual else (socket.AF_INET, host)
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        sender.connect((to, 9_996))
        sender.send(b"x")
        heard.until(lambda: heard.at(host, 9_996))
        heard.source._dumps.hurry()  # noqa: SLF001 - else it may take a minute
        heard.drain()
    heard.until(lambda: heard.gone >= {row.id for row in heard.at(host, 9_996)})
    assert len(heard.at(host, 9_996)) == 1


def test_a_look_up_of_a_route_is_no_contact(heard: Heard, host: str) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        asking.connect((host, 9_998))
        asking.close()
        sender.sendto(b"x", (host, 9_997))
        heard.until(lambda: heard.at(host, 9_997))
    assert heard.at(host, 9_998) == []


def test_workers_that_share_a_server_are_its_holders(heard: Heard, host: str) -> None:
    def holders() -> tuple[int, ...]:
        (row,) = (row for row in heard.at(host, port) if row.state == State.LISTEN)
        return row.holders

    with Child() as child:
        child.ask(f"s = socket.create_server({(host, 0)})")
        port = child.number("s.getsockname()[1]")
        heard.until(lambda: heard.at(host, port))
        assert holders() == ()
        child.ask("p = os.fork() or signal.alarm(40) or signal.pause()")  # not for ever
        worker = child.number("p")
        heard.until(lambda: holders() == tuple(sorted((child.pid, worker))))
        child.ask("os.kill(p, 9)")
        child.ask("os.wait()")
        heard.until(lambda: holders() == ())


def test_also_in_a_namespace_that_was_made_after_the_start(
    heard: Heard, source: EventSource
) -> None:
    def rows() -> list[Connection]:
        return [row for row in heard.at("0.0.0.0", port) if row.pid == child.pid]  # noqa: S104

    with Child() as child:
        child.ask("import ctypes")
        assert child.number(f"ctypes.CDLL(None).unshare({_CLONE_NEWNET})") == 0
        child.ask("s = socket.create_server(('', 0))")
        port = child.number("s.getsockname()[1]")
        heard.until(rows)
        child.ask("p = os.fork() or signal.alarm(40) or signal.pause()")  # not for ever
        worker = child.number("p")
        source._dumps.hurry()  # noqa: SLF001 - else it may take a minute
        heard.until(lambda: rows()[0].holders == tuple(sorted((child.pid, worker))))
        assert rows()[0].namespace.startswith("net:")
        child.ask("os.kill(p, 9)")
        child.ask("os.wait()")
        child.ask("s.close()")
        heard.until(lambda: rows()[0].id in heard.gone)


def test_a_process_that_has_ended_keeps_its_name(heard: Heard, host: str) -> None:
    shell = shutil.which("bash")
    assert shell is not None
    with socket.create_server((host, 0)) as listener:
        port = port_of(listener)
        command = f"exec 3<>/dev/tcp/{host}/{port}"
        with subprocess.Popen([shell, "-c", command]) as process:
            pass
        listener.accept()[0].close()
        client, _ = heard.closed(2, host, port)
    assert (client.pid, client.process) == (process.pid, "bash")
    assert heard.processes[process.pid].executable == shell


def test_a_full_ring_is_a_loss_that_the_next_dump_repairs(host: str) -> None:
    """The smallest ring keeps some 600 changes of state."""
    source = EventSource(Stream(ring_bytes=64 << 10))
    try:
        source.begin()
        with socket.create_server((host, 0)) as listener:
            for _ in range(1_000):
                with socket.create_connection(listener.getsockname()):
                    listener.accept()[0].close()
            with socket.create_connection(listener.getsockname()) as last:
                place, ports = parse(host), {port_of(last), port_of(listener)}
                limit = time.monotonic() + DEADLINE
                shown: set[int] = set()
                gap = 0.0
                while not gap or shown != ports:
                    assert time.monotonic() < limit, shown
                    gap = max(gap, source.drain().lost_for)
                    rows = (row for row in source.connections() if row.remote)
                    shown = {r.local_port for r in rows if place in {r.local, r.remote}}
                while not source.lost:  # the kernel says how many with the next event
                    assert time.monotonic() < limit
                    socket.create_connection(listener.getsockname()).close()
                    listener.accept()[0].close()
                    source.drain()
    finally:
        source.close()


def test_a_leak_from_before_the_start_is_never_told_as_older_than_it_is(host: str) -> None:
    with socket.create_server((host, 0)) as server:
        port = port_of(server)
        with socket.create_connection((host, port)) as client, server.accept()[0] as leaks:
            before = time.monotonic()
            client.shutdown(socket.SHUT_WR)
            closed = time.monotonic()
            time.sleep(3)
            told = _ages_of_leaks(host, port)
            assert 1_900 <= told[0] <= (time.monotonic() - before) * 1_000
            leaks.sendall(b"still here")  # the answer makes the peer's latest word later
            acknowledged = time.monotonic()
            time.sleep(1.5)
            told = _ages_of_leaks(host, port)
            assert 400 <= told[0] <= (time.monotonic() - closed) * 1_000
            assert told[0] <= (time.monotonic() - acknowledged) * 1_000


def _ages_of_leaks(host: str, port: int) -> list[int]:
    """Return the ages that a collector that begins now tells of them."""
    source = EventSource()
    try:
        source.begin()
        limit = time.monotonic() + DEADLINE
        told: list[int] = []
        while not told:
            assert time.monotonic() < limit
            change = source.drain()
            told = [
                age
                for row, age in zip(change.changed, change.changed_ages, strict=True)
                if row.local == parse(host) and row.local_port == port
                if row.state == State.CLOSE_WAIT
            ]
        return told
    finally:
        source.close()


def test_bytes_are_exact_when_one_side_has_nothing_more_to_say(heard: Heard, host: str) -> None:
    with socket.create_server((host, 0)) as server:
        port = port_of(server)
        with socket.create_connection((host, port)) as client:
            client.sendall(b"asked")
            client.shutdown(socket.SHUT_WR)
            accepted, _ = server.accept()
            with accepted:
                assert accepted.recv(100) == b"asked"
                assert not accepted.recv(100)
                accepted.sendall(b"answer!")
            assert client.recv(100) == b"answer!"
            assert not client.recv(100)
        ours, theirs = heard.closed(2, host, port)
        heard.until(lambda: {ours.id, theirs.id} <= heard.final.keys())
    assert [(heard.final[row.id].sent, heard.final[row.id].received) for row in (ours, theirs)] == [
        (5, 7),
        (7, 5),
    ]


def test_what_comes_long_after_we_ended_our_direction_is_counted(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connmon_collector.sources.events.farewells._PATIENCE", 500_000_000)
    monkeypatch.setattr("connmon_collector.sources.events.lingering._SOONEST", 100_000_000)
    source = EventSource()
    heard = Heard(source)
    try:
        source.begin()
        with socket.create_server((host, 0)) as server:
            with socket.create_connection((host, port_of(server))) as client:
                client.shutdown(socket.SHUT_WR)
                with server.accept()[0] as accepted:
                    until = time.monotonic() + 2
                    heard.until(lambda: time.monotonic() > until)
                    accepted.sendall(bytes(100_000))
                received = 0
                while part := client.recv(1 << 16):
                    received += len(part)
                assert received == 100_000
            ours, theirs = heard.closed(2, host, port_of(server))
            heard.until(lambda: {ours.id, theirs.id} <= heard.final.keys())
        counted = {heard.final[row.id].received for row in (ours, theirs)}
        assert counted == {100_000, 0}
    finally:
        source.close()


def test_connections_with_the_same_ends_have_bytes_of_their_own(heard: Heard, host: str) -> None:
    sizes = [100 * (number + 1) for number in range(20)]
    with socket.create_server((host, 0)) as server, socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, 0))
        place = host, port_of(probe)
        for size in sizes:
            with socket.socket() as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                client.bind(place)
                client.connect(server.getsockname())
                accepted, _ = server.accept()
                client.sendall(bytes(size))
                assert len(accepted.recv(size, socket.MSG_WAITALL)) == size
                accepted.close()  # the side that ends first keeps its ends busy
                assert not client.recv(1)
        rows = heard.closed(2 * len(sizes), host, port_of(server))
    heard.until(lambda: {row.id for row in rows} <= heard.final.keys())
    ours = sorted(row.id for row in rows if row.local_port == place[1])
    theirs = sorted(row.id for row in rows if row.local_port != place[1])
    assert [heard.final[number].sent for number in ours] == sizes
    received = [heard.final[number].received for number in theirs]
    # Theirs ended first: where our end does not come together with its acknowledgement, the kernel
    # tells a byte less (docs/capture.md).
    assert all(size - got in {0, 1} for size, got in zip(sizes, received, strict=True)), received
