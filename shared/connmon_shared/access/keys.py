"""The keys with which hosts know each other (CURVE): this host's own pair, and how it is kept.

A key is text, 40 characters of Z85 (ZeroMQ RFC 32). The secret half is a file that only its
owner can read; the public half is computed from it, so the two can never disagree.
"""

import errno
import os
import stat
import struct
import sys
from dataclasses import dataclass, field
from pathlib import Path

import zmq
from zmq.utils import z85

ENVIRONMENT = "CONNMON_KEYS_DIR"
LENGTH = 40  # characters
_SECRET = "secret-key"  # noqa: S105 - the name of the file
_DIRECTORY_MODE, _FILE_MODE = 0o700, 0o600
_WRITING = stat.S_IWGRP | stat.S_IWOTH
_ANYTHING = stat.S_IRWXG | stat.S_IRWXO
_MAX_BYTES = 1 << 20  # of a file: an allow-list with 10,000 keys
_SAFE_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)  # a pipe must not hang us
_OPTION = "-"  # a key that begins with it could not be given to a command


class KeysError(Exception):
    """A key cannot be used; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A host's own key."""

    public: str
    secret: str = field(repr=False)  # never into a log


def default_directory() -> Path:
    """Return where keys are: `$CONNMON_KEYS_DIR`, else in the user's configuration.

    Root's is in root's own home: sudo may have left `$HOME` as the caller's.
    """
    if named := os.environ.get(ENVIRONMENT):
        return Path(named)
    if base := os.environ.get("XDG_CONFIG_HOME"):
        return Path(base) / "connmon" / "keys"
    return Path("~root" if _user() == 0 else "~").expanduser() / ".config" / "connmon" / "keys"


def is_key(text: str) -> bool:
    """Return whether `text` is a key."""
    try:
        return len(text) == LENGTH and bool(z85.decode(text))
    except (KeyError, ValueError, struct.error):  # no such character, or more than 32 bits
        return False


def create(directory: Path) -> KeyPair:
    """Make this host's pair of keys, in a directory that is closed to others.

    Raises:
        KeysError: there is one already, or it cannot be written.
    """
    pair = _new()
    path = directory / _SECRET
    try:
        make_directory(directory)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFE_FLAGS
        with open(os.open(path, flags, _FILE_MODE), "w", encoding="ascii") as file:  # noqa: PTH123
            file.write(f"{pair.secret}\n")
    except FileExistsError:
        raise KeysError(
            f"{path} is there already: connmon keys show tells about it; remove it to make another,"
            " which everybody who allowed this one must allow anew"
        ) from None
    except OSError as error:
        raise KeysError(f"cannot write {path}: {error.strerror}") from error
    return pair


def make_directory(directory: Path) -> None:
    """Make `directory`, closed to others, unless it is there.

    Raises:
        KeysError: others may write into it.
        OSError: it cannot be made.
    """
    directory.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
    refuse_open(directory, directory.stat(), _WRITING)


def load(directory: Path) -> KeyPair:
    """Return this host's pair of keys.

    Raises:
        KeysError: there is none, or others may have read or written it.
    """
    path = directory / _SECRET
    try:
        secret = read(path, _ANYTHING).strip()
    except FileNotFoundError:
        who, sudo = ("root", "sudo ") if _user() == 0 else ("this user", "")
        text = f"{who} has no key yet ({path}): make it with {sudo}connmon keys create"
        raise KeysError(text) from None
    if not is_key(secret):
        raise KeysError(f"{path} holds no key: remove it, then run connmon keys create")
    return KeyPair(zmq.curve_public(secret.encode()).decode(), secret)


def read(path: Path, forbidden: int = _WRITING) -> str:
    """Return the text of `path`, a file that only we or root can have written.

    Args:
        path: its place.
        forbidden: what others may not do with it, as bits of a mode.

    Raises:
        FileNotFoundError: there is no such file.
        KeysError: it is a link, no regular file, another user's, open to others, or no text.
    """
    try:
        refuse_open(path.parent, path.parent.stat(), _WRITING)
        handle = os.open(path, os.O_RDONLY | _SAFE_FLAGS)
        try:
            return _read(handle, path, forbidden).decode()
        finally:
            os.close(handle)
    except FileNotFoundError:
        raise
    except UnicodeDecodeError:
        raise KeysError(f"{path} is no text file: remove it") from None
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.EMLINK}:
            raise KeysError(f"{path} is a link: put the file itself there") from error
        raise KeysError(f"cannot read {path}: {error.strerror}") from error


def _read(handle: int, path: Path, forbidden: int) -> bytes:
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        raise KeysError(f"{path} is no regular file: remove it")
    refuse_open(path, found, forbidden)
    if found.st_size > _MAX_BYTES:
        raise KeysError(f"{path} has more than {_MAX_BYTES} bytes: shorten it")
    return os.read(handle, _MAX_BYTES)


if sys.platform == "win32":

    def refuse_open(_path: Path, _found: os.stat_result, _forbidden: int) -> None:
        """Do nothing: a Windows user's own folders are closed to others by default."""

    def _user() -> int:
        return -1

else:

    def refuse_open(path: Path, found: os.stat_result, forbidden: int) -> None:
        """Refuse what is neither ours nor root's, or lets others do what is `forbidden`.

        Raises:
            KeysError: it is so.
        """
        user = _user()
        if found.st_uid not in {0, user}:
            raise KeysError(
                f"{path} belongs to another user (uid {found.st_uid}): chown {user} {path}"
            )
        mode = stat.S_IMODE(found.st_mode)
        if mode & forbidden:
            closed = mode & ~forbidden
            raise KeysError(f"{path} is open to others (mode {mode:o}): chmod {closed:o} {path}")

    def _user() -> int:
        return os.geteuid()


def _new() -> KeyPair:
    while True:
        public, secret = (half.decode() for half in zmq.curve_keypair())
        if not public.startswith(_OPTION):
            return KeyPair(public, secret)
