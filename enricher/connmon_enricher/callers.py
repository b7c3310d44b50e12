"""Who subscribes to too much is let go: each topic takes a thousand bytes, and ZeroMQ has no limit.

Nor can it close a connection. We do, by the descriptor that a subscription came from.
"""

import contextlib
import os
import socket

import zmq

MAX_TOPICS = 64  # of one connection
_MANY = 1_000

_Connection = tuple[int, int]  # descriptor and inode: descriptors are used again


class Callers:
    """The connections of a publisher, and how many topics each has.

    Args:
        many: connections; from so many on it is time to forget those that are over.
    """

    def __init__(self, many: int = _MANY) -> None:
        self._topics: dict[_Connection, int] = {}
        self._least = self._many = many

    def subscribed(self, said: zmq.Frame) -> None:
        """Count a topic more; who has too many is let go."""
        caller = _caller(said)
        if caller is not None and self._count(caller, 1) > MAX_TOPICS:
            _close(caller[0])

    def unsubscribed(self, said: zmq.Frame) -> None:
        """Count a topic less."""
        caller = _caller(said)
        if caller is not None:
            self._count(caller, -1)

    def _count(self, caller: _Connection, step: int) -> int:
        """Return how many topics `caller` now has."""
        topics = self._topics[caller] = self._topics.get(caller, 0) + step
        if len(self._topics) > self._many:
            self._topics = {each: count for each, count in self._topics.items() if _open(each)}
            self._many = 2 * max(self._least, len(self._topics))
        return topics


def _caller(said: zmq.Frame) -> _Connection | None:
    """Return the connection that `said` came from; None: it is over."""
    try:
        descriptor = int(said.get(zmq.SRCFD))
        return descriptor, os.fstat(descriptor).st_ino
    except (zmq.ZMQError, OSError):
        return None


def _close(descriptor: int) -> None:
    """Let both ends know that the connection is over; ZeroMQ then gives the descriptor back."""
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as connection:
        connection.shutdown(socket.SHUT_RDWR)


def _open(caller: _Connection) -> bool:
    try:
        return os.fstat(caller[0]).st_ino == caller[1]
    except OSError:
        return False
