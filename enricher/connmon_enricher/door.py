"""Where other hosts come in: TCP, CURVE, and the lists of whose keys are allowed.

A socket that listens here for this host listens there for others as well: ZeroMQ keeps the
settings with which each endpoint was bound. So everybody is served the same, at the same cost.
"""

import errno
import signal
from pathlib import Path
from typing import NamedTuple

import zmq

from connmon_enricher.listening import Listening
from connmon_shared.access import keys
from connmon_shared.access.allowed import Allowed, place, read_allowed
from connmon_shared.access.curve import guard
from connmon_shared.access.doorkeeper import Doorkeeper
from connmon_shared.access.remote import TcpEndpoint
from connmon_shared.access.roles import Role
from connmon_shared.access.trust import TrustError
from connmon_shared.sockets import EndpointError, Socket
from connmon_shared.stage.loop import Timer

#: The signal at which the lists are read at once; none on Windows.
RELOAD = getattr(signal, "SIGHUP", 0)
_LOOK_SECONDS = 1.0  # between two looks whether a list has changed
_TCP = "tcp://"


class Entrances(NamedTuple):
    """Where other hosts may come in, if anywhere."""

    viewers: TcpEndpoint | None = None  # and the port after it
    collectors: TcpEndpoint | None = None


class Door:
    """Lets in whom the lists in `directory` allow, and out whom they allow no longer.

    Args:
        context: of the sockets that others come in at.
        directory: of this host's keys.
        listening: where these sockets listen.

    Raises:
        TrustError: this host's key, or a list, is not there or not safe.
    """

    def __init__(self, context: zmq.Context[Socket], directory: Path, listening: Listening) -> None:
        self._directory = directory
        self._listening = listening
        self._own = keys.load(directory)
        self._stamp = self._look()
        allowed = self._read()
        self._keeper = Doorkeeper(context, _names(allowed))
        self._notes = _problems(allowed)
        self._sockets: list[tuple[Role, Socket]] = []
        self._due = Timer(_LOOK_SECONDS)

    @property
    def socket(self) -> Socket:
        """Ready when somebody knocks."""
        return self._keeper.socket

    def allows_collector(self, key: str) -> bool:
        """Return whether who has `key` may tell of its host."""
        return key in self._keeper.allowed[Role.COLLECTOR]

    def open(self, sock: Socket, endpoint: TcpEndpoint, role: Role) -> None:
        """Let `sock` listen at `endpoint` as well, for those who come as `role`.

        Raises:
            EndpointError: it cannot.
        """

        def bind() -> None:
            guard(sock, self._own, role)
            try:
                sock.bind(str(endpoint))
            except zmq.ZMQError as error:
                reason = zmq.strerror(error.errno or 0)
                hint = "" if error.errno == errno.EADDRINUSE else ": name an address of this host"
                raise EndpointError(f"cannot listen at {endpoint}: {reason}{hint}") from error

        self._listening.add(sock, bind)
        self._sockets.append((role, sock))

    def answer(self) -> None:
        """Answer those who knock."""
        self._notes += self._keeper.answer()

    def tend(self) -> None:
        """Read the lists if one has changed; looked at once a second."""
        if self._due.take() and self._look() != self._stamp:
            self.read()

    def read(self) -> None:
        """Read the lists; who is not allowed any more is let go. One not safe changes nothing."""
        self._stamp = self._look()
        try:
            allowed = self._read()
        except TrustError as error:
            self._notes.append(f"{error}; the lists read before still hold")
            return
        before, self._keeper.allowed = self._keeper.allowed, _names(allowed)
        counts = ", ".join(f"{len(found.names)} {role.listing}" for role, found in allowed.items())
        self._notes += [f"keys that are allowed: {counts}", *_problems(allowed)]
        for role, sock in self._sockets:
            if set(before[role]) - set(self._keeper.allowed[role]):
                self._listening.renew(sock, _TCP)  # who is allowed is back in a second

    def take_notes(self) -> list[str]:
        """Return what is to be logged since the last call."""
        notes, self._notes = self._notes, []
        return notes

    def _read(self) -> dict[Role, Allowed]:
        return {role: read_allowed(self._directory, role) for role in Role}

    def _look(self) -> list[tuple[int, ...]]:
        return [_stamp(place(self._directory, role)) for role in Role]


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_mtime_ns, found.st_size, found.st_mode, found.st_uid


def _names(allowed: dict[Role, Allowed]) -> dict[Role, dict[str, str]]:
    return {role: found.names for role, found in allowed.items()}


def _problems(allowed: dict[Role, Allowed]) -> list[str]:
    return [problem for found in allowed.values() for problem in found.problems]
