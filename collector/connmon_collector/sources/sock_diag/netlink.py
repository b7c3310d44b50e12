"""Messages of netlink and what is common to all of socket diagnostics."""

import errno
import struct
from collections.abc import Iterator

AF_NETLINK = 16  # linux/socket.h; by number, as only Linux knows the name
NETLINK_SOCK_DIAG = 4
TCPDIAG_GETSOCK = 18  # the older request: IPv4 and IPv6 TCP in one walk of the hash table
SOCK_DIAG_BY_FAMILY = 20
INET_DIAG_INFO = 2  # the attribute that holds struct tcp_info
HEADER = struct.Struct("=IHHII")  # struct nlmsghdr: length, type, flags, sequence number, port
ATTRIBUTE = struct.Struct("=HH")  # length with this header, type


class SockDiagError(OSError):
    """The kernel's answer makes no sense, or is an error."""


def attributes(buffer: bytes | bytearray, offset: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield (type, offset of the value, its length) of each netlink attribute up to `end`.

    Raises:
        SockDiagError: one is cut short.
    """
    while offset + ATTRIBUTE.size <= end:
        length, kind = ATTRIBUTE.unpack_from(buffer, offset)
        if length < ATTRIBUTE.size or offset + length > end:
            raise SockDiagError(errno.EBADMSG, "a netlink attribute cut short")
        yield kind, offset + ATTRIBUTE.size, length - ATTRIBUTE.size
        offset += (length + 3) & ~3
