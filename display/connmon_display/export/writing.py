"""Writing a file whole or not at all: only when it is whole it takes its place."""

import contextlib
import errno
import os
import stat
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import accumulate, chain
from pathlib import Path

from connmon_display.export.unnamed import begin, give_name, rename_to_new
from connmon_display.room import has_room

_DEVICES, _PROCESSES = Path("/dev"), Path("/proc")  # nothing is to be replaced in these
_MOUNTS = Path("/proc/self/mountinfo")  # proc_pid_mountinfo(5)
_IN_MOUNTINFO = {char: f"\\{ord(char):03o}" for char in " \t\n\\"}
_PROBE_BYTES = 4_096
_PAUSE_SECONDS = 0.01  # until a pipe is tried again; a key waits for no more
_EFFECTIVE = os.access in os.supports_effective_ids
_MODE = 0o666  # less the umask, as for any file a user creates


def check_writable(path: Path) -> None:
    """Find out now whether `path` can be written later.

    Raises:
        OSError: it cannot.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a directory", str(path))
    if path.is_fifo():  # opened and closed, its reader would have seen the end
        if not os.access(path, os.W_OK, effective_ids=_EFFECTIVE):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return
    if _special(path):
        os.close(os.open(path, os.O_WRONLY | _OWN))
        return
    import tempfile  # noqa: PLC0415 - with all that it brings 0.7 MB, which few views need

    path = _target(path)
    with tempfile.TemporaryFile(dir=path.parent, buffering=0) as probe:
        probe.write(bytes(_PROBE_BYTES))  # a full disk takes a name, but no bytes


def resolved(path: Path) -> Path:
    """Return the file that `path` stands for, be it there or not; a link stays one.

    Raises:
        OSError: it stands for none: its links go in a circle, or no file can be called that.
    """
    try:
        path.stat()
    except ValueError as error:
        raise OSError(errno.EINVAL, "no file can be called that", str(path)) from error
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise
    return path.resolve()


def replaces(path: Path) -> bool:
    """Return whether what is written to `path` takes the place of what is in a file by now."""
    # Unlike `Path.is_file` it never raises: why a name cannot be looked at, writing tells.
    return os.path.isfile(path) and not _descriptor(path)  # noqa: PTH113


def write_lines(path: Path, lines: Iterable[str]) -> int:
    """Write `lines` to `path` and return how many bytes that were.

    Raises:
        OSError: it cannot be written; an earlier file of that name is as it was.
    """
    size = 0
    for size in writing(path, lines):  # noqa: B007 - the last one counts
        pass
    return size


def writing(
    path: Path, lines: Iterable[str], others: Iterable[Path] | None = None
) -> Generator[int, None, Path]:
    """Write `lines` to `path`, and yield after each how many bytes they are by then.

    Args:
        path: an earlier file of that name is replaced.
        lines: what is written.
        others: what the file is called instead if there is such a one; nothing is replaced then.

    Returns:
        What it is called.

    What is slow is not waited for: as long as a pipe has no reader or no room, the same number
    comes again, a hundred times a second.

    The file is there only once this has ended; closed before that, it leaves nothing.

    Raises:
        OSError: it cannot be written; an earlier file of that name is as it was.
    """
    encoded = (f"{line}\n".encode() for line in lines)
    try:
        if others is not None:
            return (yield from _creating(chain((path,), others), path.parent, encoded))
        if _mounted(path) and not _descriptor(path):
            os.truncate(path, 0)
        if _special(path):
            yield from accumulate(_passing_on(path, encoded))
        else:
            yield from _replacing(_target(path), encoded)
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from error
    return path


def _passing_on(path: Path, encoded: Iterable[bytes]) -> Iterator[int]:
    """Write to `path` as it is, and yield how many bytes were taken at each step."""
    while (out := _reader_of(path)) is None:
        time.sleep(_PAUSE_SECONDS)
        yield 0
    try:
        for line in encoded:
            rest = memoryview(line)
            while rest:
                taken = _write(out, rest)
                rest = rest[taken:]
                yield taken
    finally:
        os.close(out)


def _reader_of(path: Path) -> int | None:
    """Return a descriptor for `path`, None as long as nobody reads that pipe.

    Raises:
        BrokenPipeError: it has no name, so that nobody can ever read it again.
    """
    try:
        # A file behind `>>` keeps what it holds.
        return os.open(path, os.O_WRONLY | os.O_APPEND | _OWN)
    except OSError as error:
        if error.errno != errno.ENXIO or not path.is_fifo():
            raise
    if not path.resolve().is_fifo():
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE), str(path))
    return None


def _write(out: int, rest: memoryview) -> int:
    """Return how many bytes of `rest` there is room for, and write those."""
    with contextlib.suppress(BlockingIOError):  # less room than it takes
        if has_room(out, _PAUSE_SECONDS):
            return os.write(out, rest)
    return 0


def _replacing(path: Path, encoded: Iterable[bytes]) -> Generator[int, None, None]:
    """Write to another file, and put that into the place of `path` when it is whole."""
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else _MODE & ~_umask()
    yield from _written(path.parent, encoded, mode, lambda name: name.replace(path))


def _creating(
    paths: Iterable[Path], folder: Path, encoded: Iterable[bytes]
) -> Generator[int, None, Path]:
    """Write to a file that is called what the first of `paths` is that is free at the end."""
    mode = _MODE & ~_umask()
    return (yield from _written(folder, encoded, mode, lambda name: rename_to_new(name, paths)))


def _written(
    folder: Path, encoded: Iterable[bytes], mode: int, put: Callable[[Path], Path]
) -> Generator[int, None, Path]:
    """Write to a file in `folder` that nobody sees, let `put` put it into its place when whole."""
    handle, name = begin(folder)
    try:
        with open(handle, "wb") as out:  # noqa: PTH123 - a descriptor
            yield from accumulate(map(out.write, encoded))
            out.flush()
            _set_mode(handle, mode)
            name = name or give_name(handle, folder)
        return put(name)
    except BaseException:
        if name is not None:
            name.unlink(missing_ok=True)
        raise


def _target(path: Path) -> Path:
    """Return the file that `path` stands for; a link stays one.

    Raises:
        PermissionError: `path` is a link, or a file in a sticky folder, of another user.
        OSError: it stands for no file.
    """
    _refuse_planted_link(path)
    path = resolved(path)
    _refuse_planted_file(path)
    return path


def _mounted(path: Path) -> bool:
    """Return whether a file is mounted by itself, as into a container: none can take its place."""
    if not path.is_file():
        return False
    name = "".join(_IN_MOUNTINFO.get(char, char) for char in str(path.resolve()))
    with contextlib.suppress(OSError):
        mounts = _MOUNTS.read_text("utf-8", "surrogateescape").splitlines()
        return any(mount.split(" ")[4] == name for mount in mounts)
    return False


def _special(path: Path) -> bool:
    """Return whether `path` must be written as it is: a device, a pipe, a link to a descriptor."""
    return path.exists() and (not path.is_file() or _descriptor(path) or _mounted(path))


def _descriptor(path: Path) -> bool:
    """Return whether `path` is a link to a descriptor, as /dev/stdout is.

    It counts as a file when a shell has sent it into one; root could rename over the link.
    """
    folder = path.parent.resolve()
    return folder == _DEVICES or folder.is_relative_to(_PROCESSES)


if sys.platform == "win32":
    _OWN = os.O_BINARY

    def _set_mode(_handle: int, _mode: int) -> None:
        """Do nothing: who may read it is inherited from the folder."""

    def _refuse_planted_link(_path: Path) -> None:
        """Do nothing: only administrators make links."""

    def _refuse_planted_file(_path: Path) -> None:
        """Do nothing: no folder is sticky."""

else:
    _OWN = os.O_NONBLOCK | os.O_NOCTTY
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
