"""The filter a user types: words that must all match, `!word` must not, `port:https` by field.

`port:8000-9100` stands for the ports between two and these, `port:8000-` for all from one on.

A word that is an entry of a list (192.0.2.7, 10.0.0.0/8, AS64496) means what it means there: of
several one must stand for the address, and no exception (`!10.1.0.0/16`).

`user:` is a uid or a part of the name, `pid:` a number. Words alone find neither, as they stand
beside no timeline.

`state:` knows what stands beside a timeline, `open`, and the kernel's states of open connections
(`state:close-wait`); the beginning of a word is enough.

All that words are looked for in is one text for each row. Control characters in it, which no
word has, tell fields apart, and stand for what only a word with a field before it finds.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from connmon_display.filters.grammar import Asn, Country, Entry, Span, entry_of
from connmon_display.filters.spans import Gathering
from connmon_display.words.services import services_of
from connmon_display.words.subject import Subject
from connmon_shared.timelines.states import OPEN, State

_CACHED_PORTS = _CACHED_CODES = 1_024


@lru_cache(_CACHED_PORTS)
def _names(port: int, others: tuple[int, ...]) -> str:
    """Return what ports may be called: their numbers, and the names of services."""
    ports = {port, *others}
    names = {name.lower() for port in ports for name in services_of(port)}
    return "\n".join([*map(str, ports), *names])


Test = Callable[[Subject], bool]


class _Field(NamedTuple):
    """What a word is looked for in, also one with no field before it."""

    mark: str  # stands before it
    read: Callable[[Subject], str]  # in small letters, each of several values on a line
    exact: bool = False  # each value stands between two marks; else a part of it is enough


_FIELDS = {
    "ip": _Field("\1", lambda row: row.address),
    "proc": _Field("\2", lambda row: (row.processes or row.process).lower()),
    "port": _Field("\3", lambda row: _names(row.port, row.ports), exact=True),
    "cc": _Field("\4", lambda row: row.country.lower(), exact=True),
    "as": _Field("\5", lambda row: row.organisation.lower()),
    "name": _Field("\6", lambda row: row.name.sure.lower()),
}
#: What the headings and the orders call them.
_OTHER_NAMES = {"country": "cc", "process": "proc", "org": "as", "address": "ip"}
_BY_NAME = _FIELDS | {other: _FIELDS[name] for other, name in _OTHER_NAMES.items()}
_IN_FIELD = r"[^\0-\x09\x0b-\x1f]*"  # all but marks
_NEVER = "(?!)"
_ALERT = "is:alert"
HOST, _STATE, _DIR = "host", "state", "dir"
_USER, PID = "user", "pid"
_TESTED = frozenset({HOST, _USER, PID})  # what no pattern finds, but a look at the row
#: What can stand before a colon.
NAMES = (
    *("port", "proc", "as", "cc", _STATE, _DIR, _USER, PID, "name", "ip", HOST, "is"),
    *_OTHER_NAMES,
)
#: The highest port.
MAX_PORT = 65_535
_PORTS = re.compile(r"([0-9]+)-([0-9]*)")
_CACHED_ENTRIES = 512  # those of a list that was pasted
#: What people call the states beside a timeline.
_MEANINGS = {
    "NEW": ("new", "active", "open"),
    "ACTIVE": ("active", "open"),
    "LISTEN": ("listening",),
    "FAILED": ("failed", "closed"),
    "CLOSED": ("closed",),
}
_DIRECTIONS = ("in", "out", "unknown")
#: All that `state:` can find.
STATES = (
    *("new", "active", "open", "listening", "failed", "closed"),
    *(state.name.lower() for state in sorted(OPEN)),
)


#: What only words with a field before them find, as a character each: one as short as `in` is in
#: many other words.
_STATE_CODES = {
    word: chr(code)
    for code, word in enumerate(
        dict.fromkeys(
            [word for words in _MEANINGS.values() for word in words]
            + [state.name.lower() for state in State]
        ),
        0x0B,
    )
}
_DIR_CODES = {word: chr(code) for code, word in enumerate(_DIRECTIONS, 0x0B + len(_STATE_CODES))}


class Query(NamedTuple):
    """What was typed, in parts: a row is found if all of them hold."""

    wanted: tuple[re.Pattern[str], ...]  # what is somewhere in `searched`
    unwanted: tuple[re.Pattern[str], ...]  # and what is not
    tests: tuple[Test, ...]  # what else is asked of the row

    def finds(self, row: Subject, hosts: Collection[str] = ()) -> bool:
        """Return whether `row` is found."""
        text = searched(row, hosts) if self.wanted or self.unwanted else ""
        return (
            all(pattern.search(text) for pattern in self.wanted)
            and not any(pattern.search(text) for pattern in self.unwanted)
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
        elif (pattern := _pattern(word)) is not None:
            wanted.append(re.compile(pattern))
        elif word[0] == "!" and (pattern := _pattern(word[1:])) is not None:
            unwanted.append(re.compile(pattern))
        elif word != "!":  # alone: more is to be typed
            tests.append(_test_of(word, hosts))
    if entries:
        tests.append(_test_of_entries(entries))
    return Query(tuple(wanted), tuple(unwanted), tuple(tests))


def filter_of(typed: str, hosts: Collection[str] = ()) -> Test:
    """Return what tells of a row whether `typed` finds it; see `query_of`."""
    query = query_of(typed, hosts)
    return lambda row: query.finds(row, hosts)


def searched(row: Subject, hosts: Collection[str] = ()) -> str:
    """Return what patterns are looked for in, in small letters."""
    texts = []
    for mark, read, exact in _FIELDS.values():
        text = mark + read(row)
        texts.append(text.replace("\n", mark) + mark if exact else text)
    state, host = row.state, f"\n{row.host.lower()}" if hosts else ""
    codes = _codes(state, row.states, row.directions)
    return f"{''.join(texts)}{codes}{state.lower()}{host}"


@lru_cache(_CACHED_CODES)
def _codes(state: str, states: tuple[str, ...], directions: tuple[str, ...]) -> str:
    """Return what stands for the state that a row is in, and for what its connections are."""
    words = dict.fromkeys([*_MEANINGS[state], *map(str.lower, states)])
    found = [_STATE_CODES[word] for word in words]
    return "".join([*found, *(_DIR_CODES[way] for way in directions or ("unknown",))])


def _pattern(word: str) -> str | None:
    """Return what a word looks for in the text of a row; None: it asks for something else."""
    if not word or word.startswith("!") or word == _ALERT or _entry(word) is not None:
        return None
    name, colon, value = word.partition(":")
    if not colon or name not in {*_BY_NAME, *_TESTED, _STATE, _DIR}:
        return re.escape(word)
    if name in _TESTED or _ports(word) is not None:
        return None
    if name == _STATE:
        return "|".join(_states(plain(value))) or _NEVER
    if name == _DIR:
        return _DIR_CODES.get(value, _NEVER) if value else ""
    mark, _, exact = _BY_NAME[name]
    return (
        mark + re.escape(value) + mark if exact and value else mark + _IN_FIELD + re.escape(value)
    )


def _states(beginning: str) -> Iterator[str]:
    """Yield what stands for each state of which the word has that beginning."""
    return (code for word, code in _STATE_CODES.items() if plain(word).startswith(beginning))


def _test_of(word: str, hosts: Collection[str]) -> Test:
    if word.startswith("!"):
        test = filter_of(word[1:], hosts)
        return lambda row: not test(row)
    if word == _ALERT:
        return lambda row: row.alert
    if (ports := _ports(word)) is not None:
        return lambda row: any(port in ports for port in (row.port, *row.ports))
    name, _, wanted = word.partition(":")
    if name == HOST:
        return _test_of_host(wanted, hosts)
    if name == _USER and not wanted.isdecimal():
        return lambda row: not wanted or any(wanted in user.lower() for user in row.users)
    return lambda row: not wanted or wanted in (row.users if name == _USER else map(str, row.pids))


def _test_of_host(wanted: str, hosts: Collection[str]) -> Test:
    if wanted in hosts:
        return lambda row: row.host.lower() == wanted
    return lambda row: row.host.lower().startswith(wanted)


def _ports(word: str) -> range | None:
    """Return the ports that `port:8000-9100` stands for; None: the word is another."""
    name, _, value = word.partition(":")
    return ports_of(value) if name == "port" else None


def ports_of(value: str) -> range | None:
    """Return the ports between two, as `8000-9100`; None: it is something else."""
    found = _PORTS.fullmatch(value)
    if found is None:
        return None
    first, last = sorted((int(found[1]), int(found[2] or MAX_PORT)))
    return range(first, last + 1)


def plain(word: str) -> str:
    """Return a state as it is compared: `close-wait`, `CLOSE_WAIT` and `closewait` are one."""
    return word.lower().replace("-", "").replace("_", "")


@lru_cache(_CACHED_ENTRIES)
def _entry(word: str) -> Entry | None:
    """Return the entry of a list that `word` is, if it is one."""
    try:
        return entry_of(word)
    except ValueError:
        return None


def _test_of_entries(entries: Sequence[Entry]) -> Test:
    """Return what tells whether one of `entries` stands for a row; they may be hundreds."""
    asns = {entry.number for entry in entries if isinstance(entry, Asn)}
    countries = {entry.code for entry in entries if isinstance(entry, Country)}
    gathered = {4: Gathering(32), 16: Gathering(128)}  # by the bytes of an address
    for entry in entries:
        if isinstance(entry, Span):
            gathered[entry.bits // 8].add(entry.first, entry.last, 0)
    spans = {size: gathering.spans() for size, gathering in gathered.items()}

    def stands_for(row: Subject) -> bool:
        near = spans.get(len(row.raw))
        if near is not None and near.find(int.from_bytes(row.raw)) >= 0:
            return True
        return row.asn in asns or row.country in countries

    return stands_for
