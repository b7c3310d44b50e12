"""The way out: an XPUB that connects to the enricher. This process listens nowhere."""

from collections.abc import Iterator

import zmq

from connmon_collector.complaint import Refusal
from connmon_shared.messages import ROWS_PER_PART, Delta, Keyframe, Message
from connmon_shared.sockets import Socket, publisher
from connmon_shared.wire import WHOLE, Part, Sender, in_parts

_MAX_SUBSCRIPTIONS = 64  # taken in at once
_SUBSCRIBED = 1  # the first byte of a subscription; 0 ends one (ZMTP 3)


class Feed:
    """Sends this host's messages to whoever subscribed.

    Args:
        context: makes the socket.
        endpoint: where the enricher listens, or will.
        sender: numbers and encodes.
        patience: milliseconds to wait for room in the queue before a message is dropped.
    """

    def __init__(
        self, context: zmq.Context[Socket], endpoint: str, sender: Sender, patience: int
    ) -> None:
        self._sender = sender
        self._heard = False  # somebody is subscribed
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
        if not self._heard:
            self._refusal.look()
        return joined

    def send(self, message: Message, time: float, part: Part = WHOLE) -> bool:
        """Send `message` and return whether there was room.

        When there was none the peer is stopped; a numbered message that it missed shows in the
        numbers, and it will ask anew.
        """
        try:
            self.socket.send_multipart(self._sender.frames(message, time, part))
        except zmq.Again:
            return False
        return True

    def send_keyframe(self, keyframe: Keyframe, time: float) -> bool:
        """Send `keyframe` in parts and return whether there was room for all."""
        parts = list(in_parts(keyframe))
        return all(self.send(part, time, (index, len(parts))) for index, part in enumerate(parts))

    def send_delta(self, delta: Delta, time: float) -> None:
        """Send `delta`, as several if it is large."""
        for piece in pieces(delta):
            self.send(piece, time)


def pieces(delta: Delta) -> Iterator[Delta]:
    """Yield `delta` as one or more that are small enough for a slow link.

    All that changed comes first: a connection that came and went must come before it goes.
    """
    rows = [*delta.changed, *delta.gone]
    for start in range(0, max(len(rows), 1), ROWS_PER_PART):
        changed = delta.changed[start : start + ROWS_PER_PART]
        first = max(0, start - len(delta.changed))
        last = max(0, start + ROWS_PER_PART - len(delta.changed))
        yield Delta(delta.time, delta.begin, delta.end, changed, delta.gone[first:last])
