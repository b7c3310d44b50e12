"""Which addresses are this host's own."""

import socket
from functools import lru_cache

_KEPT_SECONDS = 60  # addresses come and go
_MAX_KEPT = 4_096
_IPV4_BYTES = 4
_LINK_LOCAL = b"\xfe\x80"  # never passed on by a router, and needs an interface to be bound


def is_ours(address: bytes, now: float) -> bool:
    """Return whether an address (4 or 16 bytes) is one of this host's: only those can be bound."""
    return address[:2] == _LINK_LOCAL or _can_bind(address, int(now // _KEPT_SECONDS))


def anybody(_address: bytes, _now: float) -> bool:
    """Return that an address is ours: right where nothing of others is passed on."""
    return True


@lru_cache(_MAX_KEPT)
def _can_bind(address: bytes, _period: int) -> bool:
    family = socket.AF_INET if len(address) == _IPV4_BYTES else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((socket.inet_ntop(family, address), 0))
        except OSError:
            return False
    return True
