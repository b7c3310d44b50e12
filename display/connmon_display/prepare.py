"""What is checked before anything starts, so that no mistake is found only at the end."""

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from connmon_display.export.formats import foreign
from connmon_display.export.naming import frequent_file
from connmon_display.export.writing import check_writable, resolved
from connmon_display.filters.list_file import ListFile, Role, look_ups_for, shown
from connmon_display.filters.lists import Lists
from connmon_display.filters.rows import RowFilter
from connmon_display.options import Options
from connmon_display.start_error import StartError
from connmon_display.words.units import size as size_of
from connmon_shared.stage.exits import Exit
from connmon_shared.stage.saying import complain

_LONG = 1_000_000  # bytes of a list: to read them takes a tenth of a second


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the checks yielded."""

    row_filter: RowFilter
    problems: tuple[str, ...]  # sentences: not fatal, but to be told
    recording: Path | None = None  # what is shown, or recorded meanwhile


def prepare(options: Options, program: str, recording: Path | None = None) -> Prepared:
    """Do what `check` does, and read the lists; `program` says so if that takes a while.

    Raises:
        StartError: something is not as it must be.
    """
    check(options, recording)
    lists = Lists(_list(path, role, program) for role, path in _named(options))
    problems = tuple(problem for file in lists.files for problem in file.problems)
    return Prepared(RowFilter(options, lists), problems, recording)


def check(options: Options, recording: Path | None = None) -> None:
    """See whether there is a terminal, and try to write the output.

    Args:
        options: of the view.
        recording: what it is shown from, or what is recorded meanwhile.

    Raises:
        StartError: one of them is not as it must be.
    """
    if sys.stdout is None:
        raise StartError("standard output is closed", Exit.WRITE_ERROR)
    if options.span and not options.headless:
        raise StartError("--for goes with --export", Exit.USAGE)
    if options.scroll and options.headless:
        text = "--export shows nothing: leave --scroll and --json out (or undo them: --no-scroll)"
        raise StartError(text, Exit.USAGE)
    if not (options.scroll or options.headless):
        _check_terminal()
    for option, path in (("--output", options.output), ("--export", options.export)):
        if path is not None:
            _check_name(options, recording, option, path)
            _check_writable(path, f"choose another {option}")
    if options.threshold is not None:
        _check_writable(frequent_file(options.threshold, 0).path, "start in another folder")


def written_over(options: Options, recording: Path | None, option: str, path: Path) -> str:
    """Return a sentence if `path`, given by `option`, is what is read or recorded, else nothing."""
    kept = [(f"the {role}", named) for role, named in _named(options)]
    if recording is not None:
        kept.append(("the recording", recording))
    for what, other in kept:
        if _is_same(other, path) and (path.is_file() or not path.exists()):
            return f"{option} would write over {what} {other}; choose another"
    return ""


def look_ups(options: Options) -> frozenset[str]:
    """Return the look-ups that the lists of `options` need.

    Raises:
        StartError: a list cannot be read.
    """
    found: set[str] = set()
    for role, path in _named(options):
        with _readable(path, role):
            found |= look_ups_for(path)
    return frozenset(found)


def _check_name(options: Options, recording: Path | None, option: str, path: Path) -> None:
    if said := foreign(path, options.format):
        raise StartError(f"{said}, or --format tells what it is", Exit.USAGE)
    if said := written_over(options, recording, option, path):
        raise StartError(said, Exit.USAGE)


def _is_same(one: Path, other: Path) -> bool:
    try:
        return resolved(one) == resolved(other)
    except OSError:  # what is no file cannot be read or written, which is told then
        return False


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


def _named(options: Options) -> Iterator[tuple[Role, Path]]:
    """Yield each list of the command line, and what it is for."""
    for role, paths in (
        (Role.HIDDEN, options.filter_file),
        (Role.ONLY, options.only_file),
        (Role.WATCHED, options.watch_file),
        (Role.BASELINE, options.baseline),
    ):
        for path in paths:
            yield role, path


def _list(path: Path, role: Role, program: str) -> ListFile:
    with _readable(path, role):
        size = path.stat().st_size
        if size >= _LONG:
            complain(program, f"reading the {role} {shown(path)} ({size_of(size)})")
        return ListFile(path, role)


@contextlib.contextmanager
def _readable(path: Path, role: Role) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        text = f"cannot read the {role} {shown(path)}: {error.strerror}"
        raise StartError(text, Exit.USAGE) from error
