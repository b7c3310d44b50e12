"""Names from the hosts file: what this host's administrator calls an address."""

import logging
from collections.abc import Iterable
from pathlib import Path

from connmon_enricher.names.hostname import harmless
from connmon_shared.endpoints import WILDCARD, Scope, parse, scope_of

HOSTS_FILE = Path("/etc/hosts")
#: Lists that block by the hosts file have 100,000 such lines.
_NOBODY = {"0.0.0.0", "127.0.0.1", "::", "::1"}  # noqa: S104 - nothing is bound to them
log = logging.getLogger("connmon-enricher")


class HostsFile:
    """The names in a hosts file, read again when it has changed.

    A file that is not there has no names; one that cannot be read is said in the log, and what was
    read before stays.
    """

    def __init__(self, path: Path = HOSTS_FILE) -> None:
        self._path = path
        self._read: tuple[int, ...] | None = None  # what tells one content from another
        self._names: dict[bytes, str] = {}
        self.renew()

    def get(self, address: bytes) -> str:
        """Return the name of `address`, empty if it has none there."""
        return self._names.get(address, "")

    def renew(self) -> bool:
        """Read the file if it has changed; return whether the names have."""
        try:
            stat = self._path.stat()
            seen = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
            if seen == self._read:
                return False
            self._read = seen
            text = self._path.read_text("utf-8", "surrogateescape")
        except FileNotFoundError:
            self._read, text = None, ""
        except OSError as error:
            log.warning("the names in %s are not known: %s", self._path, error.strerror)
            return False
        before, self._names = self._names, names_in(text.splitlines())
        return self._names != before


def names_in(lines: Iterable[str]) -> dict[bytes, str]:
    """Return the first name of each address in the `lines` of a hosts file (hosts(5)).

    Loopback addresses have none: their name tells nothing.
    """
    names: dict[bytes, str] = {}
    for line in lines:
        text, *found = line.partition("#")[0].split()[:2] or [""]
        if not found or text in _NOBODY:
            continue
        try:
            address = parse(text)
        except ValueError:
            continue
        name = harmless(found[0])
        if name and address != WILDCARD and scope_of(address) is not Scope.LOOPBACK:
            names.setdefault(address, name)
    return names
