"""What a look-up ends in, and what the caller is told of it."""

from typing import NamedTuple

from connmon_shared.messages import Lookup


class Outcome(NamedTuple):
    """How one look-up ended."""

    address: bytes
    state: Lookup
    name: str = ""  # made harmless by hostname.harmless; only with RESOLVED
    ttl: int | None = None  # seconds for which the source vouches for it; None: it did not say


class Answer(NamedTuple):
    """What is now known of the name of an address."""

    address: bytes
    name: str  # empty but with RESOLVED
    state: Lookup
