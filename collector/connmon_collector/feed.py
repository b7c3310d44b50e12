"""The way out: an XPUB that connects to the enricher. This process listens nowhere."""

import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from operator import itemgetter

import zmq

from connmon_collector.complaint import Refusal
from connmon_shared.messages import (
    ROWS_PER_PART,
    Connection,
    Delta,
    Figure,
    Keyframe,
    Message,
    Traffic,
)
from connmon_shared.sockets import Socket, publisher
from connmon_shared.wire import Frames, Sender

_MAX_KEPT = 32 << 20  # bytes of messages for a peer that is late: 200,000 connections and more
_MAX_SUBSCRIPTIONS = 64  # taken in at once
_AGE = itemgetter(0)
_SUBSCRIBED = 1  # the first byte of a subscription; 0 ends one (ZMTP 3)


class Feed:
    """Sends this host's messages to whoever subscribed.

    Args:
        context: makes the socket.
        endpoint: where the enricher listens, or will.
        sender: numbers and encodes.
        patience: milliseconds that each part of a keyframe waits for room in the queue.
    """

    def __init__(
        self, context: zmq.Context[Socket], endpoint: str, sender: Sender, patience: int
    ) -> None:
        self._sender = sender
        self._heard = False  # somebody is subscribed
        self._kept: deque[Frames] = deque()  # that there was no room for, oldest first
        self._size = 0  # bytes of these
        self._dropped = 0  # messages
        self._refusal = Refusal(endpoint)
        self.socket = publisher(context)
        # The queue is short, and a keyframe's many parts are sent at once: wait for the peer to
        # take them, rather than lose some each time.
        self.socket.setsockopt(zmq.XPUB_NODROP, 1)
        self.socket.setsockopt(zmq.SNDTIMEO, patience)
        self.socket.connect(endpoint)

    def joined(self) -> bool:
        """Take in what subscribers said, and return whether one of them is new."""
        joined = False
        for _ in range(_MAX_SUBSCRIPTIONS):
            try:
                said = self.socket.recv(zmq.DONTWAIT)
            except zmq.Again:
                break
            self._heard = said[:1] == bytes((_SUBSCRIBED,))
            joined = joined or self._heard
        return joined

    def figures(self) -> Iterator[Figure]:
        """Yield what was counted since the start."""
        yield Figure("messages", self._sender.messages)
        yield Figure("bytes", self._sender.bytes)
        yield Figure("dropped", self._dropped)

    def look(self) -> None:
        """As long as nobody is subscribed, see whether that is because we may not connect."""
        if not self._heard:
            self._refusal.look()

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
            self.send(Traffic(traffic.time, counters[part], traffic.final[part]), time)

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
        """Send, and return whether there was room; without flags, wait a little for it."""
        try:
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
