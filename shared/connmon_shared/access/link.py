"""The way to a stage on another host: attempts, one after the other, until one lasts.

ZeroMQ gives up for good after some failures, retries others ten times a second, and says neither
why nor when. So each attempt has its own sockets here; what fails is told, and begins anew after a
while.
"""

import socket
import threading
from collections.abc import Callable, Sequence

from connmon_shared.access.curve import Access, secure
from connmon_shared.access.handshake import Handshake
from connmon_shared.access.remote import TcpEndpoint, reach
from connmon_shared.access.roles import Role
from connmon_shared.sockets import EndpointError, Socket
from connmon_shared.stage.clock import boottime
from connmon_shared.stage.loop import Loop

_FIRST_PAUSE, _LAST_PAUSE = 1.0, 10.0  # seconds between two attempts

#: For each endpoint, what makes the socket that is to be connected there.
Makers = Sequence[tuple[TcpEndpoint, Callable[[], Socket]]]


class Link:
    """Sockets that are connected to one other host, as far as that can be.

    Attributes:
        sockets: as many as there are makers while an attempt lasts, else none.
        trouble: why there is no connection, empty when there is.
        failure: how the last attempt ended, none before that and when there is a connection.

    Args:
        makers: of the sockets; the first endpoint is the one that people know.
        access: our keys.
        role: as what we come.
        loop: wakes us.
    """

    def __init__(self, makers: Makers, access: Access, role: Role, loop: Loop) -> None:
        self.sockets: tuple[Socket, ...] = ()
        self.trouble = f"connecting to {makers[0][0]}"
        self.failure: EndpointError | None = None
        self._makers = makers
        self._access = access
        self._role = role
        self._loop = loop
        self._handshakes: list[Handshake] = []
        self._search: _Search | None = None
        self._pause = _FIRST_PAUSE
        self._due = boottime()

    @property
    def next_attempt(self) -> float:
        """Seconds until it begins; 0 while one lasts."""
        waiting = not self.sockets and self._search is None
        return max(0.0, self._due - boottime()) if waiting else 0.0

    def tend(self) -> None:
        """Go on as far as possible without waiting; the sockets may be others then."""
        if self.sockets:
            self._follow()
        elif self._search is not None:
            self._dial(self._search)
        elif boottime() >= self._due:
            self._search = _Search([endpoint for endpoint, _ in self._makers], self._role)
            self._loop.watch(self._search.fileno())

    def close(self) -> None:
        """Let go of everything."""
        for sock, handshake in zip(self.sockets, self._handshakes, strict=True):
            self._loop.forget(sock)
            self._loop.forget(handshake.events)
            handshake.close()
        self.sockets, self._handshakes = (), []
        self._end_search()

    def _follow(self) -> None:
        for handshake in self._handshakes:
            handshake.follow()
            if handshake.failure is not None:
                self._fail(handshake.failure)
                return
        if self.trouble and all(handshake.done for handshake in self._handshakes):
            self.trouble, self.failure = "", None
            self._pause = _FIRST_PAUSE

    def _dial(self, search: "_Search") -> None:
        if not search.done:
            return
        self._end_search()
        if search.failure is not None:
            self._fail(search.failure)
            return
        self.sockets = tuple(make() for _, make in self._makers)
        for sock, (named, _), found in zip(self.sockets, self._makers, search.found, strict=True):
            secure(sock, self._access)
            asked, _ = self._makers[0]
            handshake = Handshake(sock, named, asked, self._access.own.public, self._role)
            self._handshakes.append(handshake)
            sock.connect(str(found))
            self._loop.watch(sock)
            self._loop.watch(handshake.events)

    def _fail(self, failure: EndpointError) -> None:
        self.close()
        self.failure, self.trouble = failure, str(failure)
        self._due = boottime() + self._pause
        self._pause = min(2 * self._pause, _LAST_PAUSE)

    def _end_search(self) -> None:
        if self._search is not None:
            self._loop.forget(self._search.fileno())
            self._search.close()
            self._search = None


class _Search:
    """Finds out in a thread whether endpoints can be reached: looking up a name may take long."""

    def __init__(self, endpoints: Sequence[TcpEndpoint], role: Role) -> None:
        self.found: list[TcpEndpoint] = []
        self.failure: EndpointError | None = None
        self.done = False
        self._endpoints = endpoints
        self._role = role
        self._here, self._there = socket.socketpair()
        threading.Thread(target=self._run, daemon=True).start()

    def fileno(self) -> int:
        """Return what is ready when it is known."""
        return self._here.fileno()

    def close(self) -> None:
        """Let go; a thread that still runs ends by itself, or with the process."""
        self._here.close()

    @property
    def _hint(self) -> str:
        """What is to be said where another port fails than the one that was named."""
        named = self._endpoints[0]
        return f" ({named} answers, and the next port is used as well)" if self.found else ""

    def _run(self) -> None:
        with self._there:  # its end wakes who waits
            try:
                for endpoint in self._endpoints:
                    self.found.append(reach(endpoint, self._role.service))
            except EndpointError as error:
                self.failure = EndpointError(f"{error}{self._hint}")
            self.done = True
