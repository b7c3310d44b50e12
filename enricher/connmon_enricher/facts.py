"""What is known of each remote address: GeoIP and names brought together."""

from collections.abc import Iterable
from typing import Protocol

from connmon_shared.messages import Fact, Lookup


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

    def request(self, address: bytes) -> None:
        """Ask for the name of `address`."""
        ...


class FactBook:
    """The facts of every address met so far, and which of them displays have not heard yet."""

    def __init__(self, geo: Geo | None, names: Names | None) -> None:
        self._geo = geo
        self._names = names
        self._facts: dict[bytes, Fact] = {}
        self._news: dict[bytes, Fact] = {}

    def __len__(self) -> int:
        return len(self._facts)

    def meet(self, address: bytes) -> None:
        """Learn what can be learned of `address`; a name may follow later."""
        if address not in self._facts:
            pending = Lookup.PENDING if self._names else Lookup.OFF
            self._note(self._located(Fact(address, name_state=pending)))
        if self._names:
            self._names.request(address)

    def named(self, address: bytes, name: str, state: Lookup) -> None:
        """Take the answer of a name look-up."""
        known = self._facts.get(address, Fact(address))
        self._note(known._replace(name=name, name_state=state))

    def refresh(self, addresses: Iterable[bytes]) -> None:
        """Ask for the names of `addresses` again; those that are still fresh cost nothing."""
        if self._names:
            for address in addresses:
                self._names.request(address)

    def relocate(self) -> None:
        """Look every address up again: the GeoIP tables have just become ready."""
        for fact in list(self._facts.values()):
            self._note(self._located(fact))

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

    def _note(self, fact: Fact) -> None:
        if self._facts.get(fact.address) != fact:
            self._facts[fact.address] = self._news[fact.address] = fact
