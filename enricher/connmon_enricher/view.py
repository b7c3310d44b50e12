"""The way out to the displays: who reads misses nothing, and who does not holds up nobody."""

import zmq

from connmon_shared import sockets, wire

_PATIENCE_MS = 50  # for all displays together, until they have caught up again


class View:
    """Publishes messages.

    Args:
        context: makes the socket.
        endpoint: where displays connect.

    Raises:
        EndpointError: it cannot be bound.
    """

    def __init__(self, context: zmq.Context[sockets.Socket], endpoint: str) -> None:
        self._late = False  # a display that does not read
        self.socket = sockets.publisher(context)
        self.socket.setsockopt(zmq.SNDTIMEO, _PATIENCE_MS)
        self.socket.setsockopt(zmq.XPUB_NODROP, 1)
        sockets.bind(self.socket, endpoint)

    def publish(self, frames: wire.Frames) -> None:
        """Send `frames` to all displays.

        When much comes at once they are waited for a little. One that does not read by then misses
        what comes until it does, and asks anew.
        """
        try:
            self.socket.send_multipart(frames, zmq.DONTWAIT if self._late else 0)
            self._late = False
        except zmq.Again:
            self._late = True
            self.socket.setsockopt(zmq.XPUB_NODROP, 0)  # only who is late misses it
            self.socket.send_multipart(frames, zmq.DONTWAIT)
            self.socket.setsockopt(zmq.XPUB_NODROP, 1)
