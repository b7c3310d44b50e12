"""A list of addresses from a file: which entry of it lists an address, if any."""

import codecs
import io
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from connmon_display.filters.grammar import (
    Asn,
    Country,
    Entry,
    Span,
    entry_of,
    span_of,
    without_comment,
)
from connmon_display.filters.spans import Gathering
from connmon_shared.messages import Fact
from connmon_shared.text import clean

_SHOWN_PROBLEMS = 5
_SHOWN_TEXT = 60  # characters


class Hit(NamedTuple):
    """The entry that lists an address."""

    entry: Entry
    line: int


class _Rules:
    """The entries of one sort: those that list, or the exceptions."""

    def __init__(self) -> None:
        self._gathering = {4: Gathering(32), 16: Gathering(128)}  # by the bytes of an address
        self.asns: dict[int, int] = {}  # the lines, by number
        self.countries: dict[str, int] = {}  # the lines, by code

    def add(self, text: str, line: int) -> None:
        """Take an entry.

        Raises:
            ValueError: it is none.
        """
        try:
            bits, first, last = span_of(text)
        except ValueError:
            self._add_named(entry_of(text), line)
        else:
            self._gathering[bits // 8].add(first, last, line)

    def _add_named(self, entry: Entry, line: int) -> None:
        match entry:
            case Asn(number):
                self.asns.setdefault(number, line)
            case Country(code):
                self.countries.setdefault(code, line)

    def finish(self) -> None:
        """Take no more, and be ready to be asked."""
        self._spans = {size: found.spans() for size, found in self._gathering.items()}
        named = {"country": self.countries, "asn": self.asns}
        self.needs = frozenset(feature for feature, entries in named.items() if entries)

    def __len__(self) -> int:
        spans = sum(len(spans) for spans in self._spans.values())
        return spans + len(self.asns) + len(self.countries)

    def hold(self, address: bytes, fact: Fact | None) -> bool:
        """Return whether an entry stands for `address`."""
        if self._spans[len(address)].find(int.from_bytes(address)) >= 0:
            return True
        return fact is not None and (fact.asn in self.asns or fact.country in self.countries)

    def find(self, address: bytes, fact: Fact | None) -> Hit | None:
        """Return the most exact entry for `address`: an address before an AS before a country."""
        spans = self._spans[len(address)]
        place = spans.find(int.from_bytes(address))
        if place >= 0:
            return Hit(Span(spans.bits, *spans.span(place)), spans.line(place))
        if fact is not None and fact.asn in self.asns:
            return Hit(Asn(fact.asn), self.asns[fact.asn])
        if fact is not None and fact.country in self.countries:
            return Hit(Country(fact.country), self.countries[fact.country])
        return None


class AddressList:
    """The addresses that a file lists.

    An address is listed if an entry stands for it and no exception does, whatever their kinds
    and order.

    Attributes:
        problems: sentences, one for each of the first bad lines, and one for all if they are more.
        bad: how many lines are bad.
        needs: the look-ups that it takes to tell whether an address is listed: country, asn.
        doubts: those of them that may show that an address is an exception.
    """

    def __init__(self, lines: Iterable[str], name: str = "filter") -> None:
        self._listed, self._excepted = _Rules(), _Rules()
        self.problems: list[str] = []
        self.bad = 0
        for number, line in enumerate(lines, start=1):
            text = without_comment(line)
            if not text:
                continue
            excepted = text[0] == "!"
            rules = self._excepted if excepted else self._listed
            try:
                rules.add(text[1:].lstrip() if excepted else text, number)
            except ValueError:
                self._complain(f"{name}, line {number}: {_quoted(text)} is no {_KINDS}")
        for rules in (self._listed, self._excepted):
            rules.finish()
        if self.bad > _SHOWN_PROBLEMS:
            rest = "the good ones are used" if len(self) else "none is good: it lists nothing"
            self.problems.append(f"{name}: {self.bad} bad lines in all; {rest}")
        self.doubts = self._excepted.needs
        self.needs = self._listed.needs | self.doubts

    def __len__(self) -> int:
        return len(self._listed) + len(self._excepted)

    def __contains__(self, address: bytes) -> bool:
        return self.lists(address)

    def lists(self, address: bytes, fact: Fact | None = None) -> bool:
        """Return whether `address` is listed, by what is known of it; a wildcard never is.

        Args:
            address: raw network bytes.
            fact: its country and AS number; None: not known.
        """
        if not address or not self._listed.hold(address, fact):
            return False
        return not self._excepted.hold(address, fact)

    def find(self, address: bytes, fact: Fact | None = None) -> Hit | None:
        """Return the entry that lists `address`, if it is listed."""
        return self._listed.find(address, fact) if self.lists(address, fact) else None

    def named(self, feature: str) -> Hit:
        """Return the first entry that needs the look-up `feature`."""
        found: list[Hit] = []
        for rules in (self._listed, self._excepted):
            if feature == "asn":
                found += (Hit(Asn(number), line) for number, line in rules.asns.items())
            else:
                found += (Hit(Country(code), line) for code, line in rules.countries.items())
        return min(found, key=lambda hit: hit.line)

    def _complain(self, problem: str) -> None:
        self.bad += 1
        if self.bad <= _SHOWN_PROBLEMS:
            self.problems.append(problem)


def read_list(path: Path) -> AddressList:
    """Return the list in `path`.

    Raises:
        OSError: it cannot be read.
    """
    lines = io.BytesIO(text_in(path))
    return AddressList((line.decode("utf-8", "replace") for line in lines), clean(str(path)))


def text_in(path: Path) -> bytes:
    """Return what `path` says, without the mark that editors of some systems put before it.

    Raises:
        OSError: it cannot be read.
    """
    # At once: who reads a file bit by bit lets go of Python's lock so often, and each time for so
    # short, that another thread (the view's, if this is not it) may wait for a second.
    return path.read_bytes().removeprefix(codecs.BOM_UTF8)


_KINDS = "address, network, range, AS number or country"


def _quoted(text: str) -> str:
    return repr(clean(text, _SHOWN_TEXT))
