"""The keys with which hosts know each other (CURVE): this host's own pair, and how it is kept.

A key is text, 40 characters of Z85 (ZeroMQ RFC 32). The secret half is a file that only its
owner can read; the public half is computed from it, so the two can never disagree.
"""

import os
import stat
import struct
from dataclasses import dataclass, field
from pathlib import Path

import zmq
from zmq.utils import z85

from connmon_shared.access import trust
from connmon_shared.access.trust import SAFE_FLAGS, WRITING, TrustError, user

ENVIRONMENT = "CONNMON_KEYS_DIR"
LENGTH = 40  # characters
_SECRET = "secret-key"  # noqa: S105 - the name of the file
_DIRECTORY_MODE, _FILE_MODE = 0o700, 0o600
_ANYTHING = stat.S_IRWXG | stat.S_IRWXO
_OPTION = "-"  # a key that begins with it could not be given to a command


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
    return Path("~root" if user() == 0 else "~").expanduser() / ".config" / "connmon" / "keys"


def is_key(text: str) -> bool:
    """Return whether `text` is a key."""
    try:
        return len(text) == LENGTH and bool(z85.decode(text))
    except (KeyError, ValueError, struct.error):  # no such character, or more than 32 bits
        return False


def create(directory: Path) -> KeyPair:
    """Make this host's pair of keys, in a directory that is closed to others.

    Raises:
        TrustError: there is one already, or it cannot be written.
    """
    pair = _new()
    path = directory / _SECRET
    try:
        make_directory(directory)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | SAFE_FLAGS
        with open(os.open(path, flags, _FILE_MODE), "w", encoding="ascii") as file:  # noqa: PTH123
            file.write(f"{pair.secret}\n")
    except FileExistsError:
        raise TrustError(
            f"{path} is there already: connmon keys show tells about it; remove it to make another,"
            " which everybody who allowed this one must allow anew"
        ) from None
    except OSError as error:
        raise TrustError(f"cannot write {path}: {error.strerror}") from error
    return pair


def make_directory(directory: Path) -> None:
    """Make `directory`, closed to others, unless it is there.

    Raises:
        TrustError: others may write into it.
        OSError: it cannot be made.
    """
    directory.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
    _refuse_open(directory)


def load(directory: Path) -> KeyPair:
    """Return this host's pair of keys.

    Raises:
        TrustError: there is none, or others may have read or written it.
    """
    path = directory / _SECRET
    try:
        secret = read(path, _ANYTHING).strip()
    except FileNotFoundError:
        who, sudo = ("root", "sudo ") if user() == 0 else ("this user", "")
        text = f"{who} has no key yet ({path}): make it with {sudo}connmon keys create"
        raise TrustError(text) from None
    if not is_key(secret):
        raise TrustError(f"{path} holds no key: move it away, then run connmon keys create")
    return KeyPair(zmq.curve_public(secret.encode()).decode(), secret)


def read(path: Path, forbidden: int = WRITING) -> str:
    """Do what `trust.read` does, in a directory that others cannot write into.

    Raises:
        FileNotFoundError: there is no such file.
        TrustError: it is not as it must be, or its directory is not.
    """
    _refuse_open(path.parent)
    return trust.read(path, forbidden)


def _refuse_open(directory: Path) -> None:
    try:
        found = directory.stat()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise TrustError(f"cannot read {directory}: {error.strerror}") from error
    trust.refuse_open(directory, found, WRITING)


def _new() -> KeyPair:
    while True:
        public, secret = (half.decode() for half in zmq.curve_keypair())
        if not public.startswith(_OPTION):
            return KeyPair(public, secret)
