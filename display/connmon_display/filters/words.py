"""The filter a user types: words that must all match, `!word` must not, `port:https` by field.

A word that is an entry of a list (192.0.2.7, 10.0.0.0/8, AS64496) means what it means there: of
several one must stand for the address, and no exception (`!10.1.0.0/16`).
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache

from connmon_display.filters.grammar import Asn, Country, Entry, Span, entry_of
from connmon_display.words.labels import Label
from connmon_display.words.services import services_of

_FIELDS: dict[str, Callable[[Label], tuple[str, ...]]] = {
    "ip": lambda label: (label.address,),
    "name": lambda label: (label.name.sure,),
    "cc": lambda label: (label.country,),
    "country": lambda label: (label.country,),
    "as": lambda label: (label.organisation,),
    "state": lambda label: (label.state,),
    "port": lambda label: tuple(_names({label.port, *label.ports})),
    "proc": lambda label: (label.process,),
}
#: A word as short as `in` is in many others.
_ONLY_NAMED: dict[str, Callable[[Label], tuple[str, ...]]] = {
    "dir": lambda label: label.directions or ("unknown",),
}
_EXACT = {"port", "cc", "country", "dir"}
_ALERT = "is:alert"
_CACHED_WORDS = 64


def matches(label: Label, typed: str, hosts: Collection[str] = ()) -> bool:
    """Return whether `label` satisfies every word of `typed`, and one of its entries of a list.

    Args:
        label: of a row.
        typed: the words.
        hosts: the names of the hosts in small letters, if there are several.
    """
    words = typed.lower().split()
    entries = [entry for word in words if (entry := _entry(word)) is not None]
    if entries and not any(_stands_for(entry, label) for entry in entries):
        return False
    return all(_matches_word(label, word, hosts) for word in words if _entry(word) is None)


def _matches_word(label: Label, word: str, hosts: Collection[str]) -> bool:
    if word.startswith("!"):  # alone: more is to be typed
        return word == "!" or not _matches_word(label, word[1:], hosts)
    if word == _ALERT:
        return label.alert
    entry = _entry(word)
    if entry is not None:
        return _stands_for(entry, label)
    name, colon, wanted = word.partition(":")
    if colon and name == "host":
        host = label.host.lower()
        return host == wanted if wanted in hosts else host.startswith(wanted)
    read = _FIELDS.get(name) or _ONLY_NAMED.get(name)
    if colon and read is not None:
        exact = name in _EXACT and wanted
        return any(
            value.lower() == wanted if exact else wanted in value.lower() for value in read(label)
        )
    found = any(word in value.lower() for field in _FIELDS.values() for value in field(label))
    return found or (bool(hosts) and word in label.host.lower())


@lru_cache(_CACHED_WORDS)
def _entry(word: str) -> Entry | None:
    """Return the entry of a list that `word` is, if it is one."""
    try:
        return entry_of(word)
    except ValueError:
        return None


def _stands_for(entry: Entry, label: Label) -> bool:
    match entry:
        case Span(bits, first, last):
            same_sort = len(label.raw) * 8 == bits
            return same_sort and first <= int.from_bytes(label.raw) <= last
        case Asn(number):
            return label.asn == number
        case Country(code):
            return label.country == code


def _names(ports: Iterable[int]) -> Iterator[str]:
    """Yield what ports may be called: their numbers, and the names of services."""
    for port in ports:
        yield str(port)
        yield from services_of(port)
