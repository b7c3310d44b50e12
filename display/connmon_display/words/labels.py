"""The words beside a timeline: place, network, state, port and process of a row."""

from collections import Counter
from dataclasses import dataclass

from connmon_display.words.lasting import Unusual
from connmon_display.words.names import NAMELESS, Name, as_of, name_of
from connmon_display.words.owners import owners, pids_of, users_of
from connmon_display.words.services import service_of
from connmon_shared.endpoints import Peer, Scope, scope_of
from connmon_shared.messages import Connection, Direction, Fact
from connmon_shared.text import clean
from connmon_shared.timelines.details import Details
from connmon_shared.timelines.rows import Track
from connmon_shared.timelines.states import State

UNKNOWN = "--"
ALERT = "ALERT"
_NOTHING_KNOWN = Details()
_DIRECTIONS: dict[int, str] = {Direction.OUT: "out", Direction.IN: "in"}
_STATE_NAMES: dict[int, str] = {state: state.name for state in State}


@dataclass(frozen=True, slots=True)
class Label:
    """What is known of a row, as words."""

    address: str
    name: Name
    country: str
    organisation: str
    state: str
    port: int  # 0: not known
    process: str
    pid: int
    more: int = 0  # other ports that connections to the address are open for
    ports: tuple[int, ...] = ()  # all that the row's connections were for
    sharing: int = 0  # other processes: that hold the listening socket, or have a connection open
    where: str = ""  # the container or network namespace; empty: simply this host
    unusual: Unusual | None = None  # what is to be seen instead of the state
    speed: str = ""  # how fast bytes go out and come in
    pace: bytes = b""  # how fast in the last seconds: a level of `Glyphs.levels` each
    host: str = ""  # whose row it is
    raw: bytes = b""  # the address, in network bytes
    asn: int = 0  # 0: not known
    alert: bool = False  # whether the row deserves attention
    service: str = ""  # what the port is called; empty: nobody has named it
    direction: int = Direction.UNKNOWN
    directions: tuple[str, ...] = ()  # of all open connections, or else of the last one
    states: tuple[str, ...] = ()  # the kernel's, of all open connections
    processes: str = ""  # of all open connections, each on a line; empty: as `process`
    pids: tuple[int, ...] = ()  # of all open connections, or else of the last one
    users: tuple[str, ...] = ()  # their users, by number and, as far as that is known, by name
    addresses: int = 0  # of a group
    networks: int = 0  # other ones that its addresses are in
    connections: int = 0  # open ones, of a group

    def __hash__(self) -> int:
        """Tell most rows apart: all that there is takes much longer, and is asked for each."""
        return hash((self.address, self.state, self.port, self.pid, self.speed, self.pace))


class Subject:
    """A row in words that are found out when they are asked for: a filter asks for few of them.

    Args:
        track: the row.
        fact: what the enricher knows of its address.
        host: whose row it is.
        details: what is known of the processes there.
        alert: whether the row deserves attention.
        unit: the tick at which the unit begins that is drawn last; None: none is.
    """

    __slots__ = ("_current", "_details", "_fact", "_host", "_track", "_unit", "alert", "raw")

    def __init__(  # noqa: PLR0913 - what a row's words are about
        self,
        track: Track,
        fact: Fact | None,
        host: str = "",
        details: Details = _NOTHING_KNOWN,
        *,
        alert: bool = False,
        unit: int | None = None,
    ) -> None:
        self._track = track
        self._current = track.current  # most is of it
        self._fact = fact
        self._host = host
        self._details = details
        self._unit = unit
        self.alert = alert
        self.raw = track.peer.address

    @property
    def address(self) -> str:
        """The address, or the address and port of a listening socket."""
        return str(self._track.peer)

    @property
    def name(self) -> Name:
        """What it is called."""
        return NAMELESS if self._track.peer.listening else name_of(self._fact)

    @property
    def country(self) -> str:
        """The country's code."""
        return country_of(self._track.peer, self._fact)

    @property
    def organisation(self) -> str:
        """The AS and its name, or the scope of the address."""
        return organisation_of(self.raw, self._fact)

    @property
    def asn(self) -> int:
        """The number of the AS; 0: not known."""
        return self._fact.asn if self._fact is not None else 0

    @property
    def state(self) -> str:
        """What stands beside the timeline."""
        new = self._unit is not None and self._track.timeline.opened_since(self._unit)
        return state_of(self._track, new=new)

    @property
    def states(self) -> tuple[str, ...]:
        """The kernel's states of all open connections."""
        return tuple({_STATE_NAMES[row.state]: None for row in self._track.open.values()})

    @property
    def port(self) -> int:
        """The port; 0: not known."""
        return self._track.peer.port or self._current.port

    @property
    def ports(self) -> tuple[int, ...]:
        """All that the connections were for."""
        return self._track.ports

    @property
    def process(self) -> str:
        """The process."""
        return clean(self._current.process)

    @property
    def processes(self) -> str:
        """All that have a connection open, or else that of the last, each on a line."""
        rows = self._track.open
        if len(rows) < 2:  # noqa: PLR2004 - several
            return self.process
        return "\n".join({clean(row.process): None for row in rows.values()})

    @property
    def pids(self) -> tuple[int, ...]:
        """The numbers of the processes that have a connection open, or else had the last one."""
        return pids_of(self._track)

    @property
    def users(self) -> tuple[str, ...]:
        """The users of these, by number and, as far as that is known, by name."""
        return users_of(self._track, self._details)

    @property
    def directions(self) -> tuple[str, ...]:
        """The directions of all open connections, or else of the last one."""
        rows = self._track.open.values() or (self._current,)
        return tuple({way: None for row in rows if (way := direction_of(row))})

    @property
    def host(self) -> str:
        """Whose row it is."""
        return clean(self._host)


def label_of(  # noqa: PLR0913 - what a row's words are about
    track: Track,
    fact: Fact | None,
    *,
    new: bool = False,
    host: str = "",
    details: Details = _NOTHING_KNOWN,
    alert: bool = False,
    unusual: Unusual | None = None,
) -> Label:
    """Return the words for `track`.

    Args:
        track: the row.
        fact: what the enricher knows of its address.
        new: whether a connection was opened in the unit that is drawn last.
        host: whose row it is.
        details: what is known of the processes there.
        alert: whether the row deserves attention.
        unusual: what is to be seen instead of the state: port and process are those of it.
    """
    shown, row = speaker_of(track, unusual), Subject(track, fact, host, details)
    return Label(
        address=row.address,
        name=row.name,
        country=row.country,
        organisation=row.organisation,
        state=state_of(track, new=new),
        port=track.peer.port or shown.port,
        more=len({row.port for row in track.open.values()} - {shown.port}),
        ports=row.ports,
        process=clean(shown.process),
        pid=shown.pid,
        sharing=_sharing(track, shown),
        where=clean(shown.where),
        host=row.host,
        raw=row.raw,
        asn=row.asn,
        alert=alert,
        service=service_of(shown.protocol, shown.port),
        direction=shown.direction,
        directions=row.directions,
        states=row.states,
        processes=row.processes,
        pids=row.pids,
        users=row.users,
        unusual=unusual,
    )


def speaker_of(track: Track, unusual: Unusual | None) -> Connection:
    """Return the connection of a row that its words are about: the one whose state is shown."""
    return (unusual.connection if unusual is not None else None) or track.current


def _sharing(track: Track, shown: Connection) -> int:
    """Return how many other processes there are than that of `shown`."""
    if track.peer.listening:
        return max(0, len(owners(track)) - 1)
    return len({row.process for row in track.open.values()} - {shown.process, ""})


def direction_of(row: Connection) -> str:
    """Return in which direction a connection went: `in` or `out`; empty: that is not known."""
    return _DIRECTIONS.get(row.direction, "")


def counted_directions(track: Track) -> Counter[str]:
    """Return how many of a row's open connections went in which direction, as far as is known.

    Without open ones it is the direction of the last.
    """
    rows = track.open.values() or (track.current,)
    found = Counter(map(direction_of, rows))
    del found[""]
    return found


def state_of(track: Track, *, new: bool = False) -> str:
    """Return the state of a row as one word of at most six characters."""
    if track.peer.listening:
        return "LISTEN" if track.open else "CLOSED"
    if track.open:
        return "NEW" if new else "ACTIVE"
    return "FAILED" if track.failed else "CLOSED"


def country_of(peer: Peer, fact: Fact | None) -> str:
    """Return the country's code; a listening socket has none."""
    if peer.listening:
        return ""
    return clean(fact.country) if fact is not None and fact.country else UNKNOWN


def organisation_of(address: bytes, fact: Fact | None) -> str:
    """Return the AS and its name, or the scope of an address that has none."""
    scope = scope_of(address)
    if scope is not Scope.GLOBAL:
        return "" if scope is Scope.WILDCARD else scope.value
    if fact is None or not fact.asn:
        return ""
    return as_of(fact)
