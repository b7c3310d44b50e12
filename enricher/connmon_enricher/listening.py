"""Where sockets listen, and how all their peers are let go: ZeroMQ cannot close one connection.

An endpoint is closed by another thread, which takes the file of an ipc endpoint away as well. So
nobody may listen there again before it says that it is done, and nobody waits for it but the loop.
"""

from collections.abc import Callable
from typing import NamedTuple

import zmq

from connmon_shared.sockets import EndpointError, Socket, drain
from connmon_shared.stage.loop import Loop, Timer

_RETRY_SECONDS = 1.0


class _Place(NamedTuple):
    """Where a socket listens."""

    sock: Socket
    bind: Callable[[], None]
    endpoint: str


class _Renewal:
    """The time in which endpoints of a socket are being closed.

    Attributes:
        events: tell of each of them.
    """

    def __init__(self, sock: Socket, places: list[_Place]) -> None:
        self.places = places
        self.events = sock.get_monitor_socket(zmq.EVENT_CLOSED | zmq.EVENT_CLOSE_FAILED)
        self._left = len(places)
        for place in places:
            sock.unbind(place.endpoint)

    def done(self) -> bool:
        """Return whether all are closed."""
        self._left -= sum(1 for _ in drain(self.events))
        return self._left <= 0


class Listening:
    """All places where sockets listen whose peers may have to be let go.

    Args:
        loop: wakes us when an endpoint has been closed.
    """

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._open: list[_Place] = []
        self._closing: dict[Socket, _Renewal] = {}
        self._shut: list[_Place] = []
        self._retry = Timer(_RETRY_SECONDS)

    def add(self, sock: Socket, bind: Callable[[], None]) -> None:
        """Let `sock` listen where `bind` binds it, now and whenever it begins anew.

        Raises:
            EndpointError: it cannot.
        """
        bind()
        endpoint = sock.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0")
        self._open.append(_Place(sock, bind, endpoint))

    def renew(self, sock: Socket, within: str = "") -> bool:
        """Close all connections of `sock`; who may is back in a moment.

        Args:
            sock: listens at places that were added.
            within: what the endpoints begin with whose connections are meant.

        Returns:
            Whether that has begun; not while it is still on its way.
        """
        chosen = [p for p in self._open if p.sock is sock and p.endpoint.startswith(within)]
        if sock in self._closing or not chosen:
            return False
        self._open = [place for place in self._open if place not in chosen]
        self._closing[sock] = _Renewal(sock, chosen)
        self._loop.watch(self._closing[sock].events)
        return True

    def tend(self) -> list[str]:
        """Listen again where that is possible by now; return what is to be logged."""
        for sock, renewal in list(self._closing.items()):
            if renewal.done():
                del self._closing[sock]
                self._loop.forget(renewal.events)
                sock.disable_monitor()
                renewal.events.close(linger=0)
                self._shut += renewal.places
                self._retry.restart(0)
        return self._open_again() if self._shut and self._retry.take() else []

    def _open_again(self) -> list[str]:
        """Listen again; return what hinders that."""
        self._retry.restart(_RETRY_SECONDS)
        shut, self._shut = self._shut, []
        notes = []
        for place in shut:
            try:
                place.bind()
            except EndpointError as error:
                notes.append(f"{error}; trying on")
                self._shut.append(place)
            else:
                self._open.append(place)
        return notes
