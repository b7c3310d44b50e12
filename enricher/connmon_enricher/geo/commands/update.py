"""`connmon geo update`: the newest files from db-ip.com, each whole or not at all."""

import argparse
import contextlib
import os
import re
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from connmon_enricher.geo.commands.cli import PROGRAM
from connmon_enricher.geo.compiler import Compiler
from connmon_enricher.geo.download import DownloadError, MissingError, download
from connmon_enricher.geo.files import places
from connmon_enricher.geo.kinds import Kind
from connmon_enricher.geo.shelf import CompileError
from connmon_enricher.geo.store import TableStore, default_directory, source_of
from connmon_shared import ATTRIBUTION
from connmon_shared.stage.exits import Exit
from connmon_shared.stage.progress import Progress
from connmon_shared.stage.saying import complain, say
from connmon_shared.text import clean

_PART = ".part"  # behind the name of what is not whole, or not looked at yet
_DECEMBER = 12


def run(args: argparse.Namespace) -> int:
    """Fetch what `args` name, and return the exit code."""
    directory = (args.to or places(None, os.environ, Path.home())[0]).absolute()
    compiler = Compiler(TableStore(default_directory()))
    try:
        return _fetch_all(args, directory, Update(args.base_url.rstrip("/"), directory, compiler))
    finally:
        compiler.stop()  # what Ctrl-C has interrupted


def _fetch_all(args: argparse.Namespace, directory: Path, update: "Update") -> int:
    code = Exit.OK
    for kind in dict.fromkeys(args.kinds or Kind):
        try:
            if failed := say(PROGRAM, update.fetch(kind, months(time.time()))):
                return failed
        except DownloadError as error:
            complain(PROGRAM, clean(str(error), 500))
            code = code or Exit.UNAVAILABLE
        except OSError as error:
            complain(PROGRAM, f"cannot write {error.filename or directory}: {error.strerror}")
            return Exit.WRITE_ERROR
    return say(PROGRAM, [ATTRIBUTION]) or code


def months(now: float) -> tuple[str, str]:
    """Return this month and the last one as file names have them; `now` in seconds since 1970."""
    year, month = time.gmtime(now)[:2]
    last = f"{year - 1}-{_DECEMBER}" if month == 1 else f"{year}-{month - 1:02}"
    return f"{year}-{month:02}", last


class Update:
    """Fetches files into a folder.

    Args:
        base_url: where they are.
        directory: where they are to be.
        compiler: compiles each before it takes its place: what it cannot use is not taken.
    """

    def __init__(self, base_url: str, directory: Path, compiler: Compiler) -> None:
        self._base_url = base_url
        self._directory = directory
        self._compiler = compiler

    def fetch(self, kind: Kind, newest_first: tuple[str, ...]) -> list[str]:
        """Fetch the newest file of `kind`, unless it is there, and return what to say of it.

        Raises:
            DownloadError: it cannot be had, or is damaged.
            OSError: it cannot be written.
        """
        missing: MissingError | None = None
        for month in newest_first:
            file = self._directory / f"dbip-{kind}-lite-{month}.csv.gz"
            if file.exists():
                return [f"{file} is the newest there is"]
            try:
                self._take(kind, file)
            except MissingError as error:
                missing = missing or error
                continue
            return [f"{file} is new", *self._remove_older(kind, file)]
        raise missing or DownloadError(f"{self._base_url}: no month to ask for")

    def _take(self, kind: Kind, file: Path) -> None:
        """Download `file`; a partial one that leads to a damaged file is tried once more anew."""
        self._directory.mkdir(parents=True, exist_ok=True)
        part = file.with_name(file.name + _PART)
        resumed = part.exists()
        with Progress(file.name, _megabytes) as progress, _room_given_back(part):
            download(f"{self._base_url}/{file.name}", part, progress)
        try:
            self._put(kind, part, file)
        except CompileError as error:
            part.unlink()
            if not resumed:
                raise DownloadError(f"not taken: {error}") from error
            self._take(kind, file)

    def _put(self, kind: Kind, part: Path, file: Path) -> None:
        """Compile `part`, and if that works let it be `file`."""
        source = source_of(part)._replace(path=str(file))
        with Progress(f"compiling {file.name}") as progress:
            self._compiler.compile(kind, part, source, str, partial(progress, total=100))
        part.replace(file)

    def _remove_older(self, kind: Kind, newest: Path) -> Iterator[str]:
        """Remove the files that `newest` takes the place of, and those that were never whole."""
        ours = re.compile(rf"dbip-{kind}-lite-\d{{4}}-\d\d\.csv\.gz({_PART})?")
        for file in sorted(self._directory.iterdir()):
            if ours.fullmatch(file.name) and file.name < newest.name:
                file.unlink()
                yield f"{file} is removed"


@contextlib.contextmanager
def _room_given_back(part: Path) -> Iterator[None]:
    """Remove `part` if it cannot be written: on a full disk it would only be in the way."""
    try:
        yield
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _megabytes(count: float) -> str:
    return f"{count / 1e6:.1f} MB"
