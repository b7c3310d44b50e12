"""Who may come in: the answers to what ZeroMQ asks of each peer (ZAP, ZeroMQ RFC 27)."""

from collections.abc import Collection, Mapping

import zmq
from zmq.utils import z85

from connmon_shared.access.roles import Role
from connmon_shared.sockets import DRAINED, Socket
from connmon_shared.stage.loop import Timer

_PLACE = "inproc://zeromq.zap.01"
_VERSION = b"1.0"
_CURVE = b"CURVE"
_MAPPED = "::ffff:"  # an IPv4 address at a socket that takes IPv6, too
_YES, _NO = b"200", b"400"
_MAX_REFUSED = 16  # that are named in the log within a window; more would only fill it
_WINDOW = 60.0  # seconds


class Doorkeeper:
    """Lets in who has a key that is allowed for what it wants, and nobody else.

    Attributes:
        socket: ready when somebody knocks.
        allowed: the keys, by what their owners come for.
    """

    def __init__(
        self,
        context: zmq.Context[Socket],
        allowed: Mapping[Role, Collection[str]],
        window: float = _WINDOW,
    ) -> None:
        self.allowed = allowed
        self._refused: set[tuple[Role, str]] = set()  # in this window
        self._unnamed = 0  # refusals of others
        self._window = Timer(window)
        self.socket = context.socket(zmq.REP)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.bind(_PLACE)

    def answer(self) -> list[str]:
        """Answer those who knock; return a sentence for each key refused that is new."""
        notes = self._begin_window()
        for _ in range(DRAINED):
            try:
                request = self.socket.recv_multipart(zmq.DONTWAIT)
            except zmq.Again:
                break
            role, key = _asked(request)
            allowed = key in self.allowed.get(role, ())
            verdict = (_YES, b"") if allowed else (_NO, b"not allowed")
            # Version, request, code, reason, whose messages these are, further metadata.
            self.socket.send_multipart([_VERSION, request[1], *verdict, key.encode(), b""])
            if not allowed and self._is_new(role, key):
                address = request[3].decode("ascii", "replace").removeprefix(_MAPPED)
                command = role.allowing(f"'{key}'")
                notes.append(f"refused {address} as a {role}: allow it with {command}")
        return notes

    def _begin_window(self) -> list[str]:
        """Name all again after a while; tell how often others were refused."""
        if not self._window.take():
            return []
        notes = [f"refused others {self._unnamed} times more"] if self._unnamed else []
        self._refused.clear()
        self._unnamed = 0
        return notes

    def _is_new(self, role: Role, key: str) -> bool:
        if (role, key) in self._refused:
            return False
        if len(self._refused) >= _MAX_REFUSED:
            self._unnamed += 1
            return False
        self._refused.add((role, key))
        return True


def _asked(request: list[bytes]) -> tuple[Role, str]:
    """Return what who knocks wants to be, and its key: none if it has not proved to have one."""
    role = Role(request[2].decode())  # of the socket, so it is one of ours
    mechanism, *credentials = request[5:]
    if request[0] != _VERSION or mechanism != _CURVE:
        return role, ""
    return role, z85.encode(credentials[0]).decode()
