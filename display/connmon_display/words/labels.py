"""The words beside a timeline: place, network, state, port and process of a row."""

from dataclasses import dataclass

from connmon_display.words.lasting import Unusual
from connmon_display.words.names import Name
from connmon_display.words.owners import owners
from connmon_display.words.services import service_of
from connmon_display.words.subject import NOTHING_KNOWN, Subject
from connmon_display.words.traits import speaker_of, state_of
from connmon_shared.messages import Connection, Direction, Fact
from connmon_shared.text import clean
from connmon_shared.timelines.details import Details
from connmon_shared.timelines.rows import Track

ALERT = "ALERT"


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


def label_of(  # noqa: PLR0913 - what a row's words are about
    track: Track,
    fact: Fact | None,
    *,
    new: bool = False,
    host: str = "",
    details: Details = NOTHING_KNOWN,
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


def _sharing(track: Track, shown: Connection) -> int:
    """Return how many other processes there are than that of `shown`."""
    if track.peer.listening:
        return max(0, len(owners(track)) - 1)
    return len({row.process for row in track.open.values()} - {shown.process, ""})
