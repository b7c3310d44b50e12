"""The two sockets with which a display attaches to an enricher, of this host or of another one."""

import zmq

from connmon_shared import sockets, wire
from connmon_shared.access.curve import Remote
from connmon_shared.access.link import Link
from connmon_shared.access.roles import Role
from connmon_shared.sockets import EndpointError, Socket
from connmon_shared.stage.loop import Loop, Timer
from connmon_shared.stage.runtime import Runtime

Target = Runtime | Remote
_PROBE_SECONDS = 1.0  # between two attempts to reach an enricher that is silent


class LocalLink:
    """To the enricher of this host: ZeroMQ connects by itself, and again.

    Attributes:
        sockets: a SUB of its view, a DEALER of its state.
        failure: none; whether it is there is seen when that is asked for.
        next_attempt: none is waited for, they come several times a second.
    """

    failure = None
    next_attempt = 0.0

    def __init__(self, runtime: Runtime, stream: Socket, state: Socket, loop: Loop) -> None:
        self.sockets = (stream, state)
        self._runtime = runtime
        self._probe = Timer(_PROBE_SECONDS)
        self._trouble = ""
        for sock, endpoint in ((stream, runtime.view), (state, runtime.state)):
            sock.connect(endpoint)
            loop.watch(sock)

    @property
    def trouble(self) -> str:
        """Why it cannot be reached, empty if it can; tried once a second."""
        if self._probe.take():
            try:
                sockets.probe(self._runtime.view)
                self._trouble = ""
            except EndpointError as error:
                self._trouble = str(error)
        return self._trouble

    def tend(self) -> None:
        """Do nothing; the sockets stay the same."""


def attach(target: Target, context: zmq.Context[Socket], loop: Loop) -> LocalLink | Link:
    """Begin to connect to `target`."""
    if isinstance(target, Remote):
        return link_to(target, context, loop)
    return LocalLink(target, _stream(context), sockets.client(context), loop)


def link_to(remote: Remote, context: zmq.Context[Socket], loop: Loop) -> Link:
    """Begin to connect to the enricher of another host."""
    makers = (
        (remote.endpoint, lambda: _stream(context)),
        (remote.endpoint.next, lambda: sockets.client(context)),
    )
    return Link(makers, remote.access, Role.VIEWER, loop)


def _stream(context: zmq.Context[Socket]) -> Socket:
    return sockets.subscriber(context, wire.EVERYTHING)
