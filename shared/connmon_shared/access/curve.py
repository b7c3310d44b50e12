"""CURVE on sockets that other hosts reach: only whose key is allowed comes in, nobody reads along.

Links between hosts are given more time than those of one host: what is on its way over a slow one
must not make its receiver look dead.
"""

import sys
from dataclasses import dataclass
from typing import Self

import zmq

from connmon_shared.access.keys import KeyPair, default_directory, load
from connmon_shared.access.remote import TcpEndpoint
from connmon_shared.access.roles import Role
from connmon_shared.sockets import TCP_SILENCE_MS, Socket

_CONNECT_MS = 5_000
_BACKLOG = 512  # connections that wait to be accepted: a flood must not keep others out
_NEVER = -1


@dataclass(frozen=True, slots=True)
class Access:
    """With which keys we reach another host."""

    own: KeyPair
    server: str  # the other side's public key


@dataclass(frozen=True, slots=True)
class Remote:
    """A stage on another host."""

    endpoint: TcpEndpoint
    access: Access

    @classmethod
    def at(cls, endpoint: TcpEndpoint, server_key: str) -> Self:
        """Return the stage at `endpoint`, to be reached with this host's own key.

        Raises:
            TrustError: this host has none, or others may have read or written it.
        """
        return cls(endpoint, Access(load(default_directory()), server_key))


def guard(sock: Socket, own: KeyPair, role: Role) -> None:
    """Let only those connect to `sock` whom the doorkeeper of its context lets in.

    Args:
        sock: listens, or will.
        own: this host's key.
        role: what who connects is there for.
    """
    sock.setsockopt(zmq.CURVE_SERVER, 1)
    sock.setsockopt(zmq.CURVE_SECRETKEY, own.secret.encode())
    sock.setsockopt(zmq.ZAP_DOMAIN, role.encode())
    sock.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)  # without a doorkeeper nobody comes in
    sock.setsockopt(zmq.BACKLOG, _BACKLOG)
    _prepare(sock)


def secure(sock: Socket, access: Access) -> None:
    """Let `sock` talk to one server only, whose key is known. It does not connect again."""
    sock.setsockopt(zmq.CURVE_SERVERKEY, access.server.encode())
    sock.setsockopt(zmq.CURVE_PUBLICKEY, access.own.public.encode())
    sock.setsockopt(zmq.CURVE_SECRETKEY, access.own.secret.encode())
    sock.setsockopt(zmq.RECONNECT_IVL, _NEVER)
    sock.setsockopt(zmq.CONNECT_TIMEOUT, _CONNECT_MS)
    _prepare(sock)


def _prepare(sock: Socket) -> None:
    sock.setsockopt(zmq.IPV6, 1)
    sock.setsockopt(zmq.HEARTBEAT_TTL, TCP_SILENCE_MS)
    if sys.platform == "darwin":  # its kernel sends for minutes what nobody acknowledges
        sock.setsockopt(zmq.HEARTBEAT_TIMEOUT, TCP_SILENCE_MS)
