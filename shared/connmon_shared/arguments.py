"""What the command lines of all stages have in common."""

import argparse
import os
from pathlib import Path
from typing import NoReturn

from connmon_shared import __version__
from connmon_shared.exits import Exit
from connmon_shared.runtime import default_directory
from connmon_shared.text import clean


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are one line."""

    def error(self, message: str) -> NoReturn:
        """Print `message` and where help is, and exit with 2."""
        self.exit(Exit.USAGE, f"{self.prog}: {message} (see {self.prog} --help)\n")


def add_common_options(parser: argparse.ArgumentParser, about: str = "") -> None:
    """Add what every stage has; `about` is what --version says besides the version."""
    parser.add_argument(
        "--runtime-dir",
        type=Path,
        default=default_directory(),
        metavar="DIR",
        help="where the stages meet (default: %(default)s)",
    )
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="put into the log what helps to find a fault"
    )
    version = f"connmon {__version__}\n{about}".rstrip()
    parser.add_argument("--version", action="version", version=version)


def add_lifeline(parser: argparse.ArgumentParser) -> None:
    """Add the hidden option with which `connmon` ties a stage's life to its own."""
    _add_descriptor(parser, "--lifeline")


def add_log_descriptor(parser: argparse.ArgumentParser) -> None:
    """Add the hidden option with which `connmon` takes the log of who has the terminal."""
    _add_descriptor(parser, "--log-fd")


def _add_descriptor(parser: argparse.ArgumentParser, name: str) -> None:
    parser.add_argument(name, type=_descriptor, metavar="FD", help=argparse.SUPPRESS)


def _descriptor(text: str) -> int:
    try:
        number = int(text)
        os.fstat(number)
    except (ValueError, OSError, OverflowError):
        raise argparse.ArgumentTypeError(f"{clean(text, 20)!r} is no open descriptor") from None
    return number
