"""The filter a user types: words that must all match, `!word` must not, `port:https` by field.

A word that is an entry of a list (192.0.2.7, 10.0.0.0/8, AS64496) means what it means there: of
several one must stand for the address, and no exception (`!10.1.0.0/16`).

`state:` knows what stands beside a timeline, `open`, and the kernel's states of open connections
(`state:close-wait`); the beginning of a word is enough.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache

from connmon_display.filters.grammar import Asn, Country, Entry, Span, entry_of
from connmon_display.words.labels import Label
from connmon_display.words.services import services_of
from connmon_shared.timelines.states import OPEN

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
HOST = "host"
#: What can stand before a colon.
NAMES = ("port", "proc", "as", "cc", "state", "dir", "name", "ip", HOST, "is", "country")
_CACHED_WORDS = 64
#: What else people call the states beside a timeline.
_MEANINGS = {
    "NEW": ("active", "open"),
    "ACTIVE": ("open",),
    "LISTEN": ("listening",),
    "FAILED": ("closed",),
}
#: All that `state:` can find.
STATES = (
    *("new", "active", "open", "listening", "failed", "closed"),
    *(state.name.lower() for state in sorted(OPEN)),
)


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
    if colon and (name in _FIELDS or name in _ONLY_NAMED or name == HOST):
        return _matches_field(label, name, wanted, hosts)
    found = any(word in value.lower() for field in _FIELDS.values() for value in field(label))
    return found or (bool(hosts) and word in label.host.lower())


def _matches_field(label: Label, name: str, wanted: str, hosts: Collection[str]) -> bool:
    if name == HOST:
        host = label.host.lower()
        return host == wanted if wanted in hosts else host.startswith(wanted)
    if name == "state":
        return any(state.startswith(plain(wanted)) for state in states_of(label))
    values = (_FIELDS.get(name) or _ONLY_NAMED[name])(label)
    exact = name in _EXACT and wanted
    return any(value.lower() == wanted if exact else wanted in value.lower() for value in values)


def plain(word: str) -> str:
    """Return a state as it is compared: `close-wait`, `CLOSE_WAIT` and `closewait` are one."""
    return word.lower().replace("-", "").replace("_", "")


def states_of(label: Label) -> set[str]:
    """Return all words for the state that a row is in."""
    words = {*_MEANINGS.get(label.state, ()), label.state, *label.states}
    return {plain(word) for word in words}


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
