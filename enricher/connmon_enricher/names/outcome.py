"""What is asked, what a look-up ends in, and what the caller is told of it."""

from collections.abc import Callable
from typing import NamedTuple

from connmon_shared.messages import Lookup


class Question(NamedTuple):
    """What is asked: the name of an address, or whether a name leads back to its address."""

    address: bytes
    name: str = ""  # that is to lead to `address`; empty: the name is asked for


class Outcome(NamedTuple):
    """How the look-up of a question ended."""

    address: bytes
    state: Lookup
    name: str = ""  # made harmless by hostname.harmless; only with RESOLVED
    ttl: int | None = None  # seconds for which the source vouches for it; None: it did not say
    confirming: str = ""  # the question's name: RESOLVED if that leads to `address`


Tell = Callable[[Outcome], None]  # called from the threads of look-ups


class Answer(NamedTuple):
    """What is now known of the name of an address."""

    address: bytes
    name: str  # empty but with RESOLVED
    state: Lookup
    confirmed: bool = False  # the name leads back to the address
