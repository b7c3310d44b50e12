"""The way out to the displays: who reads misses nothing, and who does not holds up nobody."""

import zmq

from connmon_enricher.callers import Callers
from connmon_shared import sockets, wire
from connmon_shared.stage.clock import boottime
from connmon_shared.stage.loop import Timer

_PATIENCE = 0.05  # seconds that all displays together are waited for, in every second
_UNHEARD = 2  # subscriptions of a display that wait: a flood of them must not go past `Callers`
_BEGUN, _ENDED = b"\x01", b"\x00"  # the first byte of a subscription, and of its end (ZMTP 3)


class View:
    """Publishes messages.

    Args:
        context: makes the socket.
        endpoint: where displays connect.

    Attributes:
        viewers: subscriptions of everything; who has several topics is not told from several.
        late: how often some display had no room.

    Raises:
        EndpointError: it cannot be bound.
    """

    def __init__(self, context: zmq.Context[sockets.Socket], endpoint: str) -> None:
        self.viewers = 0
        self.late = 0
        self._given_up = False  # on a display that does not read
        self._patience = _PATIENCE
        self._refill = Timer(1.0)
        self._callers = Callers()
        self.socket = sockets.publisher(context)
        self.socket.setsockopt(zmq.XPUB_VERBOSER, 1)
        self.socket.setsockopt(zmq.SNDTIMEO, round(_PATIENCE * 1_000))
        self.socket.setsockopt(zmq.XPUB_NODROP, 1)
        self.socket.setsockopt(zmq.RCVHWM, _UNHEARD)
        sockets.bind(self.socket, endpoint)

    def joined(self) -> bool:
        """Take in what displays said, and return whether one of them is new."""
        joined = False
        for _ in range(sockets.DRAINED):
            try:
                said, *_ = self.socket.recv_multipart(zmq.DONTWAIT, copy=False)
            except zmq.Again:
                break
            joined = self._hear(said) or joined
        return joined

    def _hear(self, said: zmq.Frame) -> bool:
        """Take in a subscription, or the end of one; return whether it is one."""
        begun, topic = said.bytes[:1], said.bytes[1:]
        if begun == _BEGUN:
            self.viewers += topic == wire.EVERYTHING
            self._callers.subscribed(said)
        elif begun == _ENDED:
            self.viewers -= topic == wire.EVERYTHING and self.viewers > 0
            self._callers.unsubscribed(said)
        return begun == _BEGUN

    def publish(self, frames: wire.Frames) -> None:
        """Send `frames` to all displays.

        When much comes at once they are waited for a little. One that does not read by then misses
        what comes until it does, and asks for it.
        """
        if self._sent(frames, zmq.DONTWAIT):
            self._given_up = False
        elif self._given_up or not self._sent_in_time(frames):
            sockets.notice(self.socket)
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
