"""What an address is called, by the best source that knows it, and how sure that is. Pure."""

from functools import lru_cache
from typing import NamedTuple

from connmon_shared.messages import UNSURE_SOURCES, Fact, Lookup, NameSource
from connmon_shared.text import clean

AS = "as"  # the source of last resort: not the host's name, but whose network it is in
_CACHED_NETWORKS = 1_024
UNSURE = "~"  # before a name that whoever has the address may have made up
_SOURCES = {
    NameSource.HOSTS: "hosts file",
    NameSource.DNS: "observed",
    NameSource.CONFIRMED: "PTR, confirmed",
    NameSource.PTR: "PTR, not confirmed",
    AS: "AS name",
}
_UNSURE = {*UNSURE_SOURCES, AS}
_WITHOUT = {
    Lookup.PENDING: "name pending",
    Lookup.NOT_FOUND: "no name",
    Lookup.FAILED: "name look-up failed",
    Lookup.TIMED_OUT: "name look-up timed out",
}
_ENDED = _WITHOUT.keys() - {Lookup.PENDING}


class Name(NamedTuple):
    """What an address is called."""

    text: str = ""  # empty: there is nothing but the address
    source: str = ""  # a NameSource, AS, or one that we do not know

    def __str__(self) -> str:
        return f"{UNSURE}{self.text}" if self.source in UNSURE_SOURCES else self.text

    @property
    def sure(self) -> str:
        """The name, as far as it may decide what is shown: empty if anybody can have made it up."""
        return "" if self.source in _UNSURE else self.text


NAMELESS = Name()


def name_of(fact: Fact | None) -> Name:
    """Return what `fact` says that its address is called."""
    if fact is None:
        return NAMELESS
    if fact.name_state == Lookup.RESOLVED:
        return Name(clean(fact.name), clean(fact.name_source))
    asked_in_vain = fact.name_state in _ENDED
    return Name(as_of(fact), AS) if fact.asn and asked_in_vain else NAMELESS


def as_of(fact: Fact) -> str:
    """Return the number and the name of the autonomous system."""
    return _as_called(fact.asn, fact.organisation)


@lru_cache(_CACHED_NETWORKS)
def _as_called(number: int, organisation: str) -> str:
    return f"AS{number} {clean(organisation)}".rstrip()


def source_of(name: Name) -> str:
    """Return where `name` comes from, in words."""
    return _SOURCES.get(name.source, name.source)


def sourced(fact: Fact | None) -> str:
    """Return the name and where it comes from, in words; else why there is none."""
    name = name_of(fact)
    missing = _WITHOUT.get(Lookup(fact.name_state), "") if fact is not None else ""
    known = f"{name} ({source_of(name)})" if name.text else ""
    return ", ".join(filter(None, (known, missing)))
