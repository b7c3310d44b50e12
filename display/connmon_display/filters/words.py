"""The filter a user types: words that must all match, `!word` must not, `port:https` by field.

A word that is an entry of a list (192.0.2.7, 10.0.0.0/8, AS64496) means what it means there: of
several one must stand for the address, and no exception (`!10.1.0.0/16`).

`state:` knows what stands beside a timeline, `open`, and the kernel's states of open connections
(`state:close-wait`); the beginning of a word is enough.
"""

from collections.abc import Callable, Collection
from functools import lru_cache
from typing import NamedTuple

from connmon_display.filters.grammar import Asn, Country, Entry, Span, entry_of
from connmon_display.words.labels import Label, Subject
from connmon_display.words.services import services_of
from connmon_shared.timelines.states import OPEN

_CACHED_PORTS = 1_024


@lru_cache(_CACHED_PORTS)
def _names(port: int, others: tuple[int, ...]) -> str:
    """Return what ports may be called: their numbers, and the names of services."""
    ports = {port, *others}
    names = {name.lower() for port in ports for name in services_of(port)}
    return "\n".join([*map(str, ports), *names])


Described = Label | Subject
Test = Callable[[Described], bool]


class _Field(NamedTuple):
    """What a word is looked for in."""

    read: Callable[[Described], str]  # in small letters, each of several values on a line
    exact: bool = False  # else a part of it is enough
    alone: bool = True  # whether a word with no field before it is looked for here, too


_COUNTRY = _Field(lambda row: row.country.lower(), exact=True)
_FIELDS = {
    "ip": _Field(lambda row: row.address),
    "proc": _Field(lambda row: (row.processes or row.process).lower()),
    "port": _Field(lambda row: _names(row.port, row.ports), exact=True),
    "cc": _COUNTRY,
    "as": _Field(lambda row: row.organisation.lower()),
    "name": _Field(lambda row: row.name.sure.lower()),
    "country": _COUNTRY._replace(alone=False),
    #: A word as short as `in` is in many others.
    "dir": _Field(lambda row: "\n".join(row.directions) or "unknown", exact=True, alone=False),
}
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
    "CLOSED": (),
}
#: All that `state:` can find.
STATES = (
    *("new", "active", "open", "listening", "failed", "closed"),
    *(state.name.lower() for state in sorted(OPEN)),
)


def filter_of(typed: str, hosts: Collection[str] = ()) -> Test:
    """Return what tells of a row whether every word of `typed` fits, and one of its list entries.

    Args:
        typed: the words.
        hosts: the names of the hosts in small letters, if there are several.
    """
    words = typed.lower().split()
    entries = [entry for word in words if (entry := _entry(word)) is not None]
    tests = [_test_of(word, hosts) for word in words if _entry(word) is None]
    if entries:
        tests.append(lambda row: any(_stands_for(entry, row) for entry in entries))
    return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)


def narrows(before: str, typed: str) -> bool:
    """Return whether `typed` is `before` and more, and so finds nothing that `before` does not."""
    old, new = before.lower().split(), typed.lower().split()
    if not old or len(new) < len(old):
        return False
    *same, last = old
    longer = new[len(same) :]
    same_so_far = new[: len(same)] == same and longer[0].startswith(last)
    return same_so_far and all(map(_is_looked_for, [last, *longer]))


def tells_age(typed: str) -> bool:
    """Return whether time alone may let a row be found by `typed`: what was NEW becomes ACTIVE."""
    return any(word in "active" for word in typed.lower().split())


def _is_looked_for(word: str) -> bool:
    """Return whether a word is simply looked for, so that a longer one is found less often."""
    return not word.startswith("!") and ":" not in word and _entry(word) is None


def _test_of(word: str, hosts: Collection[str]) -> Test:
    if word == "!":  # alone: more is to be typed
        return lambda _: True
    if word.startswith("!"):
        test = _test_of(word[1:], hosts)
        return lambda row: not test(row)
    if word == _ALERT:
        return lambda row: row.alert
    entry = _entry(word)
    if entry is not None:
        return lambda row: _stands_for(entry, row)
    name, colon, wanted = word.partition(":")
    test_of_field = _test_of_field(name, wanted, hosts) if colon else None
    return test_of_field or _test_of_all(word, hosts)


def _test_of_field(name: str, wanted: str, hosts: Collection[str]) -> Test | None:
    if name == HOST and wanted in hosts:
        return lambda row: row.host.lower() == wanted
    if name == HOST:
        return lambda row: row.host.lower().startswith(wanted)
    if name == "state":
        state = plain(wanted)
        return lambda row: any(each.startswith(state) for each in states_of(row))
    if name not in _FIELDS:
        return None
    read, exact, _ = _FIELDS[name]
    if exact and wanted:
        return lambda row: wanted in read(row).split("\n")
    return lambda row: wanted in read(row)


def _test_of_all(word: str, hosts: Collection[str]) -> Test:
    fields = [field.read for field in _FIELDS.values() if field.alone]
    states = [state for state in _MEANINGS if word in state.lower()]
    in_host = bool(hosts)

    def test(row: Described) -> bool:
        for read in fields:
            if word in read(row):
                return True
        if states and row.state in states:  # that of most words is not asked for
            return True
        return in_host and word in row.host.lower()

    return test


def plain(word: str) -> str:
    """Return a state as it is compared: `close-wait`, `CLOSE_WAIT` and `closewait` are one."""
    return word.lower().replace("-", "").replace("_", "")


def states_of(row: Described) -> set[str]:
    """Return all words for the state that a row is in."""
    words = {*_MEANINGS[row.state], row.state, *row.states}
    return {plain(word) for word in words}


@lru_cache(_CACHED_WORDS)
def _entry(word: str) -> Entry | None:
    """Return the entry of a list that `word` is, if it is one."""
    try:
        return entry_of(word)
    except ValueError:
        return None


def _stands_for(entry: Entry, row: Described) -> bool:
    match entry:
        case Span(bits, first, last):
            same_sort = len(row.raw) * 8 == bits
            return same_sort and first <= int.from_bytes(row.raw) <= last
        case Asn(number):
            return row.asn == number
        case Country(code):
            return row.country == code
