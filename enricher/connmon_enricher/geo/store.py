"""Where compiled tables are kept, and whether one can still be used."""

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from connmon_enricher.geo.kinds import Kind
from connmon_enricher.geo.layout import ForeignTableError, Source
from connmon_enricher.geo.table import Table

V = TypeVar("V")
_MODE = 0o700
_WRITING = stat.S_IWGRP | stat.S_IWOTH
_READING = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK  # a pipe must not hang us


def default_directory(environ: Mapping[str, str] = os.environ) -> Path:
    """Return where compiled tables are kept: in the user's folder for what can be made again.

    Root's are in root's own home: sudo may have left `$HOME` as the caller's.
    """
    if base := environ.get("XDG_CACHE_HOME"):
        return Path(base) / "connmon"
    return Path("~root" if os.geteuid() == 0 else "~").expanduser() / ".cache" / "connmon"


def source_of(path: Path) -> Source:
    """Return how the user's file is at the moment.

    Raises:
        OSError: it cannot be looked at, or is no file: to read a pipe could take for ever.
    """
    path = path.absolute()
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return Source(str(path), found.st_size, found.st_mtime_ns)


class TableStore:
    """A directory with one compiled table of each kind.

    Args:
        directory: its place; it need not be there yet.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def path(self, kind: Kind) -> Path:
        """Return where the table of `kind` is."""
        return self.directory / f"{kind}.table"

    def open(self, kind: Kind, source: Source, decode: Callable[[str], V]) -> Table[V] | None:
        """Return the table of `kind`, if it was compiled from `source` as that is now.

        Only a file is used that nobody but us can have written, and that is whole.
        """
        try:
            descriptor = os.open(self.path(kind), _READING)
        except OSError:
            return None
        try:
            found = os.fstat(descriptor)
            ours = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()
            if not ours or found.st_mode & _WRITING:
                return None
            table = Table(descriptor, decode)
        except (ForeignTableError, OSError):
            return None
        finally:
            os.close(descriptor)
        fresh = table.about.kind == kind and table.about.source == source
        return table if fresh else None

    def discard(self, kind: Kind) -> None:
        """Remove the table of `kind`."""
        with contextlib.suppress(OSError):
            self.path(kind).unlink()

    def prepare(self) -> None:
        """Make the directory, unless it is there.

        Raises:
            OSError: it cannot be made or written to, or others can write to it.
        """
        self.directory.mkdir(mode=_MODE, parents=True, exist_ok=True)
        found = self.directory.stat()
        if found.st_uid != os.geteuid() or found.st_mode & _WRITING:
            raise PermissionError(errno.EPERM, "others can write to it", str(self.directory))
        if not os.access(self.directory, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self.directory))
