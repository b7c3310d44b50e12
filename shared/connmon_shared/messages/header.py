"""The frame before every body."""

from dataclasses import dataclass

PROTOCOL_VERSION = 2
EPOCH_BYTES = 8


@dataclass(frozen=True, slots=True)
class Header:
    """The frame before every body: who sent what, and where it stands in the sequence."""

    kind: str
    host: str
    epoch: bytes  # new at every start of the sender
    seq: int  # grows by one with every message of the epoch
    base: int  # the sequence number that this message builds on
    time: float  # when the sender sent it
    part: int = 0
    parts: int = 1
    version: int = PROTOCOL_VERSION

    def __post_init__(self) -> None:
        if len(self.epoch) != EPOCH_BYTES:
            raise ValueError(f"an epoch has {EPOCH_BYTES} bytes, not {len(self.epoch)}")
        if not 0 <= self.part < self.parts:
            raise ValueError(f"part {self.part} of {self.parts}")
