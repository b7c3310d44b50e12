"""Events as lines of text. Pure.

[14:30:16] NEW → 192.168.1.100  ESTABLISHED:443  curl[4242]
"""

import time
from dataclasses import dataclass

from connmon_display.about import traffic, where
from connmon_display.duration import short
from connmon_display.labels import UNKNOWN, organisation_of
from connmon_shared.endpoints import Peer
from connmon_shared.history import Event, What
from connmon_shared.messages import Connection, Counters, Fact
from connmon_shared.states import Protocol, State
from connmon_shared.text import clean

# SGR sequences (ECMA-48 8.3.117) of the first eight colours: every colour terminal knows them.
_NORMAL = "\x1b[m"
_COLORS = {
    "NEW": "\x1b[32m",
    "ACTIVE": "\x1b[34m",
    "LISTEN": "\x1b[33m",
    "CLOSED": "\x1b[31m",
    "FAILED": "\x1b[31m",
    "GAP": "\x1b[35m",
}


@dataclass(frozen=True, slots=True)
class Writing:
    """How lines are written."""

    timestamps: str  # time, iso, epoch
    arrow: str
    color: bool

    def event(self, event: Event, fact: Fact | None, final: Counters | None = None) -> str:
        """Return the line of one event; `final` are the last counters of what was closed."""
        row = event.connection
        state = "UNCONN" if _unconnected(row) else State(row.state).name
        words = [f"{state}:{event.port or UNKNOWN}"]
        if row.protocol == Protocol.UDP:
            words.append("udp")
        if row.process:
            number = f"[{row.pid}]" if row.pid else ""  # not known yet which of several it is
            words.append(f"{clean(row.process)}{number}{_others(event)}")
        if row.where:
            words.append(where(row))
        if event.what is not What.CLOSED:
            words += _place(event.peer, fact)
        elif final is not None:
            words.append(traffic(final))
        return self.line(event.time, event.what.value, str(event.peer), "  ".join(words))

    def name(self, moment: float, fact: Fact, address: str) -> str:
        """Return the line that tells the name of an address."""
        return self.line(moment, "NAME", address, clean(fact.name))

    def gap(self, moment: float, seconds: float) -> str:
        """Return the line that tells of time that was not observed."""
        return self.line(moment, "GAP", "not observed", f"for {short(seconds)}")

    def lost(self, begin: float, end: float) -> str:
        """Return the line that tells of a stretch in which events were lost."""
        stretch = f"{self.stamp(begin)} to {self.stamp(end)}: events were lost"
        return self.line(end, "GAP", "not observed", stretch)

    def stale(self, moment: float, seconds: float) -> str:
        """Return the line that tells that the collector is silent."""
        return self.line(moment, "GAP", "no heartbeat", f"for {short(round(seconds, 1))}")

    def status(self, moment: float, active: int, runtime: float) -> str:
        """Return the line that tells how things are."""
        ips = "1 active IP" if active == 1 else f"{active} active IPs"
        return f"[{self.stamp(moment)}] Status: {ips} | Runtime: {short(int(runtime))}"

    def line(self, moment: float, word: str, subject: str, rest: str) -> str:
        """Return a line: time, event, whom it is about, and more."""
        if self.color and word in _COLORS:
            word = f"{_COLORS[word]}{word}{_NORMAL}"
        return f"[{self.stamp(moment)}] {word} {self.arrow} {subject}  {rest}"

    def stamp(self, moment: float) -> str:
        """Return `moment` (seconds since 1970) as the user wants it."""
        if self.timestamps == "epoch":
            return f"{moment:.3f}"
        local = time.localtime(moment)
        if self.timestamps == "iso":
            milliseconds = int(moment % 1 * 1_000)
            zone = time.strftime("%z", local)
            return f"{time.strftime('%Y-%m-%dT%H:%M:%S', local)}.{milliseconds:03d}{zone}"
        return time.strftime("%H:%M:%S", local)


def _others(event: Event) -> str:
    """Return how many more processes hold a listening socket."""
    row = event.connection
    more = len({row.pid, *row.holders}) - 1
    return f" +{more}" if more and event.peer.listening else ""


def _unconnected(row: Connection) -> bool:
    return row.protocol == Protocol.UDP and not row.remote


def _place(peer: Peer, fact: Fact | None) -> list[str]:
    if fact is None or peer.listening:
        return []
    organisation = organisation_of(peer.address, fact) if fact.asn else ""
    return [word for word in (clean(fact.country), organisation) if word]
