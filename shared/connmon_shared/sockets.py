"""How every ZeroMQ socket of the pipeline is set up, in one place.

A stopped peer must cost its publisher little memory, a huge frame must not be taken in, and
nothing may hang at the end: hence short queues, bounded frames and no linger. Pings let a
publisher drop a peer that was stopped.
"""

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import zmq

from connmon_shared.codec import MAX_ASKED, MAX_FRAME
from connmon_shared.codec.limits import MAX_HOST_NAME
from connmon_shared.messages import KINDS

DRAINED = 64  # messages
_READABLE = int(zmq.POLLIN)  # a member of an enum takes longer
QUEUE = 48  # messages, about a second's on a busy host; at most 10 MB for a viewer that stopped
_HANDSHAKE_MS = 5_000
_PING_MS = 1_000
_PING_TTL_MS = 3_000
_NEVER = 0
TCP_SILENCE_MS = 10_000  # without a sign of life, and another host counts as gone
_RECONNECT_MS, _RECONNECT_MAX_MS = 100, 1_000
_CURVE_BYTES = 33  # that CURVE adds to a message (ZeroMQ RFC 26)
#: A publisher receives nothing longer. ZMTP 3.1 puts ten bytes before a topic: v2/, the name of a
#: host in UTF-8, a slash and the longest kind. The steps of a CURVE handshake are shorter.
_SUBSCRIPTION_BYTES = 10 + 3 + 4 * MAX_HOST_NAME + 1 + max(map(len, KINDS)) + _CURVE_BYTES
_REQUEST_BYTES = 1_024
_MAX_IPC_PATH = 107  # bytes of sun_path, less its closing NUL (unix(7))
IPC = "ipc://"

Socket = zmq.Socket[bytes]


class EndpointError(Exception):
    """An endpoint cannot be used; the text says why and what to do."""


class RefusedError(EndpointError):
    """Somebody listens there, but we may not connect."""


def publisher(context: zmq.Context[Socket]) -> Socket:
    """Return an XPUB that reports every subscription, so that joiners can be welcomed."""
    sock = _prepared(context, zmq.XPUB, _SUBSCRIPTION_BYTES)
    sock.setsockopt(zmq.XPUB_VERBOSE, 1)
    return sock


def subscriber(context: zmq.Context[Socket], topic: bytes) -> Socket:
    """Return a SUB for `topic` that notices a dead publisher."""
    sock = _prepared(context, zmq.SUB, MAX_FRAME + _CURVE_BYTES)
    _ping(sock)
    sock.setsockopt(zmq.SUBSCRIBE, topic)
    return sock


def server(context: zmq.Context[Socket]) -> Socket:
    """Return a ROUTER that answers requests, each with at most MAX_ASKED messages.

    What there is no room for is lost, and room is made for half a queue at once.
    """
    sock = _prepared(context, zmq.ROUTER, _REQUEST_BYTES)
    sock.setsockopt(zmq.SNDHWM, 3 * MAX_ASKED)
    return sock


def client(context: zmq.Context[Socket]) -> Socket:
    """Return a DEALER that asks a server."""
    sock = _prepared(context, zmq.DEALER, MAX_FRAME + _CURVE_BYTES)
    _ping(sock)
    return sock


def drain(sock: Socket) -> Iterator[list[bytes]]:
    """Yield what waits in `sock`, at most DRAINED messages: others want their turn as well."""
    for _ in range(DRAINED):
        waits = cast("int", sock.getsockopt(zmq.EVENTS)) & _READABLE
        if not waits:  # as mostly; to be told so by an exception takes longer
            return
        yield sock.recv_multipart(zmq.DONTWAIT)


def drain_by_key(sock: Socket) -> Iterator[tuple[str, list[bytes]]]:
    """Yield what waits in `sock`, likewise, with the key of who sent it; empty: no key was asked.

    The key is what a Doorkeeper called the peer (the User-Id of ZAP, ZeroMQ RFC 27).
    """
    for _ in range(DRAINED):
        try:
            frames = sock.recv_multipart(zmq.DONTWAIT, copy=False)
        except zmq.Again:
            return
        try:
            key = str(frames[0].get("User-Id"))
        except zmq.ZMQError:  # it came by a way that needs no key
            key = ""
        yield key, [frame.bytes for frame in frames]


def notice(sock: Socket) -> None:
    """Let `sock` notice now what its peers have read: it looks seldom while much is sent.

    Otherwise there seems to be no room for a peer that has read everything.
    """
    sock.getsockopt(zmq.EVENTS)


def _prepared(context: zmq.Context[Socket], kind: int, max_frame: int) -> Socket:
    sock = context.socket(kind)
    sock.setsockopt(zmq.LINGER, 0)
    sock.setsockopt(zmq.SNDHWM, QUEUE)
    sock.setsockopt(zmq.RCVHWM, QUEUE)
    sock.setsockopt(zmq.MAXMSGSIZE, max_frame)
    sock.setsockopt(zmq.HANDSHAKE_IVL, _HANDSHAKE_MS)
    sock.setsockopt(zmq.RECONNECT_IVL, _RECONNECT_MS)
    sock.setsockopt(zmq.RECONNECT_IVL_MAX, _RECONNECT_MAX_MS)
    return sock


def _ping(sock: Socket) -> None:
    """Let the other side drop us when we are stopped, and the kernel notice that it is gone.

    That an answer does not come tells nothing: none is read while our own queue is full. And who
    is connected anew with a full queue ends in an assertion of libzmq (its issue 3937).
    """
    sock.setsockopt(zmq.HEARTBEAT_IVL, _PING_MS)
    sock.setsockopt(zmq.HEARTBEAT_TTL, _PING_TTL_MS)
    sock.setsockopt(zmq.HEARTBEAT_TIMEOUT, _NEVER)
    sock.setsockopt(zmq.TCP_MAXRT, TCP_SILENCE_MS)  # until pings are acknowledged


def check_path(endpoint: str) -> str:
    """Return `endpoint` if its path fits into a socket address.

    Raises:
        EndpointError: it is no ipc endpoint, or its path is too long.
    """
    if not endpoint.startswith(IPC):
        raise EndpointError(f"{endpoint}: only ipc:// endpoints (this host) are supported")
    length = len(os.fsencode(endpoint.removeprefix(IPC)))
    if length > _MAX_IPC_PATH:
        raise EndpointError(
            f"{endpoint}: the path has {length} bytes, a socket allows {_MAX_IPC_PATH};"
            " choose a shorter directory with --runtime-dir"
        )
    return endpoint


def bind(sock: Socket, endpoint: str) -> None:
    """Let `sock` listen at `endpoint`.

    Raises:
        EndpointError: it cannot.
    """
    try:
        sock.bind(check_path(endpoint))
    except zmq.ZMQError as error:
        raise EndpointError(f"cannot listen at {endpoint}: {error.strerror}") from error


def probe(endpoint: str) -> None:
    """Connect once with a plain socket: ZeroMQ itself never says why it cannot connect.

    Does nothing on Windows, whose Python has no Unix sockets.

    Raises:
        EndpointError: nobody listens there, or we may not connect.
    """
    path = Path(check_path(endpoint).removeprefix(IPC))
    if sys.platform != "win32":
        with socket.socket(socket.AF_UNIX) as plain:
            _connect(plain, path)


def _connect(plain: socket.socket, path: Path) -> None:
    try:
        plain.connect(str(path))
    except (FileNotFoundError, ConnectionRefusedError):
        raise EndpointError(f"nothing is running at {path.parent}") from None
    except PermissionError as error:
        raise RefusedError(f"cannot connect to {path}: {error.strerror}") from error
    except OSError as error:
        raise EndpointError(f"cannot connect to {path}: {error.strerror}") from error
