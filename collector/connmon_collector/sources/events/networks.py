"""Network namespaces: which there are, what they are called, and a way to dump each.

A dump shows one namespace only, and entering one needs a privilege that is given up after the
start. So a netlink socket is opened in each namespace that is there then; it goes on working.
Events come from all namespaces, also from those that are made later.
"""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

from connmon_collector import syscalls
from connmon_collector.sources.diag_sockets import DiagSocket
from connmon_shared.messages import UNKNOWN_NAMESPACE
from connmon_shared.text import clean

_CLONE_NEWNET = 0x4000_0000  # sched.h
_MAX_OPEN = 1_000  # namespaces: each costs a descriptor
_MAX_NAME = 64  # characters
_NAMED = Path("/run/netns")  # where ip-netns(8) mounts the ones with a name
log = logging.getLogger("connmon-collector")


class Networks:
    """The namespaces that can be dumped, by inode.

    Args:
        proc: where the processes are.
        names_at: where namespaces with a name are mounted.

    Attributes:
        own: the inode of ours.
        unreachable: how many could not be entered.

    Raises:
        OSError: not even our own can be dumped.
    """

    def __init__(self, proc: Path = Path("/proc"), names_at: Path = _NAMED) -> None:
        self._proc = proc
        self._names_at = names_at
        self.own = _inode(proc / "self/ns/net")
        self.unreachable = 0
        self._sockets = {self.own: DiagSocket()}
        self._alone = True  # whether no other was ever seen
        self._names: dict[int, str] = {}
        self._names_changed = 0  # ns; as they were when these were read
        self._open_others()
        seen = len(self._sockets)
        log.debug("network namespaces: %d looked into, %d unreachable", seen, self.unreachable)

    def __iter__(self) -> Iterator[tuple[int, DiagSocket]]:
        return iter(list(self._sockets.items()))

    def dumped(self, network: int) -> bool:
        """Return whether a namespace is one that dumps show; 0 stands for ours."""
        return (network or self.own) in self._sockets

    def label(self, network: int) -> str:
        """Return what people call a namespace; nothing for our own.

        Where it is not known (0), it is ours as long as no other was ever seen.
        """
        if network in {0, self.own}:
            return "" if network or self._alone else UNKNOWN_NAMESPACE
        self._alone = False
        changed = self._changed()
        if changed != self._names_changed:  # numbers are used again
            self._names, self._names_changed = {}, changed
        if network not in self._names:
            named = self._named().get(network)
            self._names[network] = clean(named.name, _MAX_NAME) if named else f"net:{network}"
        return self._names[network]

    def forget_empty(self) -> None:
        """Close the sockets of namespaces that no process is in: they keep them alive."""
        if len(self._sockets) == 1:
            return
        for network in self._sockets.keys() - self._there().keys() - {self.own}:
            log.debug("network namespace %d is empty", network)
            self._sockets.pop(network).close()

    def close(self) -> None:
        """Close all sockets."""
        for opened in self._sockets.values():
            opened.close()
        self._sockets = {}

    def _open_others(self) -> None:
        home = os.open(self._proc / "self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            there = self._there()
            self._alone = there.keys() <= {self.own}
            for network, path in there.items():
                if network not in self._sockets and len(self._sockets) < _MAX_OPEN:
                    self._open_in(network, path, home)
        finally:
            os.close(home)

    def _open_in(self, network: int, path: Path, home: int) -> None:
        try:
            there = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return  # its process has ended
        except OSError:
            self.unreachable += 1
            return
        try:
            syscalls.setns(there, _CLONE_NEWNET)
        except OSError:
            self.unreachable += 1
            return
        finally:
            os.close(there)
        try:
            self._sockets[network] = DiagSocket()
        except OSError:
            self.unreachable += 1
        finally:
            syscalls.setns(home, _CLONE_NEWNET)

    def _there(self) -> dict[int, Path]:
        """Return the namespaces that have a name, or a process in them, each with a path to it."""
        found = self._named()
        for process in self._proc.iterdir():
            if process.name.isdecimal():
                path = process / "ns/net"
                try:
                    found.setdefault(_inode(path), path)
                except (OSError, ValueError):
                    continue  # it has ended, or is hidden from us
        return found

    def _changed(self) -> int:
        """Return when a name came or went last; 0: there are none."""
        try:
            return self._names_at.stat().st_mtime_ns
        except OSError:
            return 0

    def _named(self) -> dict[int, Path]:
        try:
            return {path.stat().st_ino: path for path in self._names_at.iterdir()}
        except OSError:
            return {}


def _inode(link: Path) -> int:
    return int(str(link.readlink()).removeprefix("net:[").removesuffix("]"))
