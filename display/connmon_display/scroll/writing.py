"""What the scroll view says, however it is written: text in lines.py, JSON in objects.py."""

from typing import NamedTuple, Protocol

from connmon_display.filters.lists import Match
from connmon_shared.messages import Connection, Counters, Fact, Process
from connmon_shared.timelines.history import Event
from connmon_shared.timelines.states import Protocol as Transport
from connmon_shared.timelines.states import State


class Known(NamedTuple):
    """What is known beside an event."""

    fact: Fact | None = None  # of its address
    process: Process | None = None
    final: Counters | None = None  # the last ones of what was closed


class Writing(Protocol):
    """One method for each thing that is said. Each returns a line, without its end.

    `host` is whom it is about, and times are seconds since 1970.
    """

    def event(self, host: str, event: Event, known: Known) -> str:
        """Tell of a connection that came, went, or was there already."""
        ...

    def alert(self, host: str, event: Event, known: Known, match: Match) -> str:
        """Tell of a connection that deserves attention."""
        ...

    def name(self, moment: float, fact: Fact) -> str:
        """Tell the name of an address."""
        ...

    def gap(self, host: str, begin: float, end: float) -> str:
        """Tell of time that was not observed."""
        ...

    def lost(self, host: str, begin: float, end: float) -> str:
        """Tell of a stretch in which the kernel lost events."""
        ...

    def missed(self, host: str, moment: float) -> str:
        """Tell that messages did not reach us: what was short is missing here."""
        ...

    def anew(self, host: str, moment: float) -> str:
        """Tell that the enricher was restarted; what is there now follows."""
        ...

    def stale(self, host: str, moment: float, seconds: float) -> str:
        """Tell that the collector has been silent for so long."""
        ...

    def back(self, host: str, moment: float) -> str:
        """Tell that the collector is heard again; what it did not see is told as a gap."""
        ...

    def status(self, host: str, moment: float, active: int, runtime: float) -> str:
        """Tell how many addresses are active, and for how many seconds they have been watched."""
        ...

    def problem(self, host: str, moment: float, text: str) -> str:
        """Tell what is wrong; empty where people are told on standard error alone."""
        ...


def state_of(row: Connection) -> str:
    """Return the name of a connection's state, as `ss` says it."""
    unconnected = row.protocol == Transport.UDP and not row.remote
    return "UNCONN" if unconnected else State(row.state).name
