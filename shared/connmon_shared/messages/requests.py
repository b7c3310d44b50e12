"""What a viewer asks for, and the answer while there is nothing yet."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StateRequest:
    """A viewer's request for parts of the state; one for part 0 also makes it be taken anew.

    `host` names the stream whose state it is: that of one watched host, or (empty) the enricher's
    own, which begins with the status of each stage, and so tells which hosts there are.
    """

    snapshot: int = 0  # the header's seq of the parts already received
    part: int = 0
    count: int = 1  # so many parts are to be sent, as far as there are
    host: str = ""


@dataclass(frozen=True, slots=True)
class RepeatRequest:
    """A viewer's request for the messages of a stream that it has missed."""

    host: str
    epoch: bytes  # of the stream that it followed
    after: int  # the number that it applied last
    count: int = 1  # so many messages are to be sent, as far as there are


@dataclass(frozen=True, slots=True)
class Shown:
    """A viewer's addresses that are on its screen, and whose names could be known better."""

    addresses: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """The answer to a request while there is no state yet, or none of that snapshot any more."""

    reason: str
