"""Events as lines of text. Pure.

[14:30:16] NEW → 192.168.1.100  ESTABLISHED:443(https)  curl[4242]
[14:30:16] NEW ← 192.168.1.7  ESTABLISHED:22(ssh)                          who came to us
[14:30:16] web1 NEW → 192.168.1.100  ESTABLISHED:443(https)  curl[4242]    with several hosts
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from connmon_display.filters.lists import Match
from connmon_display.scroll.writing import Known, state_of
from connmon_display.words.about import MAX_TEXT, traffic, where
from connmon_display.words.duration import short
from connmon_display.words.names import name_of
from connmon_display.words.others import other_names
from connmon_display.words.quoting import quoted
from connmon_display.words.services import service_of
from connmon_display.words.traits import UNKNOWN, organisation_of
from connmon_shared.endpoints import Peer, text_of
from connmon_shared.messages import Direction, Fact
from connmon_shared.text import clean
from connmon_shared.timelines.history import Event, What
from connmon_shared.timelines.states import Protocol

# SGR sequences (ECMA-48 8.3.117) of the first eight colours: every colour terminal knows them.
_NORMAL = "\x1b[m"
_COLORS = {
    "NEW": "\x1b[32m",
    "ACTIVE": "\x1b[34m",
    "LISTEN": "\x1b[33m",
    "CLOSED": "\x1b[31m",
    "FAILED": "\x1b[31m",
    "GAP": "\x1b[35m",
    "ALERT": "\x1b[1;31m",
}


@dataclass(frozen=True, slots=True)
class Lines:
    """Writes lines for people and for grep.

    Attributes:
        timestamps: time, iso or epoch.
        arrows: between the event and whom it is about, by Direction.
        color: whether words are coloured.
        several: whether there are several hosts, so that each line names its own.
    """

    timestamps: str
    arrows: tuple[str, str, str]
    color: bool
    several: Callable[[], bool] = lambda: False

    def event(self, host: str, event: Event, known: Known) -> str:
        """Return the line of one event."""
        words = _words(event)
        if event.what is not What.CLOSED:
            words += _place(event.peer, known.fact)
        elif known.final is not None:
            words.append(traffic(known.final))
        return self._contact(host, event, event.what.value, words)

    def alert(self, host: str, event: Event, known: Known, match: Match) -> str:
        """Return the line of a connection that deserves attention."""
        words = [clean(match.words, MAX_TEXT), *_words(event), *_place(event.peer, known.fact)]
        return self._contact(host, event, "ALERT", words)

    def name(self, moment: float, fact: Fact) -> str:
        """Return the line that tells the name of an address."""
        return self._line("", moment, "NAME", text_of(fact.address), str(name_of(fact)))

    def gap(self, host: str, begin: float, end: float) -> str:
        """Return the line that tells of time that was not observed."""
        return self._line(host, end, "GAP", "not observed", f"for {short(end - begin)}")

    def lost(self, host: str, begin: float, end: float) -> str:
        """Return the line that tells of a stretch in which events were lost."""
        stretch = f"{self.stamp(begin)} to {self.stamp(end)}: events were lost"
        return self._line(host, end, "GAP", "not observed", stretch)

    def missed(self, host: str, moment: float) -> str:
        """Return the line that tells that messages did not reach us."""
        return self._line(host, moment, "GAP", "messages lost", "short connections may be missing")

    def anew(self, host: str, moment: float) -> str:
        """Return the line that tells that the enricher was restarted."""
        more = "the enricher was restarted; open now:"
        return self._line(host, moment, "GAP", "history lost", more)

    def stale(self, host: str, moment: float, seconds: float) -> str:
        """Return the line that tells that the collector is silent."""
        return self._line(host, moment, "GAP", "no heartbeat", f"for {short(round(seconds, 1))}")

    def back(self, host: str, moment: float) -> str:
        """Return the line that tells that the collector is heard again."""
        return self._line(host, moment, "BACK", "heartbeat", "heard again")

    def status(self, host: str, moment: float, active: int, runtime: float) -> str:
        """Return the line that tells how things are."""
        ips = "1 active IP" if active == 1 else f"{active} active IPs"
        return f"{self._head(host, moment)} Status: {ips} | Runtime: {short(int(runtime))}"

    def problem(self, _host: str, _moment: float, _text: str) -> str:
        """Return nothing: people are told on standard error."""
        return ""

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

    def _contact(self, host: str, event: Event, word: str, words: list[str]) -> str:
        """Return a line about a connection: who came to us has the other arrow."""
        row = event.connection
        arrow = self.arrows[row.direction if row.remote else Direction.OUT]
        return self._line(host, event.time, word, str(event.peer), "  ".join(words), arrow)

    def _line(  # noqa: PLR0913, PLR0917 - the parts of a line
        self, host: str, moment: float, word: str, subject: str, rest: str, arrow: str = ""
    ) -> str:
        """Return a line: time, host, event, arrow, whom it is about, and more."""
        if self.color and word in _COLORS:
            word = f"{_COLORS[word]}{word}{_NORMAL}"
        arrow = arrow or self.arrows[Direction.OUT]
        return f"{self._head(host, moment)} {word} {arrow} {subject}  {rest}"

    def _head(self, host: str, moment: float) -> str:
        named = f" {clean(host)}" if host and self.several() else ""
        return f"[{self.stamp(moment)}]{named}"


def _words(event: Event) -> list[str]:
    """Return what a connection is."""
    row = event.connection
    service = service_of(row.protocol, row.port)
    words = [f"{state_of(row)}:{row.port or UNKNOWN}" + (f"({service})" if service else "")]
    if row.protocol == Protocol.UDP:
        words.append("udp")
    if row.process:
        number = f"[{row.pid}]" if row.pid else ""  # not known yet which of several it is
        words.append(f"{quoted(clean(row.process))}{number}{_others(event)}")
    if row.where:
        words.append(where(row))
    return words


def _others(event: Event) -> str:
    """Return how many more processes hold a listening socket."""
    row = event.connection
    return other_names(len({row.pid, *row.holders}) - 1) if event.peer.listening else ""


def _place(peer: Peer, fact: Fact | None) -> list[str]:
    if fact is None or peer.listening:
        return []
    organisation = organisation_of(peer.address, fact) if fact.asn else ""
    return [word for word in (clean(fact.country), organisation) if word]
