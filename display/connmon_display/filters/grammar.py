"""The grammar of lists: what one entry stands for. Pure.

    192.0.2.7
    10.0.0.0/8
    198.51.100.1-198.51.100.20
    AS64496
    country:DE

A line of a file has one entry. `!` before it makes it an exception; `#`, `;` and `//` begin a
comment. What is typed after `/` in the refresh view has the same entries.
"""

import ipaddress
import re
import socket
from typing import NamedTuple

from connmon_shared.endpoints import MAPPED_PREFIX, text_of

_COMMENTS = ("#", ";", "//")
_MAPPED = int.from_bytes(MAPPED_PREFIX)
_MAX_ASN = (1 << 32) - 1  # RFC 6793
_ASN = re.compile(r"AS([0-9]{1,10})", re.IGNORECASE)
_COUNTRY = re.compile(r"country:\s*([a-z]{2})", re.IGNORECASE)
_PREFIX = frozenset(map(str, range(129)))


class Span(NamedTuple):
    """Addresses from one to another."""

    bits: int  # of an address: 32 or 128
    first: int
    last: int

    def __str__(self) -> str:
        size = self.last - self.first + 1
        low = text_of(self.first.to_bytes(self.bits // 8))
        if size == 1:
            return low
        if size & (size - 1) == 0 and self.first % size == 0:
            return f"{low}/{self.bits - size.bit_length() + 1}"
        return f"{low}-{text_of(self.last.to_bytes(self.bits // 8))}"


class Asn(NamedTuple):
    """All addresses of an autonomous system."""

    number: int

    def __str__(self) -> str:
        return f"AS{self.number}"


class Country(NamedTuple):
    """All addresses in a country."""

    code: str  # ISO 3166-1 alpha-2, in capitals

    def __str__(self) -> str:
        return f"country:{self.code}"


Entry = Span | Asn | Country


def without_comment(line: str) -> str:
    """Return what stands before the comment, without spaces around it."""
    for mark in _COMMENTS:
        if mark in line:
            line = line[: line.index(mark)]
    return line.strip()


def entry_of(text: str) -> Entry:
    """Return what an entry, without `!`, stands for.

    Raises:
        ValueError: it is none.
    """
    named = _named(text)
    return named if named is not None else Span(*span_of(text))


def span_of(text: str) -> tuple[int, int, int]:
    """Return the bits, first and last address of an address, network or range.

    A list may have a million of them: no object is made of each.

    Raises:
        ValueError: it is none.
    """
    try:
        if "-" in text:
            bits, first, last = _range(text)
        elif "/" in text:
            bits, first, last = _network(text)
        else:
            bits, first = _address(text)
            last = first
    except OSError as error:
        raise ValueError(f"{text!r} is no address") from error
    if bits != 32 and first >> 32 == last >> 32 == _MAPPED:  # noqa: PLR2004 - of IPv4
        return 32, first & 0xFFFF_FFFF, last & 0xFFFF_FFFF
    return bits, first, last


def _named(text: str) -> Asn | Country | None:
    if found := _ASN.fullmatch(text):
        return Asn(int(found[1])) if 0 < int(found[1]) <= _MAX_ASN else None
    if found := _COUNTRY.fullmatch(text):
        return Country(found[1].upper())
    return None


def _address(text: str) -> tuple[int, int]:
    """Return the bits and the number of an address; inet_pton takes a tenth of ipaddress's time."""
    if ":" in text:
        address = text.partition("%")[0]
        return 128, int.from_bytes(socket.inet_pton(socket.AF_INET6, address))
    return 32, int.from_bytes(socket.inet_pton(socket.AF_INET, text))


def _network(text: str) -> tuple[int, int, int]:
    low, _, prefix = text.partition("/")
    bits, number = _address(low)
    if prefix not in _PREFIX or int(prefix) > bits:  # a mask, perhaps
        network = ipaddress.ip_network(text, strict=False)
        first, last = network.network_address, network.broadcast_address
        return bits, int(first), int(last)
    inside = (1 << bits - int(prefix)) - 1
    return bits, number & ~inside, number | inside


def _range(text: str) -> tuple[int, int, int]:
    low, _, high = text.partition("-")
    bits, first = _address(low.strip())
    others, last = _address(high.strip())
    if bits != others or first > last:
        raise ValueError("a range runs from a lower to a higher address")
    return bits, first, last
