"""Names on disk, so that the next start need not ask for them again.

    connmon names 1
    93.184.216.34 1795330215 www.example.net
    end 1

Only names, each with the time until which it counts, in seconds since 1970. They tell whom this
host talked to, so the file is its owner's alone.
"""

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from connmon_enricher.names.hostname import harmless
from connmon_shared.endpoints import parse, text_of

_HEAD = "connmon names 1"
_END = "end"
MAX_BYTES = 16 << 20  # more than the names of a full cache take
_NOT_OURS = "it is left as it is, and no names are kept"
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK  # a FIFO would block


class StoredName(NamedTuple):
    """A name, and until when it counts, in seconds since 1970."""

    address: bytes
    name: str
    expires: float


class DamagedNamesError(Exception):
    """The file was ours, but is not whole; the text says what is wrong."""


class ForeignNamesError(Exception):
    """The file is none of ours, or cannot be read; it must not be written. The text says why."""


def load(path: Path, now: float) -> list[StoredName]:
    """Return the names in `path` that still count at `now`; none where there is no file.

    Raises:
        DamagedNamesError: the file is not whole.
        ForeignNamesError: it is not to be touched.
    """
    try:
        content = _content(path)
    except FileNotFoundError:
        if not path.parent.is_dir():
            raise ForeignNamesError(f"{path.parent} is no directory: no names are kept") from None
        return []
    except OSError as error:
        raise ForeignNamesError(f"{path}: {error.strerror}; {_NOT_OURS}") from error
    head, _, rest = content.partition("\n")
    if head != _HEAD:
        raise ForeignNamesError(f"{path} holds no names of connmon: {_NOT_OURS}")
    *lines, end = rest.splitlines() or [""]
    if end != f"{_END} {len(lines)}" or not rest.endswith("\n"):
        raise DamagedNamesError(f"{path} is damaged: its names are asked for again")
    try:
        return [name for name in map(_read, lines) if now < name.expires]
    except (ValueError, OverflowError) as error:
        raise DamagedNamesError(f"{path} is damaged: its names are asked for again") from error


def save(path: Path, names: Iterable[tuple[bytes, str, float]]) -> None:
    """Put `names`, each as in a StoredName, into `path`, whole or not at all.

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
            raise ForeignNamesError(f"{path} is no file: {_NOT_OURS}")
        if status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise ForeignNamesError(f"{path} can be written by others: {_NOT_OURS}")
        if status.st_size > MAX_BYTES:
            raise ForeignNamesError(f"{path} is longer than all names are: {_NOT_OURS}")
        return file.read()


def _read(line: str) -> StoredName:
    address, expires, name = line.split(" ")
    if not name or harmless(name) != name:
        raise ValueError(f"{name!r} is no name")
    return StoredName(parse(address), name, float(int(expires)))


def _lines(names: Iterable[tuple[bytes, str, float]]) -> Iterator[str]:
    yield _HEAD
    count = 0
    for address, name, expires in names:
        count += 1
        yield f"{text_of(address)} {int(expires)} {name}"
    yield f"{_END} {count}"
