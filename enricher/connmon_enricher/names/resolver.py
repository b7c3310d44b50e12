"""Reverse DNS for a loop that must not wait: ask now, fetch the answer when it has come."""

from connmon_enricher.names.cache import Cache
from connmon_enricher.names.dns import DnsResolver
from connmon_enricher.names.outbox import Outbox
from connmon_enricher.names.outcome import Answer, Outcome
from connmon_enricher.names.policy import Route, entry_after, route_of
from connmon_enricher.names.system import SystemResolver
from connmon_shared.messages import Lookup
from connmon_shared.stage.clock import Monotonic, boottime


class Resolver:
    """Looks names up, and remembers them; all methods are for one thread, the caller's.

    Raises:
        ValueError: `dns_server` is no address, with or without a port (`[::1]:53`).
    """

    def __init__(self, dns_server: str | None = None, clock: Monotonic = boottime) -> None:
        self._clock = clock
        self._cache = Cache()
        self._asked: set[bytes] = set()
        self._outbox = Outbox()
        self._dns = DnsResolver(self._outbox.put, dns_server)
        self._system = SystemResolver(self._outbox.put)
        self._closed = False
        self._ask = {
            Route.DNS: self._dns.ask,
            Route.SYSTEM: self._system.ask,
            Route.NOBODY: self._refuse,
        }

    @property
    def dropped(self) -> int:
        """How many addresses were answered with FAILED because too many were waiting."""
        return self._dns.dropped + self._system.dropped

    def request(self, address: bytes) -> Answer | None:
        """Have `address` looked up, unless it already is, or its last answer still counts.

        Then that is returned. So this may be called as often as the address is met: that is how a
        name gets refreshed. Until the new answer the last one stays in force.
        """
        if address in self._asked or self._closed:
            return None
        entry = self._cache.get(address)
        if entry is not None and entry.expires > self._clock():
            return Answer(address, entry.name, entry.state)
        self._asked.add(address)
        self._ask[route_of(address)](address)
        return None

    def fileno(self) -> int:
        """Return a descriptor that is readable while answers wait."""
        return self._outbox.fileno()

    def answers(self) -> list[Answer]:
        """Return what has been found out since the last call."""
        now = self._clock()
        return [self._learn(outcome, now) for outcome in self._outbox.take()]

    def close(self) -> None:
        """Break everything off, within 0.3 s; a second call has no effect."""
        self._closed = True
        self._system.close()
        self._dns.close()
        self._outbox.close()

    def _learn(self, outcome: Outcome, now: float) -> Answer:
        address = outcome.address
        self._asked.discard(address)
        entry = entry_after(outcome, self._cache.get(address), now)
        self._cache.put(address, entry)
        return Answer(address, entry.name, entry.state)

    def _refuse(self, address: bytes) -> None:
        self._outbox.put(Outcome(address, Lookup.NOT_FOUND))
