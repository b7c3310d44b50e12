"""The packet socket: DNS as it passes every network device of this host.

It is bound to no protocol, although that costs a look at every packet: a socket bound to one
never sees what this host sends (packet(7)).
"""

import errno
import socket
import struct
import sys
from collections.abc import Iterator

from connmon_collector.observed_names import bpf

_AF_PACKET, _SOL_PACKET, _PACKET_STATISTICS = 17, 263, 6  # linux/socket.h, linux/if_packet.h
_ETH_P_ALL = 3  # linux/if_ether.h
_SO_RCVBUFFORCE = 33  # asm-generic/socket.h
BUFFER_BYTES = 8 << 20  # of packets not yet read; holds about 8,000
_STATISTICS = struct.Struct("=II")  # struct tpacket_stats: packets and drops since the last call


class Capture:
    """Queries and answers, as the filter passes them.

    Attributes:
        dropped: how many packets were lost because the buffer was full.

    Raises:
        OSError: not permitted (CAP_NET_RAW), or not on this system.
    """

    def __init__(self, buffer_bytes: int = BUFFER_BYTES) -> None:
        self.dropped = 0
        self._socket = _open(buffer_bytes)

    def packets(self, most: int) -> Iterator[bytes]:
        """Yield at most `most` of the packets that wait, each from its IP header on.

        Raises:
            OSError: the system does not answer any more.
        """
        for _ in range(most):
            try:
                packet = self._socket.recv(bpf.SNAP_BYTES)
            except BlockingIOError:
                return
            yield packet

    def count_drops(self) -> None:
        """Ask the kernel what was lost since the last time.

        Raises:
            OSError: the system does not answer any more.
        """
        counts = self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, _STATISTICS.size)
        self.dropped += _STATISTICS.unpack(counts)[1]

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


class Refused(Capture):
    """What the watch has instead where there is no capture: every look raises `reason`."""

    def __init__(self, reason: OSError) -> None:
        self.dropped = 0
        self._reason = reason

    def packets(self, most: int) -> Iterator[bytes]:  # noqa: ARG002 - none, whatever is asked
        """Raise the reason."""
        raise self._reason

    def close(self) -> None:
        """Do nothing: nothing is open."""


if sys.platform == "linux":

    def _open(buffer_bytes: int) -> socket.socket:
        opened = socket.socket(_AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_ALL))
        try:
            opened.settimeout(0)
            bpf.attach(opened)
            _set_buffer(opened, buffer_bytes)
        except OSError:
            opened.close()
            raise
        return opened

else:

    def _open(_buffer_bytes: int) -> socket.socket:
        raise OSError(errno.ENOSYS, "only Linux has packet sockets")


def _set_buffer(opened: socket.socket, buffer_bytes: int) -> None:
    try:
        opened.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, buffer_bytes)
    except PermissionError:  # needs CAP_NET_ADMIN; without it net.core.rmem_max is the limit
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
