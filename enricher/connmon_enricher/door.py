"""Where other hosts come in: TCP, CURVE, and the list of whose keys are allowed.

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
from connmon_shared.access.allowed import place, read_allowed
from connmon_shared.access.curve import guard
from connmon_shared.access.doorkeeper import Doorkeeper
from connmon_shared.access.remote import TcpEndpoint
from connmon_shared.sockets import EndpointError, Socket
from connmon_shared.stage.loop import Timer

#: The signal at which the list is read at once; none on Windows.
RELOAD = getattr(signal, "SIGHUP", 0)
_LOOK_SECONDS = 1.0  # between two looks whether the list has changed
_TCP = "tcp://"


class Entrances(NamedTuple):
    """Where other hosts may come in, if anywhere."""

    viewers: TcpEndpoint | None = None  # and the port after it
    collectors: TcpEndpoint | None = None


class Door:
    """Lets in whom the list in `directory` allows, and out whom it allows no longer.

    Args:
        context: of the sockets that others come in at.
        directory: of this host's keys.
        listening: where these sockets listen.

    Raises:
        KeysError: this host's key, or the list, is not there or not safe.
    """

    def __init__(self, context: zmq.Context[Socket], directory: Path, listening: Listening) -> None:
        self._directory = directory
        self._listening = listening
        self._own = keys.load(directory)
        self._stamp = self._look()
        allowed = read_allowed(directory)
        self._keeper = Doorkeeper(context, allowed.names)
        self._notes = list(allowed.problems)
        self._sockets: list[Socket] = []
        self._due = Timer(_LOOK_SECONDS)

    @property
    def socket(self) -> Socket:
        """Ready when somebody knocks."""
        return self._keeper.socket

    def allows(self, key: str) -> bool:
        """Return whether who has `key` may come in."""
        return key in self._keeper.allowed

    def open(self, sock: Socket, endpoint: TcpEndpoint, purpose: str) -> None:
        """Let `sock` listen at `endpoint` as well.

        Raises:
            EndpointError: it cannot.
        """

        def bind() -> None:
            guard(sock, self._own, purpose)
            try:
                sock.bind(str(endpoint))
            except zmq.ZMQError as error:
                reason = zmq.strerror(error.errno or 0)
                hint = "" if error.errno == errno.EADDRINUSE else ": name an address of this host"
                raise EndpointError(f"cannot listen at {endpoint}: {reason}{hint}") from error

        self._listening.add(sock, bind)
        self._sockets.append(sock)

    def answer(self) -> None:
        """Answer those who knock."""
        self._notes += self._keeper.answer()

    def tend(self) -> None:
        """Read the list if it has changed; looked at once a second."""
        if self._due.take() and self._look() != self._stamp:
            self.read()

    def read(self) -> None:
        """Read the list; who is not allowed any more is let go. One not safe changes nothing."""
        self._stamp = self._look()
        try:
            allowed = read_allowed(self._directory)
        except keys.KeysError as error:
            self._notes.append(f"{error}; the list read before still holds")
            return
        revoked = set(self._keeper.allowed).difference(allowed.names)
        self._keeper.allowed = allowed.names
        self._notes += [f"keys that are allowed: {len(allowed.names)}", *allowed.problems]
        if revoked:  # who is allowed is back in a second
            for sock in self._sockets:
                self._listening.renew(sock, _TCP)

    def take_notes(self) -> list[str]:
        """Return what is to be logged since the last call."""
        notes, self._notes = self._notes, []
        return notes

    def _look(self) -> tuple[int, ...]:
        try:
            found = place(self._directory).stat()
        except OSError:
            return ()
        return found.st_ino, found.st_mtime_ns, found.st_size, found.st_mode, found.st_uid
