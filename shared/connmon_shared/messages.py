"""Every message that crosses a process border, as frozen values that check themselves.

The meaning of each field for other programs is in docs/protocol.md; a test holds the two
together. Only the codec turns these into bytes. Times are seconds since 1970 as floats.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple

from connmon_shared.endpoints import Peer

PROTOCOL_VERSION = 2
EPOCH_BYTES = 8
MAX_COMMAND = 300  # characters of a process's command line that are told
ROWS_PER_PART = 2_000  # a row is about 35 bytes, so a part stays under 200 kB
PROCESSES_PER_PART = 500  # a process is about 150 bytes, 4 kB at most


class Direction(IntEnum):
    """Who began a connection."""

    UNKNOWN = 0  # or a socket without a peer
    OUT = 1  # we did
    IN = 2  # the peer did


#: Of a connection that was accepted: it may be in any, until its process is known or a look.
UNKNOWN_NAMESPACE = "?"


_OUT, _IN = int(Direction.OUT), int(Direction.IN)  # members of an enum take longer


class Connection(NamedTuple):
    """One socket as seen by the collector."""

    id: int  # unsigned 64 bit, unique within the collector's epoch
    protocol: int  # 6 TCP, 17 UDP
    state: int  # states.State
    local: bytes  # 4 or 16 bytes, empty for the wildcard
    local_port: int
    remote: bytes  # empty when there is no remote end
    remote_port: int
    pid: int = 0  # 0: not known
    process: str = ""  # the name, cleaned; empty: not known
    uid: int = -1  # -1: not known
    holders: tuple[int, ...] = ()  # the pids of all that hold the socket, when there are several
    namespace: str = ""  # of the network; empty: the collector's own; see UNKNOWN_NAMESPACE
    container: str = ""  # the short id; empty: none, or not known
    direction: int = Direction.UNKNOWN

    @property
    def port(self) -> int:
        """What it is for: our port if the peer came to us, else the peer's; 0: not known.

        Of a connection whose direction is not known it is the lower one: those of services are.
        """
        if self.direction == _IN or not self.remote:
            return self.local_port
        out = self.direction == _OUT
        return self.remote_port if out else min(self.local_port, self.remote_port)

    @property
    def where(self) -> str:
        """Where it is when that is not simply this host: the container, else the namespace."""
        return self.container or self.known_namespace

    @property
    def known_namespace(self) -> str:
        """The namespace; one that is not known is taken for the collector's own."""
        return "" if self.namespace == UNKNOWN_NAMESPACE else self.namespace


class Process(NamedTuple):
    """What is known of a process beyond its name. Empty: not known, or it had ended before."""

    pid: int
    name: str
    uid: int = -1  # of the process; -1: not known
    user: str = ""  # that uid's name on the collector's host
    executable: str = ""  # its path
    command: str = ""  # its arguments, joined as a shell would read them, cut short


class Counters(NamedTuple):
    """The traffic of one TCP connection (struct tcp_info, linux/tcp.h)."""

    id: int
    sent: int  # payload bytes since the connection was opened, each once
    received: int  # bytes
    sent_rate: int = 0  # bytes per second, between the last two looks
    received_rate: int = 0
    rtt: int = 0  # smoothed round trip, microseconds; 0: not known
    retransmits: int = 0  # segments, since the connection was opened


class Opening(NamedTuple):
    """When an open connection began to be there, or to be in its state."""

    id: int
    tick: int  # from the history's origin
    seen: bool  # else it may have been earlier


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

    @property
    def peer(self) -> Peer:
        """The key of the row."""
        return Peer(self.address, self.port)


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
    #: How long before `time`, in ms, each of `changed` was opened (if it is new) and each of
    #: `gone` closed. Empty: all at `time`.
    changed_ages: tuple[int, ...] = ()
    gone_ages: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.begin <= self.end:
            raise ValueError(f"a delta cannot end ({self.end}) before it begins ({self.begin})")
        if len(self.changed_ages) not in {0, len(self.changed)}:
            raise ValueError("a delta needs an age for each that changed, or none at all")
        if len(self.gone_ages) not in {0, len(self.gone)}:
            raise ValueError("a delta needs an age for each that is gone, or none at all")


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


@dataclass(frozen=True, slots=True)
class Ended:
    """What connections have carried that go with the next delta or keyframe."""

    final: tuple[Counters, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """Names that a collector saw in the answers of resolvers."""

    names: tuple[ObservedName, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """New or changed facts."""

    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """The frame of a history: its time base and what of it was observed."""

    origin: int  # the tick (100 ms since 1970) that the ticks of every transition count from
    begin: int  # ticks from the origin: observed from here
    end: int  # to here
    gaps: tuple[tuple[int, int], ...]  # but not from … to …
    thinned: int = 0  # before this tick some rows have lost detail; 0: none has
    dropped: int = 0  # rows that were over and have been forgotten to bound the memory


@dataclass(frozen=True, slots=True)
class Histories:
    """The histories of some rows."""

    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Openings:
    """When open connections began, of those that came since the history did."""

    opened: tuple[Opening, ...]
    lasting: tuple[Opening, ...] = ()  # in a state that should not last


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


Message = (
    Keyframe
    | Delta
    | Status
    | Processes
    | Traffic
    | Ended
    | Names
    | Facts
    | Session
    | Histories
    | Openings
    | StateRequest
    | RepeatRequest
    | Shown
    | Wait
)

#: The name of each message on the wire.
KINDS: dict[str, type[Message]] = {
    "keyframe": Keyframe,
    "delta": Delta,
    "status": Status,
    "processes": Processes,
    "traffic": Traffic,
    "ended": Ended,
    "names": Names,
    "facts": Facts,
    "session": Session,
    "histories": Histories,
    "openings": Openings,
    "request": StateRequest,
    "repeat": RepeatRequest,
    "shown": Shown,
    "wait": Wait,
}


def kind_of(message: Message) -> str:
    """Return the wire name of `message`."""
    return _KIND_OF[type(message)]


_KIND_OF = {kind: name for name, kind in KINDS.items()}
