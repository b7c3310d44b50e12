"""The way out: an XPUB that connects to the enricher. This process listens nowhere."""

import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from operator import itemgetter

import zmq

from connmon_collector.way import Way
from connmon_shared.messages import (
    ROWS_PER_PART,
    Connection,
    Counters,
    Delta,
    Figure,
    Keyframe,
    Message,
    Traffic,
)
from connmon_shared.sockets import Socket, drain
from connmon_shared.wire import Frames, Sender, topic

_MAX_KEPT = 32 << 20  # bytes of messages for a peer that is late: 200,000 connections and more
_AGE = itemgetter(0)
_SUBSCRIBED = b"\x01"  # the first byte of a subscription; 0 ends one (ZMTP 3)


class Feed:
    """Sends this host's messages to whoever subscribed.

    Args:
        way: leads to the enricher.
        sender: numbers and encodes.
    """

    def __init__(self, way: Way, sender: Sender) -> None:
        self._way = way
        self._sender = sender
        self._heard = False  # somebody is subscribed
        self._kept: deque[Frames] = deque()  # that there was no room for, oldest first
        self._size = 0  # bytes of these
        self._dropped = 0  # messages

    @property
    def socket(self) -> Socket | None:
        """Ready when subscribers have said something; none while there is no connection."""
        return self._way.socket

    def tend(self) -> None:
        """Keep the way to the enricher open."""
        self._way.tend(heard=self._heard)

    def joined(self) -> bool:
        """Take in what subscribers said, and return whether one of them is new."""
        joined = False
        if self.socket is not None:
            for said, *_ in drain(self.socket):
                if self._concerns_us(said[1:]):
                    self._heard = said[:1] == _SUBSCRIBED
                    joined = joined or self._heard
        return joined

    def _concerns_us(self, topics: bytes) -> bool:
        """Return whether who subscribes to `topics` hears something of us."""
        ours = topic(self._sender.host, "")
        return ours.startswith(topics) or topics.startswith(ours)

    def figures(self) -> Iterator[Figure]:
        """Yield what was counted since the start."""
        yield Figure("messages", self._sender.messages)
        yield Figure("bytes", self._sender.bytes)
        yield Figure("dropped", self._dropped)

    def send(self, message: Message, time: float) -> None:
        """Send `message`, or keep it until there is room: never wait for a peer that is late.

        When too much is kept the peer is stopped, and the message is dropped. One that has a
        number is missed then, and the peer will ask anew.
        """
        self._send_or_keep(self._sender.frames(message, time))

    def flush(self) -> bool:
        """Send what was kept, as far as there is room; return whether nothing is left."""
        while self._kept and self._sent(self._kept[0], zmq.DONTWAIT):
            self._size -= sum(map(len, self._kept.popleft()))
        return not self._kept

    def send_keyframe(
        self, frame: Keyframe, rows: Iterable[Connection], count: int, time: float
    ) -> bool:
        """Send a keyframe in parts and return whether there was room for all.

        Args:
            frame: it, without connections.
            rows: the connections.
            count: how many they are.
            time: when it is sent.
        """
        parts = max(1, -(-count // ROWS_PER_PART))
        left = iter(rows)
        for index in range(parts):
            part = replace(frame, connections=tuple(itertools.islice(left, ROWS_PER_PART)))
            flags = zmq.DONTWAIT if self._kept else 0  # who is late once is not waited for again
            if not self._send_or_keep(self._sender.frames(part, time, (index, parts)), flags):
                return False
        return True

    def send_delta(self, delta: Delta, time: float) -> None:
        """Send `delta`, as several if it is large."""
        for piece in pieces(delta):
            self.send(piece, time)

    def send_traffic(self, traffic: Traffic, time: float) -> None:
        """Send `traffic`, as several if it is large."""
        counters = traffic.counters
        for start in range(0, max(len(counters), len(traffic.final), 1), ROWS_PER_PART):
            part = slice(start, start + ROWS_PER_PART)
            final = traffic.final[part]
            self.send(Traffic(traffic.time, counters[part], final, traffic.span), time)

    def send_counters(
        self, counters: Iterable[Counters], counted: float, span: float, time: float
    ) -> None:
        """Send the counters of everything, in parts, as of when they were `counted`; see `Traffic`.

        Rates are of the seconds before that: until now nobody knows.
        """
        left = iter(counters)
        while part := tuple(itertools.islice(left, ROWS_PER_PART)):
            self.send(Traffic(counted, part, span=span), time)

    def _send_or_keep(self, frames: Frames, flags: int = zmq.DONTWAIT) -> bool:
        """Send, or keep until there is room, in the order of coming; return whether one worked."""
        if self.flush() and self._sent(frames, flags):
            return True
        if self._size >= _MAX_KEPT:
            self._dropped += 1
            return False
        self._kept.append(frames)
        self._size += sum(map(len, frames))
        return True

    def _sent(self, frames: Frames, flags: int = 0) -> bool:
        """Send, and return whether there was room; without flags, wait a little for it.

        Without a connection nobody misses anything: who comes is sent a keyframe.
        """
        try:
            if self.socket is not None:
                self.socket.send_multipart(frames, flags)
        except zmq.Again:
            return False
        return True


def pieces(delta: Delta) -> Iterator[Delta]:
    """Yield `delta` as one or more that are small enough for a slow link.

    What happened first comes first, and a connection comes before it goes. Only the first piece
    says what was lost.
    """
    if len(delta.changed) + len(delta.gone) <= ROWS_PER_PART:
        yield delta
        return
    steps = sorted(_steps(delta), key=_AGE, reverse=True)  # stable: opened before closed
    for start in range(0, len(steps), ROWS_PER_PART):
        part = steps[start : start + ROWS_PER_PART]
        came = [(row, age) for age, row in part if isinstance(row, Connection)]
        went = [(number, age) for age, number in part if isinstance(number, int)]
        yield Delta(
            *(delta.time, delta.begin, delta.end),
            tuple(row for row, _ in came),
            tuple(number for number, _ in went),
            delta.lost if start == 0 else (),
            tuple(age for _, age in came) if delta.changed_ages else (),
            tuple(age for _, age in went) if delta.gone_ages else (),
        )


def _steps(delta: Delta) -> Iterator[tuple[int, Connection | int]]:
    """Yield (age, what) of everything in `delta`, all that changed first."""
    unaged = itertools.repeat(0)
    yield from zip(delta.changed_ages or unaged, delta.changed, strict=False)
    yield from zip(delta.gone_ages or unaged, delta.gone, strict=False)
