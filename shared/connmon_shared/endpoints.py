"""Addresses and the keys of timeline rows.

An address is raw network bytes: 4 for IPv4, 16 for IPv6, none for a listener's wildcard.
"""

import ipaddress
import socket
from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from socket import inet_ntop, inet_pton
from typing import NamedTuple

WILDCARD = b""
_IPV4_LENGTH, _IPV6_LENGTH = 4, 16
_IPV4, _IPV6 = int(socket.AF_INET), int(socket.AF_INET6)  # members of an enum take longer
_IPV4_WILDCARD = bytes(_IPV4_LENGTH)
MAPPED_PREFIX = bytes(10) + b"\xff\xff"  # ::ffff:a.b.c.d, RFC 4291 section 2.5.5.2
_CACHED_SCOPES = 65_536  # of special addresses: each takes 10 µs


class Peer(NamedTuple):
    """The key of a timeline row: a remote address (port 0) or a listening endpoint."""

    address: bytes
    port: int = 0

    @property
    def listening(self) -> bool:
        """Whether the row is a listening socket's; no remote address has port 0 in its key."""
        return self.port != 0

    @property
    def place(self) -> bytes:
        """What is compared to put some in order: IPv4 before IPv6, both by their numbers."""
        return b"%c%b%b" % (len(self.address), self.address, self.port.to_bytes(2))

    def __str__(self) -> str:
        if not self.port:
            return text_of(self.address)
        host = text_of(self.address)
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"


class Scope(Enum):
    """How far an address reaches; only GLOBAL ones are worth a look-up."""

    GLOBAL = "global"
    PRIVATE = "private"
    LOOPBACK = "loopback"
    LINK_LOCAL = "link-local"
    MULTICAST = "multicast"
    DOCUMENTATION = "documentation"
    RESERVED = "reserved"
    WILDCARD = "wildcard"


_GLOBAL = Scope.GLOBAL  # a member of an enum takes longer to look up

_DOCUMENTATION = tuple(
    map(
        ipaddress.ip_network,  # RFC 5737, RFC 3849, RFC 9637
        ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"),
    )
)


_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: In this order: a documentation network counts as private too, for one.
_SCOPES: tuple[tuple[Scope, Callable[[_Address], bool]], ...] = (
    (Scope.LOOPBACK, lambda ip: ip.is_loopback),
    (Scope.LINK_LOCAL, lambda ip: ip.is_link_local),
    (Scope.MULTICAST, lambda ip: ip.is_multicast),
    (Scope.DOCUMENTATION, lambda ip: any(ip in network for network in _DOCUMENTATION)),
    (Scope.RESERVED, lambda ip: ip.is_reserved or ip.is_unspecified),
    (Scope.PRIVATE, lambda ip: not ip.is_global),
)

#: The first bytes of addresses, by their length, of which the registries say anything special.
_SPECIAL = {
    _IPV4_LENGTH: {0, 10, 100, 127, 169, 172, 192, 198, 203, *range(224, 256)},
    _IPV6_LENGTH: {*range(0x21), *range(0x3F, 256)},
}


def normalise(raw: bytes) -> bytes:
    """Return `raw` with an IPv4-mapped IPv6 address as its IPv4 one, and zeros as WILDCARD."""
    if not any(raw):
        return WILDCARD
    return raw[12:] if raw[:12] == MAPPED_PREFIX else raw


def text_of(address: bytes) -> str:
    """Return the text of `address`, `*` for the wildcard.

    Raises:
        ValueError: `address` is not 0, 4 or 16 bytes long.
    """
    if address == WILDCARD:
        return "*"
    if len(address) == _IPV4_LENGTH:
        return inet_ntop(_IPV4, address)
    if len(address) == _IPV6_LENGTH:
        return inet_ntop(_IPV6, address)
    raise ValueError(f"an address has 0, 4 or 16 bytes, not {len(address)}")


def parse(text: str) -> bytes:
    """Return the address bytes of `text`, without a scope (`%eth0`); mapped IPv4 as IPv4.

    Raises:
        ValueError: `text` is no address.
    """
    try:  # inet_pton takes a tenth of the time of module ipaddress
        if ":" in text:
            packed = inet_pton(_IPV6, text)
            return packed if packed[0] else normalise(packed)
        packed = inet_pton(_IPV4, text)
    except OSError as error:
        address, scoped, _ = text.partition("%")
        if scoped:
            return parse(address)
        raise ValueError(f"{text!r} is no address") from error
    return packed if packed != _IPV4_WILDCARD else WILDCARD


def scope_of(address: bytes) -> Scope:
    """Return the scope of `address` by the IANA special-purpose registries."""
    if address and address[0] not in _SPECIAL[len(address)]:  # nearly all: not worth remembering
        return _GLOBAL
    return _special_scope(address)


@lru_cache(_CACHED_SCOPES)
def _special_scope(address: bytes) -> Scope:
    if address == WILDCARD:
        return Scope.WILDCARD
    ip = ipaddress.ip_address(address)
    return next((scope for scope, holds in _SCOPES if holds(ip)), Scope.GLOBAL)
