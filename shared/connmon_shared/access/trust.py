"""Files that decide what a program does: read only if no other user can have written them."""

import errno
import os
import stat
import sys
from pathlib import Path

WRITING = stat.S_IWGRP | stat.S_IWOTH
SAFE_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)  # a pipe must not hang us
_MAX_BYTES = 1 << 20  # of a file: an allow-list with 10,000 keys


class TrustError(Exception):
    """A file, or the key in it, cannot be used or must not be; the text says what to do."""


def read(path: Path, forbidden: int = WRITING) -> str:
    """Return the text of `path`, a file that only we or root can have written.

    Args:
        path: its place.
        forbidden: what others may not do with it, as bits of a mode.

    Raises:
        FileNotFoundError: there is no such file.
        TrustError: it is a link, no regular file, another user's, open to others, or no text.
    """
    try:
        handle = os.open(path, os.O_RDONLY | SAFE_FLAGS)
        try:
            return _read(handle, path, forbidden).decode()
        finally:
            os.close(handle)
    except FileNotFoundError:
        raise
    except UnicodeDecodeError:
        raise TrustError(f"{path} is no text file: move it away") from None
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.EMLINK}:
            raise TrustError(f"{path} is a link: put the file itself there") from error
        raise TrustError(f"cannot read {path}: {error.strerror}") from error


def _read(handle: int, path: Path, forbidden: int) -> bytes:
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        raise TrustError(f"{path} is no regular file: move it away")
    refuse_open(path, found, forbidden)
    if found.st_size > _MAX_BYTES:
        raise TrustError(f"{path} has more than {_MAX_BYTES} bytes: shorten it")
    return os.read(handle, _MAX_BYTES)


if sys.platform == "win32":

    def refuse_open(_path: Path, _found: os.stat_result, _forbidden: int) -> None:
        """Do nothing: a Windows user's own folders are closed to others by default."""

    def user() -> int:
        """Return who we are: nobody with a number."""
        return -1

else:

    def refuse_open(path: Path, found: os.stat_result, forbidden: int) -> None:
        """Refuse what is neither ours nor root's, or lets others do what is `forbidden`.

        Raises:
            TrustError: it is so.
        """
        if found.st_uid not in {0, user()}:
            raise TrustError(
                f"{path} belongs to another user (uid {found.st_uid}): chown {user()} {path}"
            )
        mode = stat.S_IMODE(found.st_mode)
        if mode & forbidden:
            closed = mode & ~forbidden
            raise TrustError(f"{path} is open to others (mode {mode:o}): chmod {closed:o} {path}")

    def user() -> int:
        """Return who we are."""
        return os.geteuid()
