"""The feed against a real subscriber: large keyframes, and a peer that does not read."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import zmq

from connmon_collector.feed import Feed
from connmon_collector.service import Service
from connmon_collector.sources.base import Counted, Sample
from connmon_collector.sources.polled import Polled
from connmon_collector.way import LocalWay
from connmon_shared import codec, sockets, wire
from connmon_shared.messages import (
    ROWS_PER_PART,
    Connection,
    Counters,
    Delta,
    Keyframe,
    Process,
)
from connmon_shared.stage.clock import Clock
from connmon_shared.stage.loop import Loop, Pollable

PATIENCE_MS = 1_000
DEADLINE = 15.0  # seconds


FRAME = Keyframe(1.0, 1.0, 2.0, ())


def connections(count: int) -> tuple[Connection, ...]:
    row = Connection(0, 6, 1, b"\x7f\0\0\1", 1, b"\x7f\0\0\1", 2, 3, "a process", 0)
    return tuple(row._replace(id=n) for n in range(count))


@pytest.fixture
def joined(tmp_path: Path) -> Iterator[tuple[Feed, sockets.Socket]]:
    """Yield a feed and its bound subscriber, when the feed knows of it."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    endpoint = f"ipc://{tmp_path}/feed"
    subscriber = sockets.subscriber(context, wire.EVERYTHING)
    subscriber.setsockopt(zmq.HEARTBEAT_IVL, 0)  # however long it does not read, it stays connected
    subscriber.bind(endpoint)
    way = LocalWay(context, endpoint, PATIENCE_MS)
    feed = Feed(way, wire.Sender("tested", wire.new_epoch()))
    limit = time.monotonic() + DEADLINE
    while not feed.joined():
        assert time.monotonic() < limit
        subscriber.poll(10)  # ZeroMQ takes a new peer in only when its socket is asked something
    assert not feed.joined()
    yield feed, subscriber
    context.destroy(linger=0)


def test_a_keyframe_of_more_parts_than_the_queue_holds_arrives_whole(
    joined: tuple[Feed, sockets.Socket],
) -> None:
    feed, subscriber = joined
    rows = connections(100_000)
    received: list[Keyframe] = []

    def receive() -> None:
        assembly = wire.Assembly()
        while not received and subscriber.poll(int(DEADLINE * 1_000)):
            header, body = wire.split(subscriber.recv_multipart())
            part = codec.decode(header.kind, body)
            assert isinstance(part, Keyframe)
            if (done := assembly.add(header, part, body)) is not None:
                received.append(done)

    reader = threading.Thread(target=receive)
    reader.start()
    assert feed.send_keyframe(FRAME, iter(rows), len(rows), 1.0)
    reader.join(DEADLINE)
    assert received == [replace(FRAME, connections=rows)]


def test_a_keyframe_costs_no_more_than_patience_when_the_peer_does_not_read(
    joined: tuple[Feed, sockets.Socket],
) -> None:
    feed, _ = joined
    rows = connections(200_000)
    begin = time.monotonic()
    assert feed.send_keyframe(FRAME, rows, len(rows), 1.0), "it is kept"
    assert time.monotonic() - begin < 8.0
    while feed.send_keyframe(FRAME, rows, len(rows), 1.0):  # until too much is kept
        assert time.monotonic() - begin < 2 * DEADLINE


def test_what_a_late_peer_has_no_room_for_comes_when_it_has(
    joined: tuple[Feed, sockets.Socket],
) -> None:
    feed, subscriber = joined
    rows = connections(ROWS_PER_PART)
    count = 300  # of 60 kB: far more than the queues hold
    for number in range(count):
        feed.send(Delta(1.0, 1.0, 2.0, rows, (number,)), 1.0)
    assert not feed.flush()
    assert feed.send_keyframe(FRAME, (), 0, 1.0)
    received: list[int] = []
    while len(received) < count + 1:
        feed.flush()
        if subscriber.poll(1):
            header, body = wire.split(subscriber.recv_multipart())
            message = codec.decode(header.kind, body)
            received += message.gone if isinstance(message, Delta) else [count]
            assert header.seq == len(received), "none is missing, and none comes twice"
    assert received == list(range(count + 1)), "nothing overtakes what was kept"
    assert feed.flush()


class Crowd:
    """Two sockets with counters."""

    name, limits, problems = "crowd", (), ()

    def __init__(self) -> None:
        self.told = 0  # how often all counters were asked for

    def sample(self) -> Sample:
        return Sample({row.id: row for row in connections(2)}, [])

    def drain(self) -> None: ...

    def processes(self, _pids: Iterable[int]) -> Iterator[Process]:
        yield from ()

    def counted(self) -> Counted:
        return Counted([], [])

    def counters(self) -> Iterator[Counters]:
        self.told += 1
        yield from (Counters(number, 9, 9) for number in range(2))

    def close(self) -> None: ...


class Reminded(Polled):
    """Counts how often it was to tell ages once more."""

    count = 0

    def remind(self) -> None:
        self.count += 1


class Rounds(Loop):
    """A loop that looks after each round whether there were enough of them."""

    def __init__(self, enough: Callable[[], bool]) -> None:
        super().__init__(stops=())
        self._enough = enough
        self._until = time.monotonic() + DEADLINE

    def wait(self, seconds: float) -> dict[Pollable, int]:
        assert time.monotonic() < self._until
        ready = super().wait(min(seconds, 0.01))
        self.stopping = 0 if self._enough() else None
        return ready


def test_counters_for_who_joins_wait_for_the_keyframe(joined: tuple[Feed, sockets.Socket]) -> None:
    feed, subscriber = joined
    rows = connections(ROWS_PER_PART)
    while not dropped(feed):
        feed.send(Delta(1.0, 1.0, 2.0, rows, ()), 1.0)
    crowd, before, received = Crowd(), dropped(feed), list[str]()
    source = Reminded(crowd)

    def enough() -> bool:
        if dropped(feed) > before + 8:  # it was tried more than once
            while subscriber.poll(0):
                received.append(wire.split(subscriber.recv_multipart())[0].kind)
        return "keyframe" in received

    subscriber.setsockopt(zmq.SUBSCRIBE, wire.topic("tested", "again"))
    with contextlib.closing(Rounds(enough)) as loop:
        assert feed.socket is not None
        loop.watch(feed.socket)
        Service(source, 1.0, feed, loop, Clock()).run()
    assert crowd.told == source.count == received.count("keyframe")


def dropped(feed: Feed) -> float:
    """Return how many messages there was no room for."""
    return next(figure.value for figure in feed.figures() if figure.name == "dropped")


def test_only_so_much_is_kept_for_a_peer_that_never_reads(
    joined: tuple[Feed, sockets.Socket],
) -> None:
    feed, subscriber = joined
    rows = connections(ROWS_PER_PART)
    count = 1_000  # 60 MB
    for number in range(count):
        feed.send(Delta(1.0, 1.0, 2.0, rows, (number,)), 1.0)
    received: list[int] = []
    idle = size = 0
    while idle < 100:
        done = feed.flush()
        if subscriber.poll(1):
            frames = subscriber.recv_multipart()
            received.append(wire.split(frames)[0].seq)
            size += sum(map(len, frames))
        else:
            idle += done
    assert received == list(range(1, len(received) + 1)), "the oldest are kept"
    assert 32 << 20 < size < 48 << 20  # with those in the queues
    assert len(received) < count
