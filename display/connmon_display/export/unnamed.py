"""A file that has no name until it is whole: of one whose writer is killed nothing is left.

Where there is no such thing (systems but Linux, NFS) it is a hidden file of the same folder.
"""

import errno
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

NAMELESS = getattr(os, "O_TMPFILE", 0)
_OURS = Path("/proc/self/fd")  # where a file without a name can be named
_PREFIX = ".connmon-"
_MODE = 0o600  # until it is whole


def begin(folder: Path) -> tuple[int, Path | None]:
    """Return a descriptor of a new file in `folder`, and its name if it must have one.

    Raises:
        OSError: there can be none.
    """
    if NAMELESS and _OURS.is_dir():
        with suppress(OSError):
            return os.open(folder, os.O_WRONLY | NAMELESS, _MODE), None
    import tempfile  # noqa: PLC0415 - with all that it brings 0.7 MB, and nearly never needed

    handle, name = tempfile.mkstemp(dir=folder, prefix=_PREFIX)
    return handle, Path(name)


def give_name(handle: int, folder: Path) -> Path:
    """Give the file behind `handle` a name in `folder` for the moment until it is renamed.

    Raises:
        OSError: that is not possible.
    """
    name = folder / f"{_PREFIX}{os.urandom(8).hex()}"
    # Only with a descriptor of a folder Python lets the kernel follow the link; it is not used.
    os.link(_OURS / str(handle), name, src_dir_fd=handle)
    return name


def rename_to_new(name: Path, paths: Iterable[Path]) -> Path:
    """Rename a file to the first of `paths` that is no file's yet, and return that.

    Raises:
        OSError: that is not possible.
    """
    for path in paths:
        with suppress(FileExistsError):
            _rename_to_new(name, path)
            return path
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))


def _rename_to_new(name: Path, path: Path) -> None:
    try:
        os.link(name, path)  # unlike a renamed one it replaces nothing
    except FileExistsError:
        raise
    except OSError:  # no file has two names here, as on FAT
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        try:
            name.replace(path)
        except OSError:
            path.unlink()
            raise
    else:
        name.unlink()
