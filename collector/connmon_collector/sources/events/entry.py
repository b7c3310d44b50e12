"""One connection of the table, and the keys that it is found by. Pure.

A key is the beginning of the kernel's struct inet_diag_sockid (linux/inet_diag.h): both ports in
network order, then local and remote address of 16 bytes each, IPv4 in the first four. Dumps
bring it as it is; from events it is put together.
"""

import socket
import struct

from connmon_collector.processes.programs import Program
from connmon_shared.endpoints import MAPPED_PREFIX, WILDCARD, normalise
from connmon_shared.messages import Direction

_IPV4_KEY = struct.Struct(">HH4s12x4s12x")
_IPV6_KEY = struct.Struct(">HH16s16s")
#: Make a key of local port, remote port, local address and remote address.
ipv4_key, ipv6_key = _IPV4_KEY.pack, _IPV6_KEY.pack
_OWNER = struct.Struct("=II")  # uid, inode
NOWHERE = bytes(16)
_REMOTE = 20  # where the remote address begins in a key
_ANY_IPV4 = bytes(4)
AF_INET = int(socket.AF_INET)
_NO_OWNER = bytes(_OWNER.size)

#: How well it is known whose a connection is: not at all; one of several processes of a name;
#: the only one that listens there; the one that did something with it.
UNKNOWN, NAME_ONLY, LIKELY, CERTAIN = range(4)

UNDECIDED, OUT, IN = (direction.value for direction in Direction)

Ends = tuple[bytes, int, bytes, int]  # local address and port, remote address and port


class Entry:
    """A TCP socket, or a UDP exchange.

    Attributes:
        id: for the receivers, never used again.
        socket: the kernel's address of it; 0: not known.
        mark: interface and cookie as a dump has them; empty: not seen in one.
        owner: uid and inode as a dump has them.
        network: inode of the network namespace; 0: not known.
        holders: all processes that hold it, when there are several.
        direction: who began it.
        born: when it was opened, or first seen; ns.
        active: when something was sent last, of UDP; ns.
        waiting: since when the peer of a TCP connection has closed, at least; ns; 0: not known.
        ended: when it was closed; ns.
        filed: whether the table finds it by its key.
        orderly: whether the peer's end of a TCP connection came, or may still come.
        told: whether receivers know of it.
        look: the dump that showed it last.
        twin: another one with the same key, as of two namespaces.
    """

    __slots__ = (
        "active",
        "born",
        "direction",
        "ended",
        "family",
        "filed",
        "holders",
        "id",
        "key",
        "look",
        "mark",
        "network",
        "orderly",
        "owner",
        "program",
        "protocol",
        "socket",
        "state",
        "told",
        "trust",
        "twin",
        "waiting",
    )

    def __init__(  # noqa: PLR0913, PLR0917 - what an entry cannot be without
        self, number: int, protocol: int, state: int, key: bytes, family: int, born: int
    ) -> None:
        self.id = number
        self.protocol = protocol
        self.state = state
        self.key = key
        self.family = family
        self.direction = UNDECIDED
        self.born = self.active = born
        self.waiting = self.ended = 0
        self.filed = False
        self.orderly = False
        self.socket = 0
        self.mark = b""
        self.owner = _NO_OWNER
        self.network = 0
        self.program: Program | None = None
        self.trust = UNKNOWN
        self.holders: tuple[int, ...] = ()
        self.told = False
        self.look = 0
        self.twin: Entry | None = None

    @property
    def local(self) -> bytes:
        """The local address as it stands in the key, 16 bytes."""
        return self.key[4:20]

    @property
    def local_port(self) -> int:
        """The local port; 0 as long as it is not known."""
        return int.from_bytes(self.key[:2])

    @property
    def remote_port(self) -> int:
        """The peer's port; 0: it has none."""
        return int.from_bytes(self.key[2:4])

    @property
    def inode(self) -> int:
        """What the descriptors of its socket name; 0: none, or not known."""
        return int(_OWNER.unpack(self.owner)[1])

    @property
    def uid(self) -> int:
        """Whose socket it is; -1: not known (the kernel gives 0 for one without an inode)."""
        uid, inode = _OWNER.unpack(self.owner)
        return int(uid) if inode else -1

    def ends(self) -> Ends:
        """Return both ends as they are told."""
        if self.family == AF_INET:
            here, there, local, remote = _IPV4_KEY.unpack(self.key)
            if local == _ANY_IPV4:
                local = WILDCARD
            if remote == _ANY_IPV4:
                remote = WILDCARD
            return local, here, remote, there
        here, there, local, remote = _IPV6_KEY.unpack(self.key)
        return normalise(local), here, normalise(remote), there


def tcp_key(  # noqa: PLR0913, PLR0917 - the kernel's fields
    local_port: int,
    remote_port: int,
    family: int,
    local4: bytes,
    remote4: bytes,
    local6: bytes,
    remote6: bytes,
) -> bytes:
    """Return the key of the ends in a TCP event."""
    if family == AF_INET:
        return ipv4_key(local_port, remote_port, local4, remote4)
    return ipv6_key(local_port, remote_port, local6, remote6)


def udp_key(local_port: int, remote: bytes, remote_port: int) -> bytes:
    """Return the key of a UDP exchange: without the local address, which may not be bound yet."""
    return ipv6_key(local_port, remote_port, NOWHERE, remote)  # which struct fills up with zeros


def udp_key_of(ends: bytes) -> bytes:
    """Return the key of a UDP socket in a dump: of its exchange, if it is connected."""
    remote = ends[_REMOTE:]
    if is_mapped(ends):
        remote = remote[len(MAPPED_PREFIX) :]
    return ends[:4] + NOWHERE + remote.ljust(16, b"\0") if any(remote) else ends


def is_mapped(ends: bytes) -> bool:
    """Return whether an IPv6 socket is connected to an IPv4 address: it sends IPv4 then."""
    return ends.startswith(MAPPED_PREFIX, _REMOTE)


def unported(key: bytes) -> bytes:
    """Return the key of a socket that connects and has no local port yet."""
    return b"\0\0" + key[2:]


def has_local_port(key: bytes) -> bool:
    """Return whether the local port is known."""
    return key[:2] != b"\0\0"
