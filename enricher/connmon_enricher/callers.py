"""Who subscribes to too much is let go: each topic takes a thousand bytes, and ZeroMQ has no limit.

Nor can it close a connection. We do, by the descriptor that a subscription came from.
"""

import contextlib
import os
import socket

import zmq

MAX_TOPICS = 64  # of one connection
_MANY = 1_000  # connections; then it is time to forget those that are over

_Connection = tuple[int, int]  # descriptor and inode: descriptors are used again


class Callers:
    """The connections of a publisher, and how many topics each has."""

    def __init__(self) -> None:
        self._topics: dict[_Connection, int] = {}
        self._many = _MANY

    def subscribed(self, said: zmq.Frame) -> None:
        """Count a topic more; who has too many is let go."""
        caller = self._count(said, 1)
        if caller is not None and self._topics[caller] > MAX_TOPICS:
            with (
                contextlib.suppress(OSError),
                socket.socket(fileno=os.dup(caller[0])) as connection,
            ):
                connection.shutdown(socket.SHUT_RDWR)

    def unsubscribed(self, said: zmq.Frame) -> None:
        """Count a topic less."""
        self._count(said, -1)

    def _count(self, said: zmq.Frame, step: int) -> _Connection | None:
        """Return the connection that `said` came from; None: it is over."""
        try:
            descriptor = int(said.get(zmq.SRCFD))
            caller = descriptor, os.fstat(descriptor).st_ino
        except (zmq.ZMQError, OSError):
            return None
        self._topics[caller] = self._topics.get(caller, 0) + step
        if len(self._topics) > self._many:
            self._topics = {each: count for each, count in self._topics.items() if _open(each)}
            self._many = 2 * max(_MANY, len(self._topics))
        return caller


def _close(descriptor: int) -> None:
    """Let both ends know that the connection is over; ZeroMQ then gives the descriptor back."""
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as connection:
        connection.shutdown(socket.SHUT_RDWR)


def _open(caller: _Connection) -> bool:
    try:
        return os.fstat(caller[0]).st_ino == caller[1]
    except OSError:
        return False
