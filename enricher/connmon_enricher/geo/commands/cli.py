"""`connmon geo`: arguments in, exit code out."""

import argparse
import importlib
from collections.abc import Callable
from pathlib import Path

from connmon_enricher.geo.kinds import Kind
from connmon_shared import ATTRIBUTION
from connmon_shared.stage.arguments import add_version
from connmon_shared.stage.parser import Parser

PROGRAM = "connmon geo"
BASE_URL = "https://download.db-ip.com/free"


def main(arguments: list[str]) -> int:
    """Do what `arguments` say and return the exit code."""
    args = parser().parse_args(arguments)
    # Only then: to look an address up, nothing of HTTP is needed.
    module = importlib.import_module(f"connmon_enricher.geo.commands.{args.command}")
    run: Callable[[argparse.Namespace], int] = module.run
    return run(args)


def parser() -> Parser:
    """Return the command line's description."""
    p = Parser(
        prog=PROGRAM,
        description="Files that tell the country and the network of an address, offline.",
        epilog=f"Files from db-ip.com: {ATTRIBUTION}.",
    )
    add_version(p)
    add = p.add_subparsers(
        required=True, metavar="COMMAND", title="commands", dest="command"
    ).add_parser
    _add_update(add("update", help="download the newest files from db-ip.com"))
    _add_status(add("status", help="tell which files are used, how old and how good they are"))
    _add_lookup(add("lookup", help="tell country and network of addresses"))
    return p


def _add_update(p: Parser) -> None:
    p.epilog = (
        "The file of this month is taken, or that of the last one; an interrupted download goes on"
        " where it ended, and only a whole file takes the place of another. Exit codes: 0 all"
        " files are the newest, 69 they cannot be had, 74 they cannot be written."
    )
    kinds = ", ".join(Kind)
    p.add_argument(
        "kinds",
        nargs="*",
        type=Kind,
        metavar="TABLE",
        help=f"which: {kinds} (default: all)",
    )
    home = "$XDG_DATA_HOME/connmon/geo, else ~/.local/share/connmon/geo"
    p.add_argument("--to", type=Path, metavar="DIR", help=f"where to put them (default: {home})")
    p.add_argument(
        "--base-url", default=BASE_URL, metavar="URL", help="where they are (default: %(default)s)"
    )
    p.add_config()


def _add_status(p: Parser) -> None:
    p.epilog = "Exit codes: 0 all is well, 1 a file is missing or has bad rows."
    _add_place(p)
    p.add_argument("--json", action="store_true", help="one JSON object")
    p.add_config()


def _add_lookup(p: Parser) -> None:
    p.epilog = "Exit codes: 0 done, 2 an argument is no address, 69 there are no files to look in."
    p.add_argument("addresses", nargs="+", metavar="ADDRESS", help="what to look up; - reads lines")
    _add_place(p)
    p.add_argument("--json", action="store_true", help="one JSON object a line")
    p.add_config()


def _add_place(p: Parser) -> None:
    p.add_argument("--geo-path", type=Path, metavar="PATH", help="a file, or the folder with both")
