"""Writing a file whole or not at all: to a temporary neighbour first, then renamed."""

import contextlib
import errno
import os
import stat
import sys
import tempfile
from collections.abc import Generator, Iterable
from itertools import accumulate
from pathlib import Path

_DEVICES, _PROCESSES = Path("/dev"), Path("/proc")  # nothing is to be replaced in these
_PROBE_BYTES = 4_096
_MODE = 0o666  # less the umask, as for any file a user creates


def check_writable(path: Path) -> None:
    """Find out now whether `path` can be written later.

    Raises:
        OSError: it cannot.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a directory", str(path))
    if _special(path):
        os.close(os.open(path, os.O_WRONLY | _NONBLOCK))
        return
    path = _target(path)
    with tempfile.TemporaryFile(dir=path.parent, buffering=0) as probe:
        probe.write(bytes(_PROBE_BYTES))  # a full disk takes a name, but no bytes


def write_lines(path: Path, lines: Iterable[str]) -> int:
    """Write `lines` to `path` and return how many bytes that were.

    Raises:
        OSError: it cannot be written; an earlier file of that name is as it was.
    """
    size = 0
    for size in writing(path, lines):  # noqa: B007 - the last one counts
        pass
    return size


def writing(path: Path, lines: Iterable[str]) -> Generator[int, None, None]:
    """Write `lines` to `path`, and yield after each how many bytes they are by then.

    The file is there only once this has ended; closed before that, it leaves nothing.

    Raises:
        OSError: it cannot be written; an earlier file of that name is as it was.
    """
    encoded = (f"{line}\n".encode() for line in lines)
    try:
        if _special(path):
            with path.open("ab") as out:  # a file behind `>>` keeps what it holds
                yield from accumulate(map(out.write, encoded))
        else:
            yield from _replacing(_target(path), encoded)
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from error


def _replacing(path: Path, encoded: Iterable[bytes]) -> Generator[int, None, None]:
    """Write to a neighbour of `path`, and put that into its place when it is whole."""
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else _MODE & ~_umask()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".connmon-")
    try:
        with open(handle, "wb") as out:  # noqa: PTH123 - a descriptor
            yield from accumulate(map(out.write, encoded))
            _set_mode(handle, mode)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def _target(path: Path) -> Path:
    """Return the file that `path` stands for; a link stays one.

    Raises:
        PermissionError: `path` is a link, or a file in a sticky folder, of another user.
    """
    _refuse_planted_link(path)
    path = path.resolve()
    _refuse_planted_file(path)
    return path


def _special(path: Path) -> bool:
    """Return whether `path` must be written as it is: a device, a pipe, a link to a descriptor.

    /dev/stdout counts as a file when a shell has sent it into one; root could rename over it.
    """
    folder = path.parent.resolve()
    return path.exists() and (
        not path.is_file() or folder == _DEVICES or folder.is_relative_to(_PROCESSES)
    )


if sys.platform == "win32":
    _NONBLOCK = 0

    def _set_mode(_handle: int, _mode: int) -> None:
        """Do nothing: who may read it is inherited from the folder."""

    def _refuse_planted_link(_path: Path) -> None:
        """Do nothing: only administrators make links."""

    def _refuse_planted_file(_path: Path) -> None:
        """Do nothing: no folder is sticky."""

else:
    _NONBLOCK = os.O_NONBLOCK
    _set_mode = os.fchmod

    def _refuse_planted_link(path: Path) -> None:
        if path.is_symlink() and path.lstat().st_uid not in {0, os.geteuid()}:
            raise PermissionError(errno.EACCES, "is a link of another user", str(path))

    def _refuse_planted_file(path: Path) -> None:
        user, folder = os.geteuid(), path.parent.stat()
        others = path.exists() and path.stat().st_uid != user != folder.st_uid
        if others and folder.st_mode & stat.S_ISVTX and user:
            raise PermissionError(errno.EPERM, "is another user's, in a sticky folder", str(path))


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
