"""What is known of each remote address: GeoIP and names brought together."""

from collections import deque
from collections.abc import Callable, Container, Iterable
from collections.abc import Set as AbstractSet
from typing import Protocol

from connmon_enricher.names.observed import ObservedNames
from connmon_enricher.names.outcome import Answer
from connmon_shared.messages import UNASKED_SOURCES, Fact, Lookup, NameSource, ObservedName

_SLICE = 500  # addresses that are looked up again at a time; 3 ms
_BESIDE_US = frozenset({""})  # the keys of collectors that need none


class Geo(Protocol):
    """Where countries and AS numbers come from."""

    def country(self, address: bytes) -> str:
        """Return the ISO code, empty when unknown."""
        ...

    def asn(self, address: bytes) -> tuple[int, str]:
        """Return the AS number (0 when unknown) and its organisation."""
        ...


class Names(Protocol):
    """Where names come from: asked now, answered later."""

    def request(self, address: bytes) -> Answer | None:
        """Ask for the name of `address`, and return the answer that still counts, if there is one.

        With that, nobody is asked.
        """
        ...

    def prefer(self, address: bytes) -> None:
        """Ask for the name of `address` before others, and have it confirmed."""
        ...


class FactBook:
    """The facts of every address met and kept, and which of them displays have not heard yet.

    Of several names the best source's counts, in the order of `NameSource`. A name that was
    observed says what somebody asked for, and so beats one from a reverse look-up, which says what
    the network's owner wrote there. An address may have many of those: the last before the connect
    is the one that counts, and stays while a connection is open. Facts are for all hosts, so a name
    counts for an address only if each of them may name it (`ObservedNames`).

    Args:
        geo: places; None: nobody asked for them.
        names: reverse look-ups; None likewise.
        connected: whether a connection to an address is open.
        hosts: the name of an address in the hosts file, empty if there is none.
        keys: of the hosts that talk to an address; empty: of those beside us.
    """

    def __init__(
        self,
        geo: Geo | None,
        names: Names | None,
        connected: Callable[[bytes], bool] = lambda _: False,
        hosts: Callable[[bytes], str] = lambda _: "",
        keys: Callable[[bytes], AbstractSet[str]] = lambda _: _BESIDE_US,
    ) -> None:
        self._geo = geo
        self._names = names
        self._connected = connected
        self._hosts = hosts
        self._keys = keys
        self._observed = ObservedNames()
        self._facts: dict[bytes, Fact] = {}
        self._news: dict[bytes, Fact] = {}
        self._unlocated: deque[bytes] = deque()  # since there is a new table
        self._unasked: deque[bytes] = deque()  # since `refresh`

    def __len__(self) -> int:
        return len(self._facts)

    def meet(self, address: bytes) -> None:
        """Learn what can be learned of `address`, which something has happened to.

        A name may follow later.
        """
        if address not in self._facts:
            self._note(self._located(Fact(address, name_state=self._unnamed)))
        self._name(address)

    def named(self, answer: Answer) -> None:
        """Take the answer of a reverse look-up."""
        address, name, state, confirmed = answer
        known = self._facts.get(address)
        if known is not None and known.name_source not in UNASKED_SOURCES:
            found = NameSource.CONFIRMED if confirmed else NameSource.PTR
            source = found if state is Lookup.RESOLVED else ""
            self._note(known._replace(name=name, name_state=state, name_source=source))

    def looked_at(self, addresses: Iterable[bytes]) -> None:
        """Have the names of `addresses`, which are on somebody's screen, looked up first."""
        for address in addresses:
            known = self._facts.get(address)
            if self._names and known is not None and known.name_source not in UNASKED_SOURCES:
                self._names.prefer(address)

    def hosts_changed(self) -> None:
        """Name every address anew: the hosts file has other names."""
        for fact in list(self._facts.values()):
            if fact.name_source == NameSource.HOSTS:
                self._unname(fact)
            self._name(fact.address)

    def observed(self, names: Iterable[ObservedName], key: str = "") -> None:
        """Take names from the answers of resolvers, oldest first, that a collector with `key` told.

        Most come before the first connection to their address; they are kept for it.
        """
        for found in names:
            self._observed.put(found, key)
            self._name_observed(found.address)

    def refresh(self) -> None:
        """Have `go_on` ask again for names that are not fresh, where a connection is open."""
        self._unasked = deque(self._facts if self._names is not None else ())

    def keep(self, addresses: Container[bytes]) -> None:
        """Forget all addresses but `addresses`."""
        self._facts = {kept: fact for kept, fact in self._facts.items() if kept in addresses}
        self._news = {kept: fact for kept, fact in self._news.items() if kept in addresses}

    def relocate(self) -> None:
        """Have every address looked up again by `go_on`: there is a new GeoIP table."""
        self._unlocated = deque(self._facts)

    @property
    def busy(self) -> bool:
        """Whether there is something for `go_on` to do."""
        return bool(self._unlocated or self._unasked)

    def go_on(self) -> None:
        """Look some addresses up again: all at once would make whoever waits wait too long."""
        for address in _some_of(self._unlocated):
            if address in self._facts:
                self._note(self._located(self._facts[address]))
        for address in _some_of(self._unasked):
            if self._connected(address):
                self._request(address)

    def take_news(self) -> tuple[Fact, ...]:
        """Return the facts that changed since the last call."""
        news, self._news = tuple(self._news.values()), {}
        return news

    def all(self) -> Iterable[Fact]:
        """Return every fact."""
        return self._facts.values()

    def _located(self, fact: Fact) -> Fact:
        if self._geo is None:
            return fact
        asn, organisation = self._geo.asn(fact.address)
        return fact._replace(
            country=self._geo.country(fact.address), asn=asn, organisation=organisation
        )

    @property
    def _unnamed(self) -> Lookup:
        return Lookup.PENDING if self._names else Lookup.OFF

    def _name(self, address: bytes) -> None:
        """Let the best source that knows `address` give it its name."""
        name = self._hosts(address)
        if name:
            resolved, hosts = Lookup.RESOLVED, NameSource.HOSTS
            known = self._facts[address]
            self._note(
                known._replace(name=name, name_state=resolved, name_source=hosts, name_time=0.0)
            )
            return
        self._name_observed(address)
        self._request(address)

    def _request(self, address: bytes) -> None:
        """Ask for the name of `address`, unless a better one than the answer is known."""
        known = self._facts.get(address)
        if self._names and (known is None or known.name_source not in UNASKED_SOURCES):
            answer = self._names.request(address)
            if answer is not None and known is not None and known.name_state == Lookup.PENDING:
                self.named(answer)  # from before the address was forgotten

    def _name_observed(self, address: bytes) -> None:
        """Let the newest name that was observed be the name, if that may change now."""
        known = self._facts.get(address)
        if known is None or known.name_source == NameSource.HOSTS:
            return
        keys = self._keys(address)
        newest = self._observed.get(address, keys)
        if newest is None:
            if known.name_source == NameSource.DNS and keys != _BESIDE_US:
                self._unname(known)  # who told it is not the only one any more
            return
        if (
            known.name_source == NameSource.DNS
            and known.name != newest.name
            and len(keys) == 1  # else one of several may have named it before the others came
            and self._connected(address)
        ):
            return
        self._note(
            known._replace(
                name=newest.name,
                name_state=Lookup.RESOLVED,
                name_source=NameSource.DNS,
                name_time=newest.time,
            )
        )

    def _unname(self, fact: Fact) -> None:
        self._note(fact._replace(name="", name_state=self._unnamed, name_source="", name_time=0.0))

    def _note(self, fact: Fact) -> None:
        if self._facts.get(fact.address) != fact:
            self._facts[fact.address] = self._news[fact.address] = fact


def _some_of(addresses: deque[bytes]) -> list[bytes]:
    """Return those that are next, taken from `addresses`."""
    return [addresses.popleft() for _ in range(min(_SLICE, len(addresses)))]
