"""What a display knows: every host that is watched, and the facts of their addresses. Pure.

Messages in, changes and requests out. Where they come from, sockets or a recording, is not
known here.
"""

import math
from collections.abc import Callable, Iterator
from copy import copy
from itertools import islice
from typing import NamedTuple

from connmon_display.following.change import NOTHING, Change
from connmon_display.following.follow import Follower
from connmon_display.following.stream import Place, Stream, Taken
from connmon_display.words.forgotten import no_longer_kept
from connmon_shared import codec
from connmon_shared.codec.limits import MAX_HOSTS
from connmon_shared.messages import (
    KINDS,
    Fact,
    Facts,
    Header,
    Message,
    RepeatRequest,
    StateRequest,
    Status,
    Traffic,
)
from connmon_shared.timelines.memory import LIMITS
from connmon_shared.wire import NUMBERED

KEPT_FACTS = 8_192  # of addresses without a row: they are told before the first connection
_RECENT_SECONDS = 30.0  # so long a message that could not be read is told about
_NOBODY = "no collector has connected yet"
_UNREADABLE = "some messages of the enricher cannot be read: is it of another version?"


class Problem(NamedTuple):
    """Something that is wrong."""

    text: str  # with the remedy, for people
    host: str = ""  # whose; empty: the enricher's, or ours


class Pipeline:
    """The display's copy of all that an enricher knows.

    Attributes:
        hosts: what is known of each host, by its name, in the order of meeting.
        facts: what is known of each remote address of which anything is.
        statuses: the latest status of each stage, by host and stage; the enricher has no host.
        rejected: how many messages broke the protocol.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self.hosts: dict[str, Follower] = {}
        self.facts: dict[bytes, Fact] = {}
        self.statuses: dict[tuple[str, str], Status] = {}
        self.rejected = 0
        self.now = now  # a monotonic clock
        self._rejected_at = -math.inf
        self._own = Stream("", now)
        self._crowded = 0  # so many facts make it worth looking through them

    @property
    def live(self) -> bool:
        """Whether the state of a host is here."""
        return any(follower.live for follower in self.hosts.values())

    @property
    def complete(self) -> bool:
        """Whether the state of every host that was met is here, and the enricher's own."""
        hosts = self.hosts.values()
        return self._own.live and bool(hosts) and all(follower.live for follower in hosts)

    @property
    def several(self) -> bool:
        """Whether there are several hosts, so that it matters whose something is."""
        return len(self.hosts) > 1

    @property
    def waiting(self) -> str:
        """Why there is nothing to show yet; empty: not known."""
        if self._own.live and not self.hosts:
            return _NOBODY
        said = [self._own.waiting, *(follower.waiting for follower in self.hosts.values())]
        return next(filter(None, said), "")

    def still(self) -> "Pipeline":
        """Return what is known now, to be looked at while this goes on."""
        still = Pipeline(self.now)
        still.hosts = {name: host.still() for name, host in self.hosts.items()}
        still.facts, still.statuses = self.facts.copy(), self.statuses.copy()
        still._own = copy(self._own)
        return still

    def places(self) -> dict[str, Place | None]:
        """Return what was applied of each stream, the enricher's own first."""
        return {"": self._own.place} | {name: host.place for name, host in self.hosts.items()}

    def requests(self) -> Iterator[StateRequest | RepeatRequest]:
        """Yield the requests to send now: for hosts once the facts of their addresses are here."""
        hosts = self.hosts.values() if self._own.live else ()
        for asking in (self._own.request, *(host.request for host in hosts)):
            request = asking()
            if request is not None:
                yield request

    def begin_anew(self) -> None:
        """Fetch all states: nothing that comes builds on what was applied."""
        self._own.begin_anew()
        for host in self.hosts.values():
            host.begin_anew()

    def forget(self) -> None:
        """Know nothing again, as at the beginning."""
        self.begin_anew()
        self._rejected_at = -math.inf
        self.hosts.clear()
        self.facts = {}
        self.statuses.clear()

    def reject(self) -> None:
        """Count a message that broke the protocol."""
        self.rejected += 1
        self._rejected_at = self.now()

    def hear(self, header: Header, body: bytes) -> Change:
        """Take a message of the stream.

        Raises:
            RemoteProtocolError: nobody publishes such a message.
        """
        numbered = _numbered(header)
        message = self._decoded(header, body, numbered=numbered)
        if numbered and not header.host:
            return self._learn(self._own.hear(header, message))
        follower = self._follower(header.host)
        if follower is not None and numbered:
            return follower.hear(header, message)
        match message:
            case Status():
                if not header.host:
                    self._own.told(header)
                self._note_status(header.host, message)
            case Traffic() if follower is not None:
                return follower.count(header, message)
            case None:
                pass
            case _:
                raise codec.RemoteProtocolError(f"an enricher publishes no {header.kind!r:.40}")
        return NOTHING

    def answer(self, header: Header, body: bytes) -> Change:
        """Take an answer to a request.

        Raises:
            RemoteProtocolError: it breaks the protocol.
        """
        message = self._decoded(header, body, numbered=header.base != header.seq)
        if not header.host:
            return self._learn(self._own.answer(header, message))
        follower = self.hosts.get(header.host)
        if follower is None:
            raise codec.RemoteProtocolError("nobody asked for this host")
        change = follower.answer(header, message)
        if change.joined and follower.collector is not None:
            self._note_status(header.host, follower.collector)
        return change

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What the stages say is wrong, with the remedy."""
        recent = self.now() - self._rejected_at < _RECENT_SECONDS
        unread = (Problem(_UNREADABLE),) if recent else ()
        lost = [self.problem(h, _lost(s.lost)) for (h, _), s in self.statuses.items() if s.lost]
        told = (self.problem(h, t) for (h, _), s in self.statuses.items() for t in s.problems)
        return (*unread, *lost, *told)

    def problem(self, host: str, text: str) -> Problem:
        """Return a problem of `host`, which the text names if there are several."""
        return Problem(f"{host}: {text}" if host and self.several else text, host)

    @property
    def features(self) -> frozenset[str]:
        """The look-ups that are on; a collector may observe names."""
        statuses = self.statuses.values()
        return frozenset(feature for status in statuses for feature in status.features)

    @property
    def limits(self) -> tuple[str, ...]:
        """What the stages say that they cannot see by their nature, and what is no longer kept.

        Each is said once.
        """
        limits = (limit for status in self.statuses.values() for limit in status.limits)
        return tuple(dict.fromkeys([*limits, *self.no_longer_kept]))

    @property
    def no_longer_kept(self) -> tuple[str, ...]:
        """A sentence for each host of whose history something had to be let go."""
        histories = {host: follower.history for host, follower in self.hosts.items()}
        said = {
            h: no_longer_kept(each.thinned_before, each.dropped) for h, each in histories.items()
        }
        several = len(said) > 1
        return tuple(f"{host}: {text}" if several else text for host, text in said.items() if text)

    def _decoded(self, header: Header, body: bytes, *, numbered: bool) -> Message | None:
        """Return the message; None for one of a kind that only a later version knows.

        Without a numbered one nothing after it can be applied, and sent again it would be as bad:
        only the state has what it said.

        Raises:
            RemoteProtocolError: it cannot be read.
        """
        if header.kind not in KINDS:
            return None
        try:
            return codec.decode(header.kind, body)
        except codec.RemoteProtocolError:
            stream = self.hosts.get(header.host) if header.host else self._own
            if numbered and stream is not None and stream.live:
                stream.distrust()
            raise

    def _learn(self, taken: Taken) -> Change:
        """Apply what the enricher says of itself and of addresses."""
        if taken.state is not None:
            self.facts.clear()
            for part in taken.state.parts:
                if isinstance(part, Status):
                    self._note_status(part.host, part)
                self._note_facts(part)
            self._crowded = len(self.facts) + 2 * KEPT_FACTS
        news = [known for _, message in taken.messages for known in self._note_facts(message)]
        if self.complete and len(self.facts) > self._crowded:
            self._forget_facts()
        facts, before = tuple(fact for fact, _ in news), tuple(known for _, known in news)
        return Change(facts=facts, before=before, joined=taken.state is not None)

    def _note_facts(self, message: Message | None) -> list[tuple[Fact, Fact | None]]:
        """Take the facts of a message, and return each with what was known before it."""
        facts = message.facts if isinstance(message, Facts) else ()
        known = [(fact, self.facts.get(fact.address)) for fact in facts]
        for fact in facts:
            if any(fact[1:]):
                self.facts[fact.address] = fact
            else:  # nothing is known: without a look-up that is so of every address
                self.facts.pop(fact.address, None)
        return known

    def _forget_facts(self) -> None:
        """Let go of the facts of addresses that have no row any more."""
        histories = [follower.history for follower in self.hosts.values()]
        kept = {peer.address for history in histories for peer in history.tracks}
        kept.update(islice(reversed(self.facts), KEPT_FACTS))
        self.facts = {address: fact for address, fact in self.facts.items() if address in kept}
        self._crowded = len(self.facts) + KEPT_FACTS

    def _note_status(self, host: str, status: Status) -> None:
        follower = self._follower(host)
        self.statuses[host, status.stage] = status
        if follower is not None:
            follower.collector = status

    def _follower(self, host: str) -> Follower | None:
        """Return the follower of `host`, from now on if it is new; None: it is not followed."""
        if host and host not in self.hosts and len(self.hosts) < MAX_HOSTS:
            self.hosts[host] = Follower(host, self.now)
            for follower in self.hosts.values():
                follower.history.limits = LIMITS.shared(len(self.hosts))
        return self.hosts.get(host)


def _numbered(header: Header) -> bool:
    """Return whether later messages build on it, also of a kind that we do not know."""
    return header.kind in NUMBERED if header.kind in KINDS else header.seq != header.base


def _lost(count: int) -> str:
    events = "1 kernel event" if count == 1 else f"{count} kernel events"
    return f"{events} lost; the time around them is blank"
