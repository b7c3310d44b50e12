"""Names on disk, so that the next start need not ask for them again.

    connmon names 1
    93.184.216.34 1795330215 www.example.net
    end 1

Only names, each with the time until which it counts, in seconds since 1970. They tell whom this
host talked to, so the file is its owner's alone.
"""

import contextlib
import logging
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from connmon_enricher.names.hostname import harmless
from connmon_shared.endpoints import parse, text_of
from connmon_shared.stage.loop import Timer

_HEAD = "connmon names 1"
_END = "end"
SAVE_SECONDS = 600.0  # between two times, besides the end
MAX_BYTES = 16 << 20  # more than the names of a full cache take
log = logging.getLogger("connmon-enricher")
_NOT_OURS = "it is left as it is, and no names are kept"
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK  # a FIFO would block


class StoredName(NamedTuple):
    """A name, and until when it counts, in seconds since 1970."""

    address: bytes
    name: str
    expires: float


class DamagedError(Exception):
    """The file was ours, but is not whole; the text says what is wrong."""


class ForeignError(Exception):
    """The file is none of ours, or cannot be read; it must not be written. The text says why."""


def load(path: Path, now: float) -> list[StoredName]:
    """Return the names in `path` that still count at `now`; none where there is no file.

    Raises:
        DamagedError: the file is not whole.
        ForeignError: it is not to be touched.
    """
    try:
        content = _content(path)
    except FileNotFoundError:
        if not path.parent.is_dir():
            raise ForeignError(f"{path.parent} is no directory: no names are kept") from None
        return []
    except OSError as error:
        raise ForeignError(f"{path}: {error.strerror}; {_NOT_OURS}") from error
    head, _, rest = content.partition("\n")
    if head != _HEAD:
        raise ForeignError(f"{path} holds no names of connmon: {_NOT_OURS}")
    *lines, end = rest.splitlines() or [""]
    if end != f"{_END} {len(lines)}" or not rest.endswith("\n"):
        raise DamagedError(f"{path} is damaged: its names are asked for again")
    try:
        return [name for name in map(_read, lines) if now < name.expires]
    except ValueError as error:
        raise DamagedError(f"{path} is damaged: its names are asked for again") from error


def save(path: Path, names: Iterable[StoredName]) -> None:
    """Put `names` into `path`, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".connmon-")  # its mode is 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.writelines(f"{line}\n" for line in _lines(names))
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


def _content(path: Path) -> str:
    with os.fdopen(os.open(path, _FLAGS), encoding="ascii", errors="replace") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ForeignError(f"{path} is no file: {_NOT_OURS}")
        if status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise ForeignError(f"{path} can be written by others: {_NOT_OURS}")
        if status.st_size > MAX_BYTES:
            raise ForeignError(f"{path} is longer than all names are: {_NOT_OURS}")
        return file.read()


def _read(line: str) -> StoredName:
    address, expires, name = line.split(" ")
    if not name or harmless(name) != name:
        raise ValueError(f"{name!r} is no name")
    return StoredName(parse(address), name, float(int(expires)))


def _lines(names: Iterable[StoredName]) -> Iterator[str]:
    yield _HEAD
    count = 0
    for address, name, expires in names:
        count += 1
        yield f"{text_of(address)} {int(expires)} {name}"
    yield f"{_END} {count}"


class Store:
    """The file of names, if it may be used.

    Attributes:
        problem: why not, or what was wrong with it; empty: nothing.

    Args:
        path: of the file.
        now: seconds since 1970.
    """

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self.problem = ""
        self._path = path
        self._now = now
        self._ours = True
        self._due = Timer(SAVE_SECONDS)
        self._due.restart(SAVE_SECONDS)

    @property
    def due(self) -> bool:
        """Whether names are to be saved although nobody ends yet; once in a while."""
        return self._due.take()

    def load(self) -> list[tuple[bytes, str, float]]:
        """Return addresses and names, each with the seconds that it still counts."""
        now = self._now()
        try:
            names = load(self._path, now)
        except (DamagedError, ForeignError) as error:
            self._ours = isinstance(error, DamagedError)
            self._complain(str(error))
            return []
        return [(address, name, expires - now) for address, name, expires in names]

    def save(self, names: Iterable[tuple[bytes, str, float]]) -> None:
        """Write what `load` returns."""
        if not self._ours:
            return
        now = self._now()
        try:
            save(self._path, (StoredName(each, name, now + left) for each, name, left in names))
        except OSError as error:
            self._complain(f"{self._path}: {error.strerror}; the names are not kept")

    def _complain(self, problem: str) -> None:
        if problem != self.problem:
            log.warning(problem)
        self.problem = problem
