"""The UDP datagram in an IP packet. Pure; any bytes either hold one or do not."""

import socket
import struct
from typing import NamedTuple

_IPV4_BYTES, _IPV6_BYTES, _UDP_BYTES = 20, 40, 8
_UDP = socket.IPPROTO_UDP
_MORE_FRAGMENTS = 0x3F  # or the upper part of an offset
_LENGTH = struct.Struct(">H")


class Datagram(NamedTuple):
    """One datagram; an end is an address with a port, as bytes."""

    source: bytes
    target: bytes
    payload: bytes


def read_datagram(packet: bytes) -> Datagram | None:
    """Return the datagram in `packet`, which begins with the IP header; None if none is whole.

    The filter in the kernel has checked most of this; nothing here relies on it.
    """
    version = packet[0] >> 4 if len(packet) >= _IPV4_BYTES + _UDP_BYTES else 0
    if version == 4:  # noqa: PLR2004 - RFC 791, 3.1
        start = (packet[0] & 0xF) * 4
        fragment = packet[6] & _MORE_FRAGMENTS or packet[7]
        if start < _IPV4_BYTES or packet[9] != _UDP or fragment:
            return None
        source, target = packet[12:16], packet[16:20]
    elif version == 6:  # noqa: PLR2004 - RFC 8200, 3
        start = _IPV6_BYTES
        if packet[6] != _UDP:
            return None
        source, target = packet[8:24], packet[24:40]
    else:
        return None
    payload = start + _UDP_BYTES
    if len(packet) < payload:
        return None
    end = start + _LENGTH.unpack_from(packet, start + 4)[0]  # a short frame is padded behind it
    if not payload <= end <= len(packet):
        return None
    return Datagram(
        source + packet[start : start + 2],
        target + packet[start + 2 : start + 4],
        packet[payload:end],
    )
