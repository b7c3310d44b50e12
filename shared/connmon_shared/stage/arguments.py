"""What the command lines of all stages have in common."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from connmon_shared import ATTRIBUTION, __version__
from connmon_shared.access.allowed import server_key
from connmon_shared.access.remote import TcpEndpoint, tcp_endpoint
from connmon_shared.access.trust import TrustError
from connmon_shared.sockets import EndpointError
from connmon_shared.stage.parser import Parser
from connmon_shared.stage.runtime import default_directory
from connmon_shared.stage.saying import say
from connmon_shared.text import clean

TCP = "tcp://HOST:PORT"
MAX_DNS_BUDGET = 1_000  # queries; each has a place in the tables of whoever forwards it


def add_runtime_directory(parser: argparse.ArgumentParser) -> None:
    """Add the option that says which of several pipelines it is about."""
    parser.add_argument(
        "--runtime-dir",
        type=Path,
        default=default_directory(),
        metavar="DIR",
        help="where the stages meet (default: %(default)s)",
    )


def add_common_options(parser: Parser) -> None:
    """Add what every stage has."""
    add_runtime_directory(parser)
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="put into the log what helps to find a fault"
    )
    add_version(parser)
    parser.add_config()


def add_version(parser: argparse.ArgumentParser) -> None:
    """Add what every program and command tells of itself."""
    parser.add_argument(
        "--version", action=_Version, nargs=0, help="print version, license and sources"
    )


def add_server_key(parser: argparse.ArgumentParser) -> None:
    """Add the option that says whom we expect on another host."""
    parser.add_argument(
        "--server-key",
        type=_server_key,
        metavar="KEY",
        help="the key of the other host, or a file with it (connmon keys show prints it there)",
    )


def tcp(text: str) -> TcpEndpoint:
    """Return the endpoint that `text` names, for an option's `type`."""
    try:
        return tcp_endpoint(text)
    except EndpointError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def add_name_options(add: Callable[..., argparse.Action]) -> None:
    """Add the options of the names, with `add_argument` of a parser or of a group."""
    add("--resolve-names", action="store_true", help="ask DNS for the names of the addresses (PTR)")
    add("--confirm-names", action="store_true", help="ask whether each leads back, seen or not")
    add("--dns-server", metavar="ADDRESS[:PORT]", help="ask this server for public names")
    add(
        "--dns-budget",
        type=_budget,
        metavar="N",
        help="queries under way or, for 10 s, without an answer (default: 48)",
    )
    add(
        "--dns-cache",
        type=Path,
        metavar="FILE",
        help="keep names in FILE for the next start (it tells whom you talked to)",
    )


def add_lifeline(parser: argparse.ArgumentParser) -> None:
    """Add the hidden option with which `connmon` ties a stage's life to its own."""
    _add_descriptor(parser, "--lifeline")


def add_log_descriptor(parser: argparse.ArgumentParser) -> None:
    """Add the hidden option with which `connmon` takes the log of who has the terminal."""
    _add_descriptor(parser, "--log-fd")


def _add_descriptor(parser: argparse.ArgumentParser, name: str) -> None:
    parser.add_argument(name, type=_descriptor, metavar="FD", help=argparse.SUPPRESS)


class _Version(argparse.Action):
    """Prints its lines as they are: argparse's own wraps them as one paragraph."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        lines = (f"connmon {__version__}, MIT License", f"Countries and networks: {ATTRIBUTION}")
        parser.exit(say(parser.prog, lines))


def _server_key(text: str) -> str:
    try:
        return server_key(text)
    except TrustError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _budget(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if not 1 <= number <= MAX_DNS_BUDGET:
        raise argparse.ArgumentTypeError(
            f"{clean(text, 20)!r} is no number from 1 to {MAX_DNS_BUDGET}"
        )
    return number


def _descriptor(text: str) -> int:
    try:
        number = int(text)
        os.fstat(number)
    except (ValueError, OSError, OverflowError):
        raise argparse.ArgumentTypeError(f"{clean(text, 20)!r} is no open descriptor") from None
    return number
