"""What is checked before anything starts, so that no mistake is found only at the end."""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from connmon_display.export.frequent import file_name
from connmon_display.export.writing import check_writable
from connmon_display.filters.address_list import AddressList, read_list
from connmon_display.filters.rows import RowFilter
from connmon_display.options import Options
from connmon_shared.stage.exits import Exit


class StartError(Exception):
    """The program cannot start; the text says what to do."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the checks yielded."""

    row_filter: RowFilter
    problems: tuple[str, ...]  # sentences: not fatal, but to be told


def prepare(options: Options) -> Prepared:
    """See whether there is a terminal, read the filter file, try to write the output.

    Raises:
        StartError: one of them is not as it must be.
    """
    if sys.stdout is None:
        raise StartError("standard output is closed", Exit.WRITE_ERROR)
    if not options.scroll:
        _check_terminal()
    if options.output is not None:
        _check_writable(options.output, "choose another --output")
    if options.threshold is not None:
        _check_writable(Path(file_name(options.threshold, 0)), "start in another folder")
    hidden = _hidden(options)
    problems = tuple(hidden.problems) if hidden is not None else ()
    return Prepared(RowFilter(options, hidden), problems)


def complain(program: str, sentence: object) -> None:
    """Tell the user `sentence` on standard error."""
    try:
        print(f"{program}: {sentence}", file=sys.stderr, flush=True)  # noqa: T201
    except OSError:
        _silence(sys.stderr)


def say(program: str, lines: Iterable[str]) -> int:
    """Write `lines` to standard output, and return the exit code that tells whether that worked."""
    try:
        print(*lines, sep="\n", flush=True)  # noqa: T201
    except OSError as error:
        _silence(sys.stdout)
        complain(program, f"cannot write to standard output: {error.strerror}")
        return Exit.WRITE_ERROR
    return Exit.OK


def _silence(stream: TextIO) -> None:
    """Nobody listens any more: what is left unsaid must not fail again at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _check_writable(path: Path, remedy: str) -> None:
    try:
        check_writable(path)
    except OSError as error:
        text = f"cannot write {path}: {error.strerror}; {remedy}"
        raise StartError(text, Exit.WRITE_ERROR) from error


if sys.platform == "win32":

    def _check_terminal() -> None:
        raise StartError("the refresh view needs a Unix terminal; use --scroll", Exit.USAGE)

else:

    def _check_terminal() -> None:
        if sys.stdin is None or not (sys.stdin.isatty() and sys.stdout.isatty()):
            text = "the refresh view needs a terminal; use --scroll to write lines"
            raise StartError(text, Exit.USAGE)
        if os.environ.get("TERM", "dumb") == "dumb":
            text = "this terminal cannot move its cursor (TERM=dumb); use --scroll"
            raise StartError(text, Exit.USAGE)


def _hidden(options: Options) -> AddressList | None:
    if options.filter_file is None:
        return None
    try:
        return read_list(options.filter_file)
    except OSError as error:
        raise StartError(
            f"cannot read the filter file {options.filter_file}: {error.strerror}", Exit.USAGE
        ) from error
