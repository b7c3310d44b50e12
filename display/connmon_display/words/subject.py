"""A row in words of which only those are made that are asked for: what filters look at."""

from connmon_display.words.names import NAMELESS, Name, name_of
from connmon_display.words.owners import pids_of, users_of
from connmon_display.words.traits import country_of, direction_of, organisation_of, state_of
from connmon_shared.messages import Fact
from connmon_shared.text import clean
from connmon_shared.timelines.details import Details
from connmon_shared.timelines.rows import Track
from connmon_shared.timelines.states import State

NOTHING_KNOWN = Details()
_STATE_NAMES: dict[int, str] = {state: state.name for state in State}


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
        details: Details = NOTHING_KNOWN,
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
        return tuple({_STATE_NAMES[row.state]: None for row in self._track.connections})

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
        rows = self._track.connections
        if len(rows) < 2:  # noqa: PLR2004 - several
            return self.process
        return "\n".join({clean(row.process): None for row in rows})

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
        rows = self._track.connections or (self._current,)
        return tuple({way: None for row in rows if (way := direction_of(row))})

    @property
    def host(self) -> str:
        """Whose row it is."""
        return clean(self._host)
