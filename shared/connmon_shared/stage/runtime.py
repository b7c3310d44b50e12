"""The runtime directory: where the stages of one pipeline meet, and who may enter."""

import os
import re
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from connmon_shared.sockets import IPC, EndpointError, check_path

ENVIRONMENT = "CONNMON_RUNTIME_DIR"
_DIRECTORY_MODE = 0o700
_OTHERS = stat.S_IWGRP | stat.S_IRWXO
_SHARED_MODE = 0o710
_CAP_DAC_READ_SEARCH = 2  # its bit (linux/capability.h)
_NOBODY = 65_534  # where the system knows no user of that name


class RuntimeDirectoryError(Exception):
    """The runtime directory cannot be used; the text says why and what to do."""


class Account(NamedTuple):
    """An ordinary user."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Runtime:
    """The places in one runtime directory.

    Raises:
        RuntimeDirectoryError: its path is too long for a socket.
    """

    directory: Path

    def __post_init__(self) -> None:
        try:
            check_path(f"{IPC}{self.directory}/state")
        except EndpointError as error:
            raise RuntimeDirectoryError(str(error)) from error

    @property
    def feed(self) -> str:
        """Where the enricher takes what collectors send."""
        return f"{IPC}{self.directory}/feed"

    @property
    def view(self) -> str:
        """Where the enricher publishes to displays."""
        return f"{IPC}{self.directory}/view"

    @property
    def state(self) -> str:
        """Where the enricher answers displays that join."""
        return f"{IPC}{self.directory}/state"

    @property
    def lock(self) -> Path:
        """The file that a running enricher holds locked, with its process id inside."""
        return self.directory / "lock"

    @property
    def hint(self) -> str:
        """How one more viewer is attached to what runs here."""
        usual = self.directory == default_directory().absolute()
        how = "connmon-display (or: make view)" if usual else f"connmon-display {self.directory}"
        return f"attach one more viewer with: {how}"

    @property
    def log(self) -> Path:
        """Where `connmon` writes what all stages have to say."""
        return self.directory / "connmon.log"

    def create(self) -> None:
        """Make the directory, closed to others.

        Raises:
            RuntimeDirectoryError: it cannot be made, or others could interfere with it.
        """
        try:
            self.directory.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
            found = self.directory.lstat()
        except OSError as error:
            raise RuntimeDirectoryError(
                f"cannot create {self.directory}: {error.strerror}; name another with --runtime-dir"
            ) from error
        if not stat.S_ISDIR(found.st_mode):
            raise RuntimeDirectoryError(f"{self.directory} is no directory")
        if not _ours(found):
            raise RuntimeDirectoryError(
                f"{self.directory} is another user's or open to others (owner {found.st_uid},"
                f" mode {stat.S_IMODE(found.st_mode):o}); name another with --runtime-dir"
            )

    def collector_account(self) -> Account:
        """Return the user that a collector started by root becomes.

        That is whoever owns this directory: the enricher runs as the same. When root owns it, it
        is `nobody`; whoever called sudo, when the enricher has not made it yet.
        """
        try:
            owner = self.directory.stat().st_uid
        except OSError:
            owner = _caller()
        return _account(owner) if owner else _nobody()

    def admit_collector(self) -> None:
        """Let the collector connect to the feed that the enricher has just made.

        Only root's enricher has anything to do: its collector is another user. The directory
        stays closed to that user's other processes; the collector has a capability to pass.

        Raises:
            OSError: this root may not give files away.
        """
        if not _is_root():
            return
        account = self.collector_account()
        _give(Path(self.feed.removeprefix(IPC)), account)
        if not _reads_everything():  # a container: nor does the collector, it needs the group
            _give(self.directory, Account(0, account.gid))
            self.directory.chmod(_SHARED_MODE)


def default_directory() -> Path:
    """Return `$CONNMON_RUNTIME_DIR`, else the user's runtime directory with `connmon` added."""
    if named := os.environ.get(ENVIRONMENT):
        return Path(named)
    if base := os.environ.get("XDG_RUNTIME_DIR"):
        return Path(base) / "connmon"
    return _fallback_directory()


def of_endpoint(endpoint: str) -> Runtime:
    """Return the runtime directory named by a path or an `ipc://` endpoint.

    Raises:
        RuntimeDirectoryError: it is another sort of endpoint, or its path is too long.
    """
    if "://" in endpoint.removeprefix(IPC):
        raise RuntimeDirectoryError(f"{endpoint}: name a directory, or tcp://HOST:PORT")
    return Runtime(Path(endpoint.removeprefix(IPC)).absolute())


def _temporary_directory() -> Path:
    import tempfile  # noqa: PLC0415 - with all that it brings 0.7 MB, and rarely needed

    return Path(tempfile.gettempdir())


if sys.platform == "win32":

    def _ours(_found: os.stat_result) -> bool:
        return True  # a Windows user's temporary directory is closed to others by default

    def _fallback_directory() -> Path:
        return _temporary_directory() / "connmon"

    def _is_root() -> bool:
        return False

    def _give(_path: Path, _account: Account) -> None:
        """Do nothing: nobody is root here, and only root gives files away."""

    def _account(owner: int) -> Account:
        return Account(owner, owner)

    def _nobody() -> Account:
        return Account(_NOBODY, _NOBODY)

else:
    import pwd

    def _ours(found: os.stat_result) -> bool:
        return found.st_uid == os.geteuid() and not found.st_mode & _OTHERS

    def _fallback_directory() -> Path:
        if os.geteuid():
            return _temporary_directory() / f"connmon-{os.geteuid()}"
        return Path("/run/connmon" if sys.platform == "linux" else "/var/run/connmon")

    def _is_root() -> bool:
        return os.geteuid() == 0

    def _give(path: Path, account: Account) -> None:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)

    def _account(owner: int) -> Account:
        try:
            return Account(owner, pwd.getpwuid(owner).pw_gid)
        except KeyError:
            return Account(owner, _NOBODY)

    def _nobody() -> Account:
        try:
            known = pwd.getpwnam("nobody")
        except KeyError:
            return Account(_NOBODY, _NOBODY)
        return Account(known.pw_uid, known.pw_gid)


def _caller() -> int:
    """Return the uid of who called sudo, 0 if nobody did."""
    said = os.environ.get("SUDO_UID", "")
    return int(said) if said.isdecimal() else 0


def _reads_everything() -> bool:
    """Return whether our root has CAP_DAC_READ_SEARCH; true where there are no capabilities."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        return True
    effective = re.search(r"^CapEff:\s*([0-9a-f]+)", status, re.MULTILINE)
    return effective is None or bool(int(effective[1], 16) >> _CAP_DAC_READ_SEARCH & 1)
