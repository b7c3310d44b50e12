"""The way to the enricher, on this host or on another one: a socket, and why there is none.

ZeroMQ tries for ever to connect, and never tells why in vain; so this does, in the log.
"""

import logging
from typing import Protocol

import zmq

from connmon_shared.access.curve import Remote
from connmon_shared.access.link import Link
from connmon_shared.access.roles import Role
from connmon_shared.sockets import EndpointError, RefusedError, Socket, probe, publisher
from connmon_shared.stage.loop import Loop, Timer

_PATIENCE_SECONDS = 2.0  # before we ask why nobody answers, and between two questions
log = logging.getLogger("connmon-collector")


class Way(Protocol):
    """Where to send."""

    @property
    def socket(self) -> Socket | None:
        """An XPUB, none while there is no connection to be had."""

    def tend(self, *, heard: bool) -> None:
        """Go on, without waiting; `heard` is whether somebody has subscribed."""


class LocalWay:
    """To the enricher of this host, at an `ipc` endpoint."""

    def __init__(self, context: zmq.Context[Socket], endpoint: str, patience: int) -> None:
        self.socket: Socket = outlet(context, patience)
        self.socket.connect(endpoint)
        self._endpoint = endpoint
        self._told = False
        self._again = Timer(_PATIENCE_SECONDS)
        self._again.take()  # the first connection needs its time

    def tend(self, *, heard: bool) -> None:
        """Try the door as long as nobody has subscribed, and tell once that we may not enter."""
        if heard or self._told or not self._again.take():
            return
        try:
            probe(self._endpoint)
        except RefusedError as error:
            self._told = True
            log.warning("%s: the enricher there is another user's; trying on", error)
        except EndpointError:
            return  # it does not run yet


class RemoteWay:
    """To the enricher of another host."""

    def __init__(
        self, context: zmq.Context[Socket], remote: Remote, patience: int, loop: Loop
    ) -> None:
        makers = ((remote.endpoint, lambda: outlet(context, patience)),)
        self._link = Link(makers, remote.access, Role.COLLECTOR, loop)
        self._told = self._link.trouble

    @property
    def socket(self) -> Socket | None:
        """An XPUB, none between two attempts."""
        return self._link.sockets[0] if self._link.sockets else None

    def tend(self, *, heard: bool) -> None:  # noqa: ARG002 - the link knows better
        """Follow the link, and tell why it fails: each reason when it is new."""
        self._link.tend()
        trouble = self._link.trouble
        if trouble != self._told:
            self._told = trouble
            if trouble:
                log.warning("%s; trying on", trouble)
            else:
                log.info("connected to the enricher")


def trouble_on_the_way(remote: Remote) -> str:
    """Try to connect, and return why that is in vain; empty if it is not."""
    loop = Loop(stops=())
    with zmq.Context() as context:
        makers = ((remote.endpoint, lambda: outlet(context, 0)),)
        link = Link(makers, remote.access, Role.COLLECTOR, loop)
        while link.trouble and link.failure is None:
            link.tend()
            loop.wait(_PATIENCE_SECONDS)
        link.close()
        context.destroy(linger=0)
    loop.close()
    return link.trouble


def outlet(context: zmq.Context[Socket], patience: int) -> Socket:
    """Return an XPUB that waits `patience` milliseconds for room, and then drops nothing.

    The queue is short, and a keyframe's many parts are sent at once: wait for the peer to take
    them, rather than lose some each time.
    """
    sock = publisher(context)
    sock.setsockopt(zmq.XPUB_NODROP, 1)
    sock.setsockopt(zmq.SNDTIMEO, patience)
    return sock
