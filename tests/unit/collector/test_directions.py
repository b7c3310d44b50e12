"""Who began a connection: by states and ports, and from real sockets through every source."""

import contextlib
import socket
import sys
from collections.abc import Callable, Iterator

import pytest
from helpers import IPV6, wait_until

from connmon_collector.sources.base import Sample, Source
from connmon_collector.sources.choose import open_source
from connmon_collector.sources.direction import of_connection, of_datagrams
from connmon_collector.sources.polled import Tracker
from connmon_shared.endpoints import WILDCARD, parse
from connmon_shared.messages import Connection, Direction
from connmon_shared.timelines.states import Protocol, State

IN, OUT, UNKNOWN = Direction.IN, Direction.OUT, Direction.UNKNOWN


@pytest.mark.parametrize(
    ("state", "here", "there", "served", "expected"),
    [
        (State.SYN_SENT, 443, 40_000, True, OUT),
        (State.SYN_RECV, 40_000, 443, False, IN),
        (State.ESTABLISHED, 443, 40_000, True, IN),
        (State.CLOSE_WAIT, 40_000, 40_001, True, IN),
        (State.ESTABLISHED, 40_000, 443, False, OUT),
        (State.ESTABLISHED, 40_000, 50_000, False, OUT),
        (State.ESTABLISHED, 1_500, 6_000, False, OUT),
        (State.ESTABLISHED, 22, 40_000, False, UNKNOWN),
        (State.ESTABLISHED, 22, 1_500, False, UNKNOWN),
        (State.ESTABLISHED, 8_080, 40_000, False, UNKNOWN),
        (State.ESTABLISHED, 8_080, 0, False, UNKNOWN),
    ],
)
def test_a_connection_by_its_state_and_whether_somebody_listens(
    state: State, here: int, there: int, *, served: bool, expected: Direction
) -> None:
    assert of_connection(state, here, there, served=served) == expected


@pytest.mark.parametrize(
    ("here", "there", "served", "expected"),
    [
        (53, 40_000, True, IN),
        (53, 5_000, True, IN),
        (6_881, 20_000, True, IN),
        (53, 40_000, False, UNKNOWN),
        (40_000, 53, True, OUT),  # a client has an unconnected socket, too
        (40_000, 53, False, OUT),
        (20_000, 53, True, OUT),
        (40_000, 50_000, True, UNKNOWN),
        (5_353, 5_353, True, UNKNOWN),
        (68, 67, True, UNKNOWN),
    ],
)
def test_datagrams_by_their_ports_and_whether_somebody_is_bound(
    here: int, there: int, *, served: bool, expected: Direction
) -> None:
    assert of_datagrams(here, there, served=served) == expected


# From one sample to the next.

ADDRESS, OTHER, PEER = map(parse, ("10.0.0.1", "10.0.0.2", "192.0.2.1"))


def listener(number: int, at: bytes = WILDCARD, protocol: Protocol = Protocol.TCP) -> Connection:
    state = State.LISTEN if protocol == Protocol.TCP else State.CLOSE
    return Connection(number, protocol, state, at, 80, b"", 0)


def accepted(
    number: int, state: int = State.ESTABLISHED, protocol: int = Protocol.TCP
) -> Connection:
    return Connection(number, protocol, state, ADDRESS, 80, PEER, 40_000)


def sampled(tracker: Tracker, *rows: Connection, passed: tuple[Connection, ...] = ()) -> list[int]:
    """Return what is told of the directions of the connections that changed."""
    change = tracker.step(Sample({row.id: row for row in rows}, list(passed)))
    return [row.direction for row in change.changed if row.remote]


@pytest.mark.parametrize("at", [WILDCARD, ADDRESS])
def test_a_direction_outlives_the_listener_and_changes_of_state(at: bytes) -> None:
    tracker = Tracker()
    assert sampled(tracker, accepted(2), listener(1, at)) == [IN]
    assert sampled(tracker, accepted(2)) == []
    assert sampled(tracker, accepted(2, State.CLOSE_WAIT)) == [IN]
    assert [row.direction for row in tracker] == [IN]
    assert sampled(tracker, accepted(2, State.CLOSE_WAIT), accepted(3)) == [UNKNOWN]


@pytest.mark.parametrize("served", [listener(1, OTHER), listener(1, protocol=Protocol.UDP)])
def test_a_listener_elsewhere_does_not_count(served: Connection) -> None:
    assert sampled(Tracker(), served, accepted(2)) == [UNKNOWN]


def test_of_several_that_share_a_port_one_that_is_left_suffices() -> None:
    tracker = Tracker()
    sampled(tracker, listener(1), listener(2))
    sampled(tracker, listener(2)._replace(pid=7))
    assert sampled(tracker, listener(2)._replace(pid=7), accepted(3)) == [IN]
    sampled(tracker)
    assert sampled(tracker, accepted(4)) == [UNKNOWN]


def test_what_came_and_went_with_its_listener_is_told_too() -> None:
    tracker = Tracker()
    sampled(tracker, listener(1))
    assert sampled(tracker, passed=(accepted(2),)) == [IN]
    assert sampled(tracker, passed=(accepted(3),)) == [UNKNOWN]


# From real sockets.

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="sock_diag is Linux's")
EVENTS = pytest.param("events", marks=[LINUX, pytest.mark.root])
Made = Callable[[socket.socket], socket.socket]


@pytest.fixture(params=[EVENTS, pytest.param("poll", marks=LINUX), "psutil"])
def source(request: pytest.FixtureRequest) -> Iterator[Source]:
    """Yield a source that has not looked yet."""
    opened = open_source(request.param)
    yield opened
    opened.close()


@pytest.fixture
def keep() -> Iterator[Made]:
    with contextlib.ExitStack() as stack:
        yield stack.enter_context


def ends(
    keep: Made, family: int = socket.AF_INET, *, mapped: bool = False
) -> tuple[socket.socket, socket.socket, socket.socket]:
    """Return a listener, and both ends of a connection that it has accepted."""
    dual = family == socket.AF_INET6
    server = keep(socket.create_server(("", 0), family=family, dualstack_ipv6=dual))
    port = server.getsockname()[1]
    client = keep(socket.create_connection(("::1" if dual and not mapped else "127.0.0.1", port)))
    return server, client, keep(server.accept()[0])


def direction(source: Source, sock: socket.socket, protocol: int) -> int | None:
    here, there = sock.getsockname()[1], sock.getpeername()[1]
    found = [
        row.direction
        for row in source.connections()
        if (row.protocol, row.local_port, row.remote_port) == (protocol, here, there)
    ]
    return found[0] if found else None


def both(
    source: Source,
    client: socket.socket,
    server: socket.socket,
    protocol: Protocol = Protocol.TCP,
) -> tuple[int, int]:
    """Return the directions of both ends, once both are seen."""
    found: tuple[int | None, int | None] = None, None

    def seen() -> bool:
        nonlocal found
        source.sample()
        found = direction(source, client, protocol), direction(source, server, protocol)
        return None not in found

    wait_until(seen)
    assert found[0] is not None
    assert found[1] is not None
    return found[0], found[1]


FAMILIES = pytest.mark.parametrize(
    ("family", "mapped"),
    [
        (socket.AF_INET, False),
        pytest.param(socket.AF_INET6, False, marks=IPV6),
        pytest.param(socket.AF_INET6, True, marks=IPV6),
    ],
)


@FAMILIES
@pytest.mark.parametrize("before", [True, False])
def test_each_end_of_a_connection_has_its_own_direction_although_the_listener_closes(
    source: Source, keep: Made, family: int, *, mapped: bool, before: bool
) -> None:
    if not before:
        source.begin()
    server, client, other = ends(keep, family, mapped=mapped)
    if before:
        source.begin()
    assert both(source, client, other) == (OUT, IN)
    server.close()
    source.sample()
    assert both(source, client, other) == (OUT, IN)


def test_a_listener_that_others_share(source: Source, keep: Made) -> None:
    source.begin()
    first = socket.socket()
    first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    first.bind(("127.0.0.1", 0))
    first.listen()
    with first, socket.socket() as second:
        second.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        second.bind(first.getsockname())
        second.listen()
        source.sample()
        first.close()
        client = keep(socket.create_connection(second.getsockname()))
        other = keep(second.accept()[0])
        assert both(source, client, other) == (OUT, IN)


@pytest.mark.parametrize("kept", [True, False])
def test_connected_udp(source: Source, keep: Made, *, kept: bool) -> None:
    """A service may answer each peer from a connected socket on the port that it serves."""
    server = keep(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    server.bind(("127.0.0.1", 0))
    client = keep(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    client.connect(server.getsockname())
    answering = keep(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    answering.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    answering.bind(server.getsockname())
    answering.connect(client.getsockname())
    source.begin()
    assert both(source, client, answering, Protocol.UDP) == (OUT, IN)
    if not kept:
        server.close()
        source.sample()
        assert both(source, client, answering, Protocol.UDP) == (OUT, IN)
