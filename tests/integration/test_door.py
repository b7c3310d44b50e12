"""Who comes in at an enricher's door, and what those who do not are told: real sockets over TCP."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import zmq
from helpers import wait_until
from helpers_keys import Host

from connmon_enricher.door import Door
from connmon_enricher.listening import Listening
from connmon_shared import sockets, wire
from connmon_shared.access.curve import Access
from connmon_shared.access.link import Link
from connmon_shared.access.remote import TcpEndpoint
from connmon_shared.access.roles import Role
from connmon_shared.access.trust import TrustError
from connmon_shared.codec.limits import MAX_FRAME, MAX_HOST_NAME
from connmon_shared.sockets import EndpointError, Socket
from connmon_shared.stage.loop import Loop

HELLO = [b"topic", b"header", b"hello"]


class Server:
    """An XPUB behind a door, as in an enricher."""

    def __init__(self, host: Host, address: str = "127.0.0.1", port: int = 0) -> None:
        self.context: zmq.Context[Socket] = zmq.Context()
        self.socket = sockets.publisher(self.context)
        self.loop = Loop(stops=())
        self.listening = Listening(self.loop)
        self.door = Door(self.context, host.directory, self.listening)
        self.endpoint = TcpEndpoint(address, port or free_port(address))
        self.door.open(self.socket, self.endpoint, Role.VIEWER)
        self.notes: list[str] = []

    def turn(self) -> None:
        self.door.tend()
        self.door.answer()
        self.notes += [*self.door.take_notes(), *self.listening.tend()]
        for _ in sockets.drain(self.socket):
            self.socket.send_multipart(HELLO)

    def end(self) -> None:
        self.context.destroy(linger=0)
        self.loop.close()


class Caller:
    """A SUB at the end of a link, as in a display."""

    def __init__(self, endpoint: TcpEndpoint, own: Host, server: Host, *more: TcpEndpoint) -> None:
        self.context: zmq.Context[Socket] = zmq.Context()
        self.loop = Loop(stops=())
        makers = [
            (each, lambda: sockets.subscriber(self.context, b"")) for each in (endpoint, *more)
        ]
        access = Access(own.own, server.own.public)
        self.link = Link(makers, access, Role.VIEWER, self.loop)
        self.heard: list[list[bytes]] = []

    def turn(self) -> None:
        self.loop.wait(0.01)
        self.link.tend()
        for sock in self.link.sockets:
            self.heard += sockets.drain(sock)

    def end(self) -> None:
        self.link.close()
        self.context.destroy(linger=0)
        self.loop.close()


Until = Callable[[Callable[[], object]], None]
Hosts = tuple[Host, Host, Host]  # a server's, and two others'
Started = list[Server | Caller]


@pytest.fixture
def hosts(tmp_path: Path) -> Hosts:
    return Host(tmp_path / "server"), Host(tmp_path / "ann"), Host(tmp_path / "mallory")


@pytest.fixture
def started() -> Iterator[Started]:
    made: Started = []
    yield made
    for each in made:
        each.end()


@pytest.fixture
def until(started: Started) -> Until:
    """Wait until something is true, with everybody at work."""

    def wait(true: Callable[[], object]) -> None:
        def turn() -> object:
            for each in started:
                each.turn()
            return true()

        wait_until(turn)

    return wait


def free_port(address: str = "127.0.0.1") -> int:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family) as sock:
        port: int = sock.getsockname()[1]
        return port


def let_in(hosts: Hosts, started: Started, until: Until) -> tuple[Server, Caller]:
    """Return a server, and a caller whose key is allowed and who has heard it."""
    server_host, ann, _ = hosts
    server_host.allow([ann])
    server = Server(server_host)
    caller = Caller(server.endpoint, ann, server_host)
    started += [server, caller]
    until(lambda: caller.heard)
    return server, caller


def test_who_is_allowed_comes_in(hosts: Hosts, started: Started, until: Until) -> None:
    _, caller = let_in(hosts, started, until)
    assert caller.heard == [HELLO]
    until(lambda: not caller.link.trouble)


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="needs IPv6")
def test_ipv6(hosts: Hosts, started: Started, until: Until) -> None:
    server_host, ann, _ = hosts
    server_host.allow([ann])
    server = Server(server_host, "::1")
    caller = Caller(server.endpoint, ann, server_host)
    started += [server, caller]
    until(lambda: caller.heard)


def test_who_is_not_allowed_is_told_the_command_and_comes_in_after_it(
    hosts: Hosts, started: Started, until: Until
) -> None:
    server_host, ann, mallory = hosts
    server_host.allow([ann])
    server = Server(server_host)
    caller = Caller(server.endpoint, mallory, server_host)
    started += [server, caller]
    command = f"connmon keys allow '{mallory.own.public}'"
    until(lambda: "does not allow this host's key" in caller.link.trouble)
    assert command in caller.link.trouble
    assert [note for note in server.notes if command in note and "127.0.0.1" in note]
    server_host.allow([ann, mallory])
    until(lambda: caller.heard and not caller.link.trouble)


def test_whichever_socket_is_refused_first_the_address_that_was_asked_for_is_named(
    hosts: Hosts, started: Started, until: Until
) -> None:
    server_host, ann, mallory = hosts
    server_host.allow([ann])
    server = Server(server_host)
    with socket.create_server(("127.0.0.1", 0)) as says_nothing:
        asked = TcpEndpoint(*says_nothing.getsockname())
        caller = Caller(asked, mallory, server_host, server.endpoint)
        started += [server, caller]
        until(lambda: caller.link.failure is not None)
        assert caller.link.trouble.startswith(f"{asked} does not allow this host's key")


def test_a_key_that_is_refused_again_and_again_is_logged_once(
    hosts: Hosts, started: Started, until: Until
) -> None:
    server_host, ann, mallory = hosts
    server = Server(server_host)
    callers = [Caller(server.endpoint, host, server_host) for host in (mallory, mallory, ann)]
    started += [server, *callers]
    until(lambda: all("does not allow" in caller.link.trouble for caller in callers))
    assert len([note for note in server.notes if mallory.own.public in note]) == 1


def test_who_expects_another_server_is_told(hosts: Hosts, started: Started, until: Until) -> None:
    server_host, ann, mallory = hosts
    server_host.allow([ann])
    server = Server(server_host)
    caller = Caller(server.endpoint, ann, mallory)
    started += [server, caller]
    until(lambda: "has another key (connmon keys show tells it there)" in caller.link.trouble)
    assert not caller.heard


def test_who_is_revoked_is_let_go_and_told_why_and_others_are_back(
    hosts: Hosts, started: Started, until: Until
) -> None:
    server_host, ann, mallory = hosts
    server_host.allow([ann, mallory])
    server = Server(server_host)
    good = Caller(server.endpoint, ann, server_host)
    bad = Caller(server.endpoint, mallory, server_host)
    started += [server, good, bad]
    until(lambda: good.heard and bad.heard)
    good.heard.clear()
    server_host.allow([ann])
    until(lambda: "does not allow this host's key" in bad.link.trouble)
    until(lambda: good.heard and not good.link.trouble)
    bad.heard.clear()
    trouble = bad.link.failure
    until(lambda: bad.link.failure is not trouble)  # it has tried again
    good.heard.clear()
    server.socket.send_multipart(HELLO)
    until(lambda: good.heard)
    until(lambda: bad.link.sockets)  # and tries once more, with sockets that could hear
    server.socket.send_multipart(HELLO)
    trouble = bad.link.failure
    until(lambda: bad.link.failure is not trouble)
    assert not bad.heard


def test_the_longest_frame_comes_through(hosts: Hosts, started: Started, until: Until) -> None:
    server, caller = let_in(hosts, started, until)
    server.socket.send_multipart([b"", b"", bytes(MAX_FRAME)])
    until(lambda: len(caller.heard) == 2)
    assert len(caller.heard[1][2]) == MAX_FRAME


@pytest.mark.parametrize("topic", [wire.topic("\U0001f600" * MAX_HOST_NAME, "histories")])
def test_the_longest_subscription_comes_through(
    hosts: Hosts, started: Started, until: Until, topic: bytes
) -> None:
    _, caller = let_in(hosts, started, until)
    caller.link.sockets[0].subscribe(topic)
    until(lambda: len(caller.heard) == 2)


def test_allowing_one_more_disturbs_nobody(hosts: Hosts, started: Started, until: Until) -> None:
    server_host, ann, mallory = hosts
    server_host.allow([ann])
    server = Server(server_host)
    caller = Caller(server.endpoint, ann, server_host)
    started += [server, caller]
    until(lambda: caller.heard and not caller.link.trouble)
    before = caller.link.sockets
    server_host.allow([ann, mallory])
    until(lambda: "keys that are allowed: 2 viewers, 0 collectors" in server.notes)
    assert caller.link.sockets == before


def test_who_may_no_longer_tell_of_a_host_is_no_reason_to_disturb_who_watches(
    hosts: Hosts, started: Started, until: Until
) -> None:
    server_host, _, mallory = hosts
    server_host.allow([mallory], Role.COLLECTOR)
    server, caller = let_in(hosts, started, until)
    until(lambda: not caller.link.trouble)
    assert server.door.allows_collector(mallory.own.public)
    before = caller.link.sockets
    server_host.allow([], Role.COLLECTOR)
    until(lambda: "keys that are allowed: 1 viewers, 0 collectors" in server.notes)
    assert caller.link.sockets == before
    assert not server.door.allows_collector(mallory.own.public)


def test_a_list_that_is_not_safe_changes_nothing(
    hosts: Hosts, started: Started, until: Until
) -> None:
    server_host, ann, _ = hosts
    server_host.allow([ann])
    server = Server(server_host)
    started.append(server)
    (server_host.directory / "viewers").chmod(0o666)
    until(lambda: any("the lists read before still hold" in note for note in server.notes))
    caller = Caller(server.endpoint, ann, server_host)
    started.append(caller)
    until(lambda: caller.heard)


def test_a_server_that_comes_back_is_found_again(
    hosts: Hosts, started: Started, until: Until
) -> None:
    server_host, *_ = hosts
    server, caller = let_in(hosts, started, until)
    started.remove(server)
    server.end()
    until(lambda: "nothing listens at" in caller.link.trouble)
    assert "run there connmon --listen" in caller.link.trouble
    caller.heard.clear()
    again = Server(server_host, port=server.endpoint.port)
    started.append(again)
    until(lambda: caller.heard and not caller.link.trouble)


def test_a_name_that_nobody_has(hosts: Hosts, started: Started, until: Until) -> None:
    server_host, ann, _ = hosts
    caller = Caller(TcpEndpoint("a..b", 1), ann, server_host)
    started.append(caller)
    until(lambda: caller.link.trouble == "cannot reach tcp://a..b:1: that is no host name")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n" + b" " * 64, "is no connmon"),
        (b"", "takes connections, but says nothing"),
        (None, "or is no connmon"),  # closes at once
    ],
)
def test_a_peer_that_is_no_connmon(
    hosts: Hosts, started: Started, until: Until, said: bytes | None, expected: str
) -> None:
    server_host, ann, _ = hosts
    with socket.create_server(("127.0.0.1", 0)) as listening:
        kept = []

        def serve() -> None:
            with suppress(OSError):
                while True:
                    peer = listening.accept()[0]
                    if said is None:
                        peer.close()
                        continue
                    peer.sendall(said)
                    kept.append(peer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            caller = Caller(TcpEndpoint("127.0.0.1", listening.getsockname()[1]), ann, server_host)
            started.append(caller)
            until(lambda: expected in caller.link.trouble)
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()
            for peer in kept:
                peer.close()


def test_a_peer_without_curve_is_told_apart(hosts: Hosts, started: Started, until: Until) -> None:
    server_host, ann, _ = hosts
    with zmq.Context() as context, context.socket(zmq.XPUB) as open_to_all:
        port = open_to_all.bind_to_random_port("tcp://127.0.0.1")
        caller = Caller(TcpEndpoint("127.0.0.1", port), ann, server_host)
        started.append(caller)
        until(lambda: "no connmon" in caller.link.trouble)  # which end notices first differs


def test_a_client_without_curve_gets_nothing(hosts: Hosts, started: Started, until: Until) -> None:
    server, caller = let_in(hosts, started, until)
    with zmq.Context() as context, context.socket(zmq.SUB) as naked:
        naked.subscribe(b"")
        with naked.get_monitor_socket(zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL) as events:
            naked.connect(str(server.endpoint))
            until(lambda: events.poll(0))
        caller.heard.clear()
        server.socket.send_multipart(HELLO)
        until(lambda: caller.heard)  # so it was sent to all who are there
        assert not naked.poll(0)


def test_an_endpoint_in_use_and_one_of_another_host_are_told(
    hosts: Hosts, started: Started
) -> None:
    server_host, _, _ = hosts
    server = Server(server_host)
    started.append(server)
    with zmq.Context() as context:
        door = Door(context, server_host.directory, server.listening)
        with context.socket(zmq.XPUB) as sock:
            with pytest.raises(EndpointError, match=f"{server.endpoint}: Address already in use$"):
                door.open(sock, server.endpoint, Role.VIEWER)
            with pytest.raises(EndpointError, match="name an address of this host"):
                door.open(sock, TcpEndpoint("192.0.2.250", 1), Role.VIEWER)
        door.socket.close()


def test_a_door_needs_a_key(tmp_path: Path) -> None:
    loop = Loop(stops=())
    with zmq.Context() as context, pytest.raises(TrustError, match="connmon keys create"):
        Door(context, tmp_path, Listening(loop))
    loop.close()
