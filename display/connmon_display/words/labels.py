"""The words beside a timeline: place, network, state, port and process of a row."""

from dataclasses import dataclass

from connmon_display.words.lasting import Unusual
from connmon_display.words.names import Name
from connmon_display.words.owners import owners
from connmon_display.words.quoting import quoted
from connmon_display.words.services import service_of
from connmon_display.words.subject import Subject
from connmon_display.words.traits import speaker_of, state_of
from connmon_shared.messages import Connection, Direction, Fact
from connmon_shared.text import clean
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
    sharing: int = 0  # other processes: that hold the listening socket, or have a connection open
    where: str = ""  # the container or network namespace; empty: simply this host
    unusual: Unusual | None = None  # what is to be seen instead of the state
    speed: str = ""  # how fast bytes go out and come in
    pace: bytes = b""  # how fast in the last seconds: a level of `Glyphs.levels` each
    alert: bool = False  # whether the row deserves attention
    service: str = ""  # what the port is called; empty: nobody has named it
    direction: int = Direction.UNKNOWN
    addresses: int = 0  # of a group
    networks: int = 0  # other ones that its addresses are in
    connections: int = 0  # open ones, of a group

    @property
    def owner(self) -> str:
        """The process as it is shown; where only others are known there is a question mark."""
        return quoted(self.process) if self.process or not self.sharing else "?"

    def __hash__(self) -> int:
        """Tell most rows apart: all that there is takes much longer, and is asked for each."""
        return hash((self.address, self.state, self.port, self.pid, self.speed, self.pace))


def label_of(
    track: Track,
    fact: Fact | None,
    *,
    new: bool = False,
    alert: bool = False,
    unusual: Unusual | None = None,
) -> Label:
    """Return the words for `track`.

    Args:
        track: the row.
        fact: what the enricher knows of its address.
        new: whether a connection was opened in the unit that is drawn last.
        alert: whether the row deserves attention.
        unusual: what is to be seen instead of the state: port and process are those of it.
    """
    shown, row = speaker_of(track, unusual), Subject(track, fact)
    return Label(
        address=row.address,
        name=row.name,
        country=row.country,
        organisation=row.organisation,
        state=state_of(track, new=new),
        port=track.peer.port or shown.port,
        more=len({port for _, port in track.kinds} - {shown.port}),
        process=clean(shown.process),
        pid=shown.pid,
        sharing=_sharing(track, shown),
        where=clean(shown.where),
        alert=alert,
        service=service_of(shown.protocol, shown.port),
        direction=shown.direction,
        unusual=unusual,
    )


def _sharing(track: Track, shown: Connection) -> int:
    """Return how many other processes there are than that of `shown`."""
    if track.peer.listening:
        return max(0, len(owners(track)) - 1)
    return len({process for process, _ in track.kinds} - {shown.process, ""})
