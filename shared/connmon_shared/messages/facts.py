"""What is known of an address, and how well."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple


class ObservedName(NamedTuple):
    """A name that a resolver's answer gave to an address."""

    address: bytes
    name: str
    time: float  # when the answer was seen, seconds since 1970


class Lookup(IntEnum):
    """How a look-up stands. A missing answer is never just absent: it has a reason."""

    OFF = 0  # nobody asked for it
    PENDING = 1
    RESOLVED = 2
    NOT_FOUND = 3
    FAILED = 4
    TIMED_OUT = 5


class NameSource(StrEnum):
    """Where the name of an address comes from, the best first."""

    HOSTS = "hosts"  # the hosts file of the enricher's host
    DNS = "dns"  # an answer that was observed
    CONFIRMED = "confirmed"  # a reverse look-up, and the name leads back to the address
    PTR = "ptr"  # a reverse look-up: whoever has the address can write any name there


#: Better than what a reverse look-up can tell: nobody is asked.
UNASKED_SOURCES = frozenset({NameSource.HOSTS, NameSource.DNS})
#: What these say decides nothing, and they can become sure.
UNSURE_SOURCES = frozenset({NameSource.PTR})


class Fact(NamedTuple):
    """What is known of one remote address."""

    address: bytes
    country: str = ""  # ISO 3166-1 alpha-2; empty: not known
    asn: int = 0  # 0: not known
    organisation: str = ""
    name: str = ""
    name_state: int = Lookup.OFF
    name_source: str = ""  # a NameSource, or one that we do not know; empty: there is no name
    name_time: float = 0.0  # when an observed name was seen; 0 for any other


@dataclass(frozen=True, slots=True)
class Facts:
    """New or changed facts."""

    facts: tuple[Fact, ...]
