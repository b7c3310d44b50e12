"""What the real enricher says on `view` and `state`, to a peer that speaks nothing but the wire."""

import contextlib
from collections.abc import Callable, Iterator

import pytest
import zmq
from helpers import connection, delta, keyframe, wait_until
from helpers_processes import BIN, FakeCollector, Program, short_directory

from connmon_shared import sockets, wire
from connmon_shared.codec import MAX_ASKED, decode
from connmon_shared.codec.limits import MAX_HOSTS
from connmon_shared.endpoints import parse
from connmon_shared.messages import (
    Facts,
    Header,
    Message,
    RepeatRequest,
    Session,
    StateRequest,
    Status,
    Wait,
)
from connmon_shared.sockets import EndpointError, probe
from connmon_shared.stage.runtime import Runtime

START = 1_700_000_000.0
STATUS = Status("collector", "1", "fake", 1.0, ())
DEADLINE_MS = 20_000
Heard = tuple[Header, Message]


class Peer:
    """Two sockets of a viewer, and what came on `view`."""

    def __init__(self, runtime: Runtime, topic: bytes = wire.EVERYTHING) -> None:
        self.frames: list[wire.Frames] = []
        self._sender = wire.Sender("peer", wire.new_epoch())
        self._context: zmq.Context[sockets.Socket] = zmq.Context()
        self.view = sockets.subscriber(self._context, topic)
        self._state = sockets.client(self._context)
        self.view.connect(runtime.view)
        self._state.connect(runtime.state)

    def close(self) -> None:
        self._context.destroy(linger=0)

    def listen(self) -> list[wire.Frames]:
        self.frames += sockets.drain(self.view)
        return self.frames

    def heard(self, host: str, kind: str) -> list[Heard]:
        topic = wire.topic(host, kind)
        return [read(frames) for frames in self.listen() if frames[0] == topic]

    def subscribed(self) -> None:
        """Wait until the enricher knows of us: it tells who subscribes how it is."""
        wait_until(lambda: self.heard("", "status"))

    def ask(self, request: Message, answers: int = 1) -> list[wire.Frames]:
        self._state.send_multipart(self._sender.frames(request, 0.0))
        return [self._answer() for _ in range(answers)]

    def state(self, host: str) -> list[Heard]:
        while (parts := self._parts(host)) is None:
            pass
        return parts

    def _parts(self, host: str) -> list[Heard] | None:
        """Return all parts; None if the state was outdated, by another host, say, meanwhile."""
        parts = [*map(read, self.ask(StateRequest(host=host)))]
        header = parts[0][0]
        while len(parts) < header.parts:
            count = min(MAX_ASKED, header.parts - len(parts))
            request = StateRequest(header.seq, len(parts), count, host)
            parts += map(read, self.ask(request))
            if isinstance(parts[-1][1], Wait):
                return None
            parts += [read(self._answer()) for _ in range(count - 1)]
        return parts

    def _answer(self) -> wire.Frames:
        assert self._state.poll(DEADLINE_MS), "no answer"
        return self._state.recv_multipart()


def read(frames: wire.Frames) -> Heard:
    header, body = wire.split(frames)
    return header, decode(header.kind, body)


def figures(peer: Peer) -> dict[str, float]:
    """Return what the enricher counts, as its state tells."""
    _, status = peer.state("")[0]
    return dict(status.figures) if isinstance(status, Status) else {}


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    with short_directory() as path:
        yield Runtime(path)


@pytest.fixture
def enricher(runtime: Runtime) -> Iterator[Program]:
    def listening() -> bool:
        with contextlib.suppress(EndpointError):
            probe(runtime.state)  # the last one to be bound
            return True
        return False

    with Program(BIN / "connmon-enricher", f"--runtime-dir={runtime.directory}") as program:
        wait_until(listening)
        yield program


@pytest.fixture
def joining(runtime: Runtime, enricher: Program) -> Iterator[Callable[..., Peer]]:
    assert enricher.process.poll() is None
    with contextlib.ExitStack() as opened:

        def join(topic: bytes = wire.EVERYTHING) -> Peer:
            return opened.enter_context(contextlib.closing(Peer(runtime, topic)))

        yield join


@pytest.fixture
def peer(joining: Callable[..., Peer]) -> Peer:
    return joining()


@pytest.fixture
def hosts(runtime: Runtime, enricher: Program) -> Iterator[Callable[[str], FakeCollector]]:
    assert enricher.process.poll() is None
    with contextlib.ExitStack() as opened:

        def host(name: str) -> FakeCollector:
            made = opened.enter_context(FakeCollector(runtime, name))
            assert made.joined()
            return made

        yield host


Hosts = Callable[[str], FakeCollector]


def test_each_host_has_a_stream_of_its_own(hosts: Hosts, peer: Peer) -> None:
    peer.subscribed()
    for name, remote in (("web1", "198.51.100.7"), ("web2", "203.0.113.5")):
        collector = hosts(name)
        collector.send(STATUS, START)
        collector.send(keyframe(START, connection(1, remote)), START)
        collector.send(delta(START + 1), START + 1)
    wait_until(lambda: peer.heard("web1", "delta") and peer.heard("web2", "delta"))
    for name in ("web1", "web2"):
        [(frame, _)], [(change, _)] = peer.heard(name, "keyframe"), peer.heard(name, "delta")
        assert (frame.base, frame.seq, change.base, change.seq) == (0, 1, 1, 2)
    epochs = {header.host: header.epoch for header, _ in map(read, peer.listen())}
    assert len(set(epochs.values())) == 3


def test_the_facts_of_all_hosts_come_in_the_enrichers_own_stream_before_they_are_needed(
    hosts: Hosts, peer: Peer
) -> None:
    peer.subscribed()
    web1, web2 = hosts("web1"), hosts("web2")
    web1.send(keyframe(START, connection(1)), START)
    web1.send(delta(START + 1), START + 1)
    wait_until(lambda: peer.heard("web1", "delta"))
    web2.send(keyframe(START, connection(1), connection(2, "203.0.113.5")), START)
    wait_until(lambda: peer.heard("web2", "keyframe"))
    told = [each for each in map(read, peer.frames) if each[0].kind in wire.NUMBERED]
    assert [(header.host, header.kind) for header, _ in told] == [
        ("", "facts"),
        ("web1", "keyframe"),
        ("web1", "delta"),
        ("", "facts"),
        ("web2", "keyframe"),
    ]
    facts = [message for _, message in told if isinstance(message, Facts)]
    assert [len(message.facts) for message in facts] == [1, 1], "each address once"


def test_the_enrichers_own_state_names_every_host(hosts: Hosts, peer: Peer) -> None:
    web1, _silent, web3 = hosts("web1"), hosts("web2"), hosts("web3")
    web1.send(STATUS, START)
    for collector in (web1, web3):
        collector.send(keyframe(START, connection(1)), START)
    peer.subscribed()
    wait_until(lambda: len(peer.state("")) == 4)
    messages = [message for _, message in peer.state("")]
    told = [message for message in messages if isinstance(message, Status)]
    assert sorted((status.stage, status.host) for status in told) == [
        ("collector", "web1"),
        ("collector", "web3"),
        ("enricher", ""),
    ]
    assert isinstance(messages[-1], Facts)


def test_the_state_of_a_host_leads_on_to_its_stream(hosts: Hosts, peer: Peer) -> None:
    peer.subscribed()
    web1 = hosts("web1")
    web1.send(STATUS, START)
    web1.send(keyframe(START, connection(1)), START)
    wait_until(lambda: peer.heard("web1", "keyframe"))
    web1.send(delta(START + 1, connection(2)), START + 1)
    wait_until(lambda: peer.heard("web1", "delta"))
    state = peer.state("web1")
    assert [header.kind for header, _ in state] == [
        "session",
        "histories",
        "keyframe",
        "openings",
        "status",
    ]
    [(newest, _)] = peer.heard("web1", "delta")
    assert {(header.epoch, header.seq) for header, _ in state} == {(newest.epoch, newest.seq)}


def test_there_is_a_reason_where_there_is_no_state(hosts: Hosts, peer: Peer) -> None:
    [(header, answer)] = peer.state("web1")
    assert (header.host, answer) == ("web1", Wait("no collector on 'web1' has connected yet"))
    hosts("web1").send(keyframe(START), START)
    wait_until(lambda: isinstance(peer.state("web1")[0][1], Session))
    assert peer.state("web2")[0][0].kind == "wait"


def test_what_was_missed_is_sent_again_as_it_was(hosts: Hosts, peer: Peer) -> None:
    peer.subscribed()
    web1 = hosts("web1")
    web1.send(keyframe(START), START)
    for second in range(1, 6):
        web1.send(delta(START + second, connection(second)), START + second)
    wait_until(lambda: len(peer.heard("web1", "delta")) == 5)
    sent = [frames for frames in peer.frames if frames[0] == b"v2/web1/delta"]
    first, _ = read(sent[0])
    again = peer.ask(RepeatRequest("web1", first.epoch, first.seq, 3), 3)
    assert again == sent[1:4]
    for request in (
        RepeatRequest("web1", wire.new_epoch(), first.seq, 3),
        RepeatRequest("web1", first.epoch, 0, 3),  # from before the keyframe
        RepeatRequest("web1", first.epoch, 1_000, 3),
    ):
        assert read(*peer.ask(request))[0].kind == "wait"
    wait_until(lambda: figures(peer).get("repeated") == 3)


def test_only_the_host_that_something_was_missed_of_is_asked_anew(hosts: Hosts, peer: Peer) -> None:
    peer.subscribed()
    web1, web2 = hosts("web1"), hosts("web2")
    for collector in (web1, web2):
        collector.send(keyframe(START, connection(1)), START)
        while collector.joined(0.1):
            pass
    for _ in range(2):  # the second time the topic is there already
        web1.lose(delta(START + 1))
        asked: set[bytes] = set()

        def asks(asked: set[bytes] = asked) -> bool:
            web1.send(delta(START + 2), START + 2)
            web2.send(delta(START + 2), START + 2)
            asked.update(web1.said())
            return b"\x01v2/web1/" in asked

        wait_until(asks)
        assert asked <= {b"\x01v2/web1/", b"\x00v2/web1/"}, "what comes of all is not touched"
        web1.send(keyframe(START + 3), START + 3)
    before = len(peer.heard("web2", "delta"))
    web2.send(delta(START + 4), START + 4)
    wait_until(lambda: len(peer.heard("web2", "delta")) > before)
    seqs = [header.seq for header, _ in peer.heard("web2", "delta")]
    assert seqs == list(range(2, len(seqs) + 2))


def test_a_clock_that_goes_back_begins_one_history_and_its_facts_anew(
    hosts: Hosts, peer: Peer
) -> None:
    peer.subscribed()
    web1, web2 = hosts("web1"), hosts("web2")
    for collector, remote in ((web1, "198.51.100.7"), (web2, "198.51.100.8")):
        collector.send(keyframe(START, connection(1, remote)), START)
    wait_until(lambda: peer.heard("web1", "keyframe") and peer.heard("web2", "keyframe"))
    web1.sender.epoch = wire.new_epoch()

    def followed() -> bool:  # once the first is silent
        web1.send(keyframe(START - 1_000, connection(1, "203.0.113.5")), START - 1_000)
        web2.send(delta(START + 1), START + 1)
        return len(peer.heard("web1", "keyframe")) > 1 and len(peer.heard("web2", "delta")) > 0

    wait_until(followed)
    for name, count in (("web1", 2), ("web2", 1)):
        assert len({header.epoch for header, _ in peer.heard(name, "keyframe")}) == count
    [facts] = [message for _, message in peer.state("") if isinstance(message, Facts)]
    known = {fact.address for fact in facts.facts}
    assert known == {parse("198.51.100.8"), parse("203.0.113.5")}


def test_so_many_hosts_are_followed_and_the_next_is_complained_of_once(
    hosts: Hosts, peer: Peer, enricher: Program
) -> None:
    web = hosts("web0")
    for number in range(MAX_HOSTS + 5):
        sender = wire.Sender(f"web{number}", wire.new_epoch())
        web.socket.send_multipart(sender.frames(keyframe(START), START))
    wait_until(lambda: any("not followed" in line for line in enricher.complaints))
    assert isinstance(peer.state(f"web{MAX_HOSTS - 1}")[0][1], Session)
    assert isinstance(peer.state(f"web{MAX_HOSTS}")[0][1], Wait)
    [line] = [line for line in enricher.complaints if "not followed" in line]
    assert f"'web{MAX_HOSTS}'" in line
    wait_until(lambda: figures(peer).get("rejected") == 5)


# What it tells of itself.


def test_viewers_are_counted_as_they_come_and_go(
    joining: Callable[..., Peer],
) -> None:
    first = joining()
    wait_until(lambda: figures(first).get("viewers") == 1)
    others = [joining() for _ in range(3)]
    joining(b"v2/web1/")  # hears only one host: not told from one with many topics
    wait_until(lambda: figures(first).get("viewers") == 4)
    for other in others:
        other.close()
    wait_until(lambda: figures(first).get("viewers") == 1)


def test_the_enricher_counts_what_passes_through_it(hosts: Hosts, peer: Peer) -> None:
    peer.subscribed()
    web1, web2 = hosts("web1"), hosts("web2")
    web1.send(keyframe(START, connection(1), connection(2, "203.0.113.5")), START)
    web2.send(keyframe(START, connection(1)), START)
    web1.send(delta(START + 1, gone=[1]), START + 1)
    web1.socket.send_multipart([b"v2/", b"x", b"y"])
    wait_until(lambda: peer.heard("web1", "delta") and figures(peer).get("rejected"))
    told = figures(peer)
    assert [told[name] for name in ("connections", "rows", "transitions")] == [2, 3, 4]
    numbered = [frames for frames in peer.frames if read(frames)[0].kind in wire.NUMBERED]
    assert told["messages"] == len(numbered)
    assert told["bytes"] == sum(len(frame) for frames in numbered for frame in frames)
    assert told["memory"] > 1 << 20
    assert told["cpu"] > 0
    assert 0 <= told["lag"] < 20
    assert told["late"] == told["repeated"] == 0


def test_messages_that_a_viewer_has_no_room_for_are_counted(
    hosts: Hosts, joining: Callable[..., Peer]
) -> None:
    asleep, peer = joining(), joining()
    web1 = hosts("web1")
    web1.send(keyframe(START), START)
    wait_until(lambda: figures(peer).get("viewers") == 2)
    large = [connection(number) for number in range(2_000)]

    def late() -> float:
        web1.send(delta(START + 1, *large), START + 1)
        peer.listen()
        return figures(peer).get("late", 0)

    wait_until(late)
    sent = {read(frames)[0].seq for frames in peer.frames if frames[0] == b"v2/web1/delta"}
    assert asleep.frames == []
    assert sent == set(range(2, max(sent) + 1)), "who reads misses nothing"
