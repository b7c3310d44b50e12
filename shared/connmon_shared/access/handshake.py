"""What becomes of a connection to another host, in sentences: ZeroMQ only tells numbers."""

import errno
import struct

import zmq

from connmon_shared.access.remote import TcpEndpoint
from connmon_shared.access.roles import Role
from connmon_shared.sockets import EndpointError, RefusedError, Socket

_FAILURES = (
    zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_CLOSED  # before it was connected
    | zmq.EVENT_DISCONNECTED
)
_EVENT = struct.Struct("=HI")  # the first frame (zmq_socket_monitor): event, value


class Handshake:
    """Follows the one connection that a socket makes.

    Attributes:
        events: ready when there is something to follow.
        done: whether both sides know each other.
        failure: why the connection is over, none as long as it is not.

    Args:
        sock: not connected yet.
        endpoint: where it will connect to.
        asked: where people asked to connect to, which stands for the whole host.
        ours: our public key, which the other side has to allow.
        role: as what.
    """

    def __init__(
        self, sock: Socket, endpoint: TcpEndpoint, asked: TcpEndpoint, ours: str, role: Role
    ) -> None:
        self.done = False
        self.failure: EndpointError | None = None
        self._sock = sock
        self._endpoint = endpoint
        self._asked = asked
        self._remedy = role.allowing(f"'{ours}'")
        self.events: Socket = sock.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED | _FAILURES)

    def follow(self) -> None:
        """Take in what has happened."""
        while self.failure is None and self.events.poll(0):
            event, value = _EVENT.unpack(self.events.recv_multipart()[0])
            if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                self.done = True
            else:
                self.failure = self._explain(event, value)

    def close(self) -> None:
        """Close the socket, and let its number be used for another one."""
        self._sock.disable_monitor()
        self.events.close(linger=0)
        self._sock.close(linger=0)

    def _explain(self, event: int, value: int) -> EndpointError:
        """Return what `event` means, as libzmq 4.3.5 uses it; `value` is an errno, or a detail."""
        where = self._asked
        match event:
            case zmq.EVENT_HANDSHAKE_FAILED_AUTH:
                what = f"does not allow this host's key: run there {self._remedy}"
            case zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL if value == errno.EAGAIN:
                where = self._endpoint
                what = "takes connections, but says nothing: is it a connmon?"
            case zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL:
                what = "has another key (connmon keys show tells it there), or is no connmon"
            case zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL:
                what = "is no connmon that serves other hosts: it does not speak CURVE"
            case zmq.EVENT_CLOSED:
                where = self._endpoint
                what = "cannot be reached any more"
            case _:
                what = "has closed the connection" if self.done else "is no connmon"
        refused = event == zmq.EVENT_HANDSHAKE_FAILED_AUTH
        return (RefusedError if refused else EndpointError)(f"{where} {what}")
