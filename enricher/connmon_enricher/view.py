"""The way out to the displays: who reads misses nothing, and who does not holds up nobody."""

import zmq

from connmon_shared import sockets, wire
from connmon_shared.clock import boottime
from connmon_shared.loop import Timer

_PATIENCE = 0.05  # seconds that all displays together are waited for, in every second
_BEGUN, _ENDED = b"\x01", b"\x00"  # the first byte of a subscription, and of its end (ZMTP 3)


class View:
    """Publishes messages.

    Args:
        context: makes the socket.
        endpoint: where displays connect.

    Attributes:
        viewers: subscriptions of everything; who has several topics is not told from several.
        late: messages that some display was not given at first.

    Raises:
        EndpointError: it cannot be bound.
    """

    def __init__(self, context: zmq.Context[sockets.Socket], endpoint: str) -> None:
        self.viewers = 0
        self.late = 0
        self._given_up = False  # on a display that does not read
        self._patience = _PATIENCE
        self._refill = Timer(1.0)
        self.socket = sockets.publisher(context)
        self.socket.setsockopt(zmq.XPUB_VERBOSER, 1)
        self.socket.setsockopt(zmq.SNDTIMEO, round(_PATIENCE * 1_000))
        self.socket.setsockopt(zmq.XPUB_NODROP, 1)
        sockets.bind(self.socket, endpoint)

    def joined(self) -> bool:
        """Take in what displays said, and return whether one of them is new."""
        joined = False
        for said in sockets.drain(self.socket):
            joined = joined or said[0][:1] == _BEGUN
            if said == [_BEGUN + wire.EVERYTHING]:
                self.viewers += 1
            elif said == [_ENDED + wire.EVERYTHING] and self.viewers:
                self.viewers -= 1
        return joined

    def publish(self, frames: wire.Frames) -> None:
        """Send `frames` to all displays.

        When much comes at once they are waited for a little. One that does not read by then misses
        what comes until it does, and asks for it.
        """
        if self._sent(frames, zmq.DONTWAIT):
            self._given_up = False
        elif self._given_up or not self._sent_in_time(frames):
            self._given_up = True
            self.late += 1
            self.socket.setsockopt(zmq.XPUB_NODROP, 0)  # only who is late misses it
            self.socket.send_multipart(frames, zmq.DONTWAIT)
            self.socket.setsockopt(zmq.XPUB_NODROP, 1)

    def _sent_in_time(self, frames: wire.Frames) -> bool:
        """Wait for those that are late, and return whether that was worth it."""
        if self._refill.take():
            self._patience = _PATIENCE
        if self._patience <= 0:
            return False
        begun = boottime()
        sent = self._sent(frames, 0)
        self._patience -= boottime() - begun
        return sent

    def _sent(self, frames: wire.Frames, flags: int) -> bool:
        try:
            self.socket.send_multipart(frames, flags)
        except zmq.Again:
            return False
        return True
