"""`connmon geo lookup`: country and network of addresses, for people and for scripts."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from connmon_enricher.geo.commands.cli import PROGRAM
from connmon_enricher.geo.commands.tables import Tables, open_tables
from connmon_enricher.geo.kinds import Asn
from connmon_shared.endpoints import Scope, parse, scope_of, text_of
from connmon_shared.stage.exits import Exit
from connmon_shared.stage.saying import complain, say, tolerate
from connmon_shared.text import clean

_STANDARD_INPUT = "-"
_UNKNOWN = "-"  # a column without a value
_ADDRESS_WIDTH = 15  # characters: IPv4


class Place(NamedTuple):
    """What is known of an address."""

    address: str
    scope: Scope  # only a global one is looked up
    country: str | None
    asn: Asn | None

    def line(self) -> str:
        """Return it for people."""
        address = f"{self.address:{_ADDRESS_WIDTH}}"
        if self.scope is not Scope.GLOBAL:
            return f"{address}  {self.scope.value}"
        network = "AS{} {}".format(*self.asn) if self.asn else _UNKNOWN
        return f"{address}  {self.country or _UNKNOWN:2}  {network}"

    def object(self) -> str:
        """Return it for programs."""
        number, organisation = self.asn or (None, None)
        return json.dumps(
            {
                "address": self.address,
                "scope": self.scope.value,
                "country": self.country,
                "asn": number,
                "organisation": organisation,
            }
        )


def run(args: argparse.Namespace) -> int:
    """Look up what `args` name, and return the exit code."""
    tables = open_tables(args.geo_path)
    shelves = tables.countries, tables.asns
    problems = [shelf.problem for shelf in shelves if shelf.problem]
    empty = all(shelf.table is None for shelf in shelves)
    code = Exit.OK
    for text in _texts(args.addresses):
        try:
            place = _place(text, tables)
        except ValueError:
            complain(PROGRAM, f"'{clean(text, 50)}' is no address")
            code = Exit.USAGE
            continue
        if place.scope is Scope.GLOBAL:  # others need no table
            while problems:
                complain(PROGRAM, problems.pop(0))
            if empty:
                code = code or Exit.UNAVAILABLE  # a mistake of the user counts more
                continue
        if failed := say(PROGRAM, [place.object() if args.json else place.line()]):
            return failed
    return code


def _texts(arguments: Iterable[str]) -> Iterator[str]:
    for argument in arguments:
        if argument == _STANDARD_INPUT:
            tolerate(sys.stdin)
            yield from filter(None, map(str.strip, sys.stdin))
        else:
            yield argument


def _place(text: str, tables: Tables) -> Place:
    address = parse(text)
    scope = scope_of(address)
    if scope is not Scope.GLOBAL:
        return Place(clean(text), scope, None, None)
    return Place(text_of(address), scope, tables.country(address), tables.asn(address))
