"""A peer that speaks ZeroMQ's wire protocol (ZMTP 3.1, RFC 37) by hand, and need not keep to it."""

import socket
import struct
from types import TracebackType
from typing import Self

from connmon_shared.sockets import IPC

_SIGNATURE = b"\xff" + bytes(8) + b"\x7f"
_VERSION = b"\x03\x01"
_MECHANISM_BYTES = 20
_FILLER = bytes(32)  # not as a server, and 31 bytes that mean nothing
MORE, LONG, COMMAND = 1, 2, 4  # flags of a frame
_SHORT = 255  # bytes that a short frame may have
_PATIENCE = 5.0  # seconds


def greeting(mechanism: bytes = b"NULL") -> bytes:
    """Return what both sides say first."""
    return _SIGNATURE + _VERSION + mechanism.ljust(_MECHANISM_BYTES, b"\0") + _FILLER


def frame(body: bytes, flags: int = 0, claimed: int | None = None) -> bytes:
    """Return a frame; `claimed` is the length it claims to have, if not its own."""
    size = len(body) if claimed is None else claimed
    if size > _SHORT:
        return struct.pack(">BQ", flags | LONG, size) + body
    return struct.pack(">BB", flags, size) + body


def ready(kind: bytes) -> bytes:
    """Return the command that ends a handshake without a secret, of a socket of `kind`."""
    name = b"Socket-Type"
    entry = bytes((len(name),)) + name + struct.pack(">I", len(kind)) + kind
    return frame(b"\x05READY" + entry, COMMAND)


class Peer:
    """One connection, for the time of a `with` block."""

    def __init__(self, endpoint: str) -> None:
        if endpoint.startswith(IPC):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(_PATIENCE)
            self.socket.connect(endpoint.removeprefix(IPC))
        else:
            host, _, port = endpoint.removeprefix("tcp://").rpartition(":")
            self.socket = socket.create_connection((host, int(port)), _PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.socket.close()

    def shake(self, kind: bytes) -> None:
        """Become a peer of `kind` (SUB, DEALER, …)."""
        self.socket.sendall(greeting() + ready(kind))

    def send(self, data: bytes) -> bool:
        """Send `data`; return whether the other side took all of it."""
        try:
            self.socket.sendall(data)
        except OSError:
            return False
        return True
