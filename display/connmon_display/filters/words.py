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
HOST, _STATE = "host", "state"
#: What can stand before a colon.
NAMES = ("port", "proc", "as", "cc", _STATE, "dir", "name", "ip", HOST, "is", "country")
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


class Query(NamedTuple):
    """What was typed, in parts: a row is found if all of them hold."""

    wanted: tuple[str, ...]  # words that are somewhere in `searched`
    unwanted: tuple[str, ...]  # and those that are not
    tests: tuple[Test, ...]  # what else is asked of the row

    def finds(self, row: Described, hosts: Collection[str] = ()) -> bool:
        """Return whether `row` is found."""
        text = searched(row, hosts) if self.wanted or self.unwanted else ""
        return (
            all(word in text for word in self.wanted)
            and not any(word in text for word in self.unwanted)
            and all(test(row) for test in self.tests)
        )


def query_of(typed: str, hosts: Collection[str] = ()) -> Query:
    """Return what `typed` asks for: every word must fit, and one of its list entries.

    Args:
        typed: the words.
        hosts: the names of the hosts in small letters, if there are several.
    """
    wanted, unwanted, entries, tests = [], [], [], []
    for word in typed.lower().split():
        entry = _entry(word)
        if entry is not None:
            entries.append(entry)
        elif _is_looked_for(word):
            wanted.append(word)
        elif word[0] == "!" and _is_looked_for(word[1:]):
            unwanted.append(word[1:])
        elif word != "!":  # alone: more is to be typed
            tests.append(_test_of(word, hosts))
    if entries:
        tests.append(lambda row: any(_stands_for(entry, row) for entry in entries))
    return Query(tuple(wanted), tuple(unwanted), tuple(tests))


def filter_of(typed: str, hosts: Collection[str] = ()) -> Test:
    """Return what tells of a row whether `typed` finds it; see `query_of`."""
    query = query_of(typed, hosts)
    return lambda row: query.finds(row, hosts)


def searched(row: Described, hosts: Collection[str] = ()) -> str:
    """Return what a word with no field before it is looked for in, in small letters."""
    fields = [field.read(row) for field in _FIELDS.values() if field.alone]
    return "\n".join([*fields, row.state.lower(), *((row.host.lower(),) if hosts else ())])


def _is_looked_for(word: str) -> bool:
    """Return whether a word is simply looked for, and asks for nothing else."""
    if not word or word.startswith("!") or word == _ALERT or _entry(word) is not None:
        return False
    name, colon, _ = word.partition(":")
    return not (colon and (name in _FIELDS or name in {HOST, _STATE}))


def _test_of(word: str, hosts: Collection[str]) -> Test:
    if word.startswith("!"):
        test = filter_of(word[1:], hosts)
        return lambda row: not test(row)
    if word == _ALERT:
        return lambda row: row.alert
    name, _, wanted = word.partition(":")
    return _test_of_field(name, wanted, hosts)


def _test_of_field(name: str, wanted: str, hosts: Collection[str]) -> Test:
    if name == HOST and wanted in hosts:
        return lambda row: row.host.lower() == wanted
    if name == HOST:
        return lambda row: row.host.lower().startswith(wanted)
    if name == _STATE:
        state = plain(wanted)
        return lambda row: _is_called(state, row.state, row.states)
    read, exact, _ = _FIELDS[name]
    if exact and wanted:
        return lambda row: wanted in read(row).split("\n")
    return lambda row: wanted in read(row)


def plain(word: str) -> str:
    """Return a state as it is compared: `close-wait`, `CLOSE_WAIT` and `closewait` are one."""
    return word.lower().replace("-", "").replace("_", "")


@lru_cache(_CACHED_WORDS)
def _is_called(wanted: str, state: str, states: tuple[str, ...]) -> bool:
    """Return whether a word for the state that a row is in begins with `wanted`."""
    words = (*_MEANINGS[state], state, *states)
    return any(plain(word).startswith(wanted) for word in words)


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
