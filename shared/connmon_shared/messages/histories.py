"""The history as it is handed to a viewer that joins."""

from dataclasses import dataclass
from typing import NamedTuple

from connmon_shared.endpoints import Peer
from connmon_shared.messages.connections import Connection


@dataclass(frozen=True, slots=True)
class Session:
    """The frame of a history: its time base and what of it was observed."""

    origin: int  # the tick (100 ms since 1970) that the ticks of every transition count from
    begin: int  # ticks from the origin: observed from here
    end: int  # to here
    gaps: tuple[tuple[int, int], ...]  # but not from … to …
    thinned: int = 0  # before this tick some rows have lost detail; 0: none has
    dropped: int = 0  # rows that were over and have been forgotten to bound the memory


class Record(NamedTuple):
    """The history of one row as it is handed to a viewer that joins."""

    address: bytes
    port: int  # 0 for a remote address, else the listening port
    transitions: bytes  # Timeline.pack()
    opened: int  # how many connections were opened while observed
    last: Connection  # the newest that is open, else the one closed last
    failed: bool  # whether the one closed last had never been established
    ports: tuple[int, ...] = ()  # what the connections were for, oldest first
    sent: int = 0  # bytes of the connections that are over, as far as they were counted
    received: int = 0
    process: str = ""  # that had all connections, as far as is known; empty: none is, or several

    @property
    def peer(self) -> Peer:
        """The key of the row."""
        return Peer(self.address, self.port)


@dataclass(frozen=True, slots=True)
class Histories:
    """The histories of some rows."""

    records: tuple[Record, ...]


class Opening(NamedTuple):
    """When an open connection began to be there, or to be in its state."""

    id: int
    tick: int  # from the history's origin
    seen: bool  # else it may have been earlier
    before: int = 0  # ticks: so long before the history's origin it was; `tick` is 0 then


@dataclass(frozen=True, slots=True)
class Openings:
    """When open connections began, of those that came since the history did."""

    opened: tuple[Opening, ...]
    lasting: tuple[Opening, ...] = ()  # in a state that should not last
