"""How a stage fares."""

from dataclasses import dataclass
from typing import NamedTuple


class Figure(NamedTuple):
    """A number that tells how a stage fares; docs/protocol.md lists the names."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Status:
    """How a stage is: what it uses, what it cannot see, what it lost."""

    stage: str  # "collector" or "enricher"
    version: str
    source: str  # where connections come from: "events", "netlink" or "psutil"
    interval: float  # seconds between two samples
    limits: tuple[str, ...]  # sentences: what cannot be seen, by nature or for now, and is no fault
    features: tuple[str, ...] = ()  # look-ups that are on: "country", "asn", "names"
    missed: int = 0  # samples that were not taken on time
    problems: tuple[str, ...] = ()  # sentences: what is wrong, and how the user mends it
    lost: int = 0  # events of the kernel that were lost; the time around them is not observed
    pid: int = 0  # of the stage's process; 0: not told
    started: float = 0.0  # when it began
    figures: tuple[Figure, ...] = ()  # counters since then, and what is now
    host: str = ""  # that the stage watches, where the header does not say it
