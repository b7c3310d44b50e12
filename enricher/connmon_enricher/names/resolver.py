"""Reverse DNS for a loop that must not wait: ask now, fetch the answer when it has come."""

from collections.abc import Iterable, Iterator

from connmon_enricher.names.cache import Cache, Entry
from connmon_enricher.names.dns import DnsResolver
from connmon_enricher.names.lifetimes import (
    NAME_SECONDS,
    Route,
    entry_after,
    entry_confirmed,
    route_of,
)
from connmon_enricher.names.outbox import Outbox
from connmon_enricher.names.outcome import Answer, Outcome, Question
from connmon_enricher.names.saved import SavedNames
from connmon_enricher.names.system import SystemResolver
from connmon_enricher.names.turns import BUDGET
from connmon_shared.messages import Lookup
from connmon_shared.stage.clock import Monotonic, boottime


class Resolver:
    """Looks names up, and remembers them; all methods are for one thread, the caller's.

    Args:
        dns_server: whom to ask for public addresses; None: the system's name servers.
        clock: tells how long an answer has been known.
        budget: how many queries may be under way or without an answer.
        confirm: whether every name is confirmed, not only those of `prefer`.
        saved: names from the last start, for the next; None: nobody asked for that.

    Raises:
        ValueError: `dns_server` is no address, with or without a port (`[::1]:53`).
    """

    def __init__(
        self,
        dns_server: str | None = None,
        clock: Monotonic = boottime,
        *,
        budget: int = BUDGET,
        confirm: bool = False,
        saved: SavedNames | None = None,
    ) -> None:
        self._clock = clock
        self._confirm_all = confirm
        self._cache = Cache()
        self._asked: set[Question] = set()
        self._outbox = Outbox()
        self._dns = DnsResolver(self._outbox.put, dns_server, budget)
        self._system = SystemResolver(self._outbox.put)
        self._closed = False
        self._saved = saved
        for address, name, left in saved.load() if saved is not None else ():
            expires = clock() + min(left, NAME_SECONDS[1])  # the wall clock may have been set
            self._cache.put(address, Entry(Lookup.RESOLVED, name, expires))

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong, for people."""
        return (self._saved.problem,) if self._saved is not None and self._saved.problem else ()

    @property
    def dropped(self) -> int:
        """How many addresses were answered with FAILED because too many were waiting."""
        return self._dns.dropped + self._system.dropped

    def request(self, address: bytes) -> Answer | None:
        """Have `address` looked up, unless it already is, or its last answer still counts.

        Then that is returned. So this may be called as often as the address is met: that is how a
        name gets refreshed. Until the new answer the last one stays in force.
        """
        if Question(address) in self._asked or self._closed:
            return None
        entry = self._cache.get(address)
        if entry is not None and entry.expires > self._clock():
            return _answer(address, entry)
        self._ask(Question(address))
        return None

    def prefer(self, address: bytes) -> None:
        """Let `address`, which somebody looks at, go before the others, and confirm its name."""
        question = Question(address)
        if question in self._asked:
            if (resolver := self._resolver_of(address)) is not None:
                resolver.prefer(question)
            return
        entry = self._cache.get(address)
        if entry is not None and entry.confirmed is None:
            self._confirm(address, entry)

    def fileno(self) -> int:
        """Return a descriptor that is readable while answers wait."""
        return self._outbox.fileno()

    def answers(self) -> list[Answer]:
        """Return what has been found out since the last call."""
        now = self._clock()
        learned = [self._learn(outcome, now) for outcome in self._outbox.take()]
        return [answer for answer in learned if answer is not None]

    def keep(self) -> None:
        """Save the names once in a while, if they are to be kept."""
        if self._saved is not None and self._saved.due:
            self._saved.save(_lasting(self._cache.items(), self._clock()))

    def close(self) -> None:
        """Break everything off, within 0.3 s unless the disk is slow; again has no effect."""
        if not self._closed and self._saved is not None:
            self._saved.save(_lasting(self._cache.items(), self._clock()))
        self._closed = True
        self._system.close()
        self._dns.close()
        self._outbox.close()
        if self._saved is not None:
            self._saved.close()

    def _ask(self, question: Question) -> None:
        if question in self._asked or self._closed:
            return
        self._asked.add(question)
        resolver = self._resolver_of(question.address)
        if resolver is not None:
            resolver.ask(question)
        else:
            self._outbox.put(Outcome(question.address, Lookup.NOT_FOUND))

    def _confirm(self, address: bytes, entry: Entry) -> None:
        if entry.state is Lookup.RESOLVED:
            self._ask(Question(address, entry.name))

    def _resolver_of(self, address: bytes) -> DnsResolver | SystemResolver | None:
        match route_of(address):
            case Route.DNS:
                return self._dns
            case Route.SYSTEM:
                return self._system
            case Route.NOBODY:
                return None

    def _learn(self, outcome: Outcome, now: float) -> Answer | None:
        address = outcome.address
        self._asked.discard(Question(address, outcome.confirming))
        known = self._cache.get(address)
        if not outcome.confirming:
            entry = entry_after(outcome, known, now)
            if self._confirm_all or entry.confirmed is not None:
                self._confirm(address, entry)
        elif known is not None and known.name == outcome.confirming:
            entry = entry_confirmed(outcome, known)
        else:
            return None  # by now it has another name
        self._cache.put(address, entry)
        return _answer(address, entry)


def _answer(address: bytes, entry: Entry) -> Answer:
    return Answer(address, entry.name, entry.state, bool(entry.confirmed))


def _lasting(
    entries: Iterable[tuple[bytes, Entry]], now: float
) -> Iterator[tuple[bytes, str, float]]:
    """Yield the names that count on every network, each with its seconds left."""
    for address, entry in entries:
        counts = entry.state is Lookup.RESOLVED and entry.expires > now
        if counts and route_of(address) is Route.DNS:
            yield address, entry.name, entry.expires - now
