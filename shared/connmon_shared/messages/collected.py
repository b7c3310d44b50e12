"""What a collector tells of its host; docs/protocol.md says what is numbered."""

from dataclasses import dataclass
from typing import NamedTuple

from connmon_shared.messages.connections import Connection, Counters, Process
from connmon_shared.messages.facts import ObservedName


@dataclass(frozen=True, slots=True)
class Keyframe:
    """All sockets at one moment; large ones come in parts."""

    time: float  # when the sockets were looked at
    begin: float  # the observed time that this message vouches for: [begin, end)
    end: float
    connections: tuple[Connection, ...]

    def __post_init__(self) -> None:
        if not self.begin <= self.end:
            raise ValueError(f"a keyframe cannot end ({self.end}) before it begins ({self.begin})")


@dataclass(frozen=True, slots=True)
class Delta:
    """What changed since the message before. Sent every interval, as the heartbeat, even empty.

    A connection that came and went in between stands in both `changed` and `gone`.
    """

    time: float  # when the sockets were looked at
    begin: float  # the observed time that this message vouches for: [begin, end)
    end: float
    changed: tuple[Connection, ...]  # opened ones, and ones with another state or owner
    gone: tuple[int, ...]  # ids
    lost: tuple[tuple[float, float], ...] = ()  # stretches in which something may be missing
    #: How long before `time`, in ms, each of `changed` was opened (if it is new; else, in
    #: CLOSE_WAIT, for how long it has been so, at least) and each of `gone` closed. Empty: all at
    #: `time`.
    changed_ages: tuple[int, ...] = ()
    gone_ages: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.begin <= self.end:
            raise ValueError(f"a delta cannot end ({self.end}) before it begins ({self.begin})")
        if len(self.changed_ages) not in {0, len(self.changed)}:
            raise ValueError("a delta needs an age for each that changed, or none at all")
        if len(self.gone_ages) not in {0, len(self.gone)}:
            raise ValueError("a delta needs an age for each that is gone, or none at all")


@dataclass(frozen=True, slots=True)
class Processes:
    """The processes that connections name, each told before the first connection that does."""

    processes: tuple[Process, ...]


@dataclass(frozen=True, slots=True)
class Traffic:
    """Counters that moved since the message before, and the last ones of what is over."""

    time: float  # when the kernel was asked
    counters: tuple[Counters, ...]  # of open connections
    final: tuple[Counters, ...] = ()  # of closed ones; sent before they go, where known by then
    span: float = 0.0  # seconds before `time` that the rates were measured over; 0: not told


class Addition(NamedTuple):
    """What a connection had carried beyond what was told when it ended."""

    address: bytes  # of the remote end
    sent: int  # payload bytes
    received: int


@dataclass(frozen=True, slots=True)
class Ended:
    """What connections have carried that go with the next delta or keyframe, or have gone."""

    final: tuple[Counters, ...]
    late: tuple[Addition, ...] = ()  # of those that have gone already


@dataclass(frozen=True, slots=True)
class Names:
    """Names that a collector saw in the answers of resolvers."""

    names: tuple[ObservedName, ...]
