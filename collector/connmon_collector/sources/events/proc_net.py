"""TCP in network namespaces that cannot be entered any more, as /proc/PID/net shows it.

A namespace that was made after the start is known from events alone: entering it takes a privilege
that is given up by then. Its sockets can be read all the same, through any process in it. What is
read there has no cookie, and a socket may be passed over when others change meanwhile.
"""

import os
import re
import struct
import sys
from collections.abc import Iterator

from connmon_collector.sources.events.entry import ipv6_key
from connmon_collector.sources.sock_diag.netlink import TCPDIAG_GETSOCK
from connmon_collector.sources.sock_diag.rows import Row
from connmon_shared.timelines.states import OPEN, State

_FILES = (("tcp", 2), ("tcp6", 10))  # and the family; proc_pid_net(5)
_STATES = "|".join(f"{state:02X}" for state in sorted((*OPEN, State.LISTEN)))
_LINE = re.compile(
    rb"^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) ([0-9A-F]+):([0-9A-F]{4}) "  # both ends
    rb"(" + _STATES.encode() + rb") \S+ \S+ \S+ +(\d+) +\d+ (\d+)",  # uid, inode
    re.MULTILINE,
)
_OWNER = struct.Struct("=II")
_WORD = 8  # hexadecimal digits; an address is given in words of the host's byte order
_NO_MARK = b""
_FIRST_PIDS = "pid:[4026531836]"  # the first namespace of processes: all others are in it


class ProcNet:
    """Shows which namespaces there are, and what is in each.

    Args:
        proc: where the processes are.

    Attributes:
        complete: whether the last call of `inhabited` has told all.
    """

    def __init__(self, proc: str = "/proc") -> None:
        self.complete = False
        self._proc = proc

    def inhabited(self) -> dict[int, int]:
        """Return the namespaces (inodes) that a process is in, each with one of these (pid)."""
        found: dict[int, int] = {}
        hidden: list[int] = []
        for pid in [int(name) for name in os.listdir(self._proc) if name.isdecimal()]:  # noqa: PTH208
            try:
                network = self._network(pid)
            except PermissionError:
                hidden.append(pid)
            else:
                if network:
                    found.setdefault(network, pid)
        known = {self._place(pid) for pid in found.values()} if hidden else set()
        self.complete = self._sees_all() and known.issuperset(map(self._place, hidden))
        return found

    def rows(self, network: int, pid: int) -> Iterator[list[Row]]:
        """Yield the TCP sockets of a namespace as parts of a dump, without marks.

        Args:
            network: its inode.
            pid: a process that is in it.

        Raises:
            OSError: it is not, or not any more.
        """
        for name, family in _FILES:
            with open(f"{self._proc}/{pid}/net/{name}", "rb") as file:  # noqa: PTH123 - quicker
                if self._network(pid) != network:
                    raise ProcessLookupError(pid)
                said = file.read()
            yield [_row(family, *found) for found in _LINE.findall(said)]

    def _sees_all(self) -> bool:
        try:
            return os.readlink(f"{self._proc}/self/ns/pid") == _FIRST_PIDS  # noqa: PTH115
        except OSError:
            return False

    def _place(self, pid: int) -> int:
        """Return what the processes of one namespace have in common, also hidden ones."""
        try:
            return os.stat(f"{self._proc}/{pid}/net/{_FILES[0][0]}").st_ino  # noqa: PTH116
        except OSError:
            return 0  # it has ended

    def _network(self, pid: int) -> int:
        try:
            link = os.readlink(f"{self._proc}/{pid}/ns/net")  # noqa: PTH115 - likewise
        except PermissionError:
            raise
        except OSError:
            return 0  # it has ended
        return int(link.removeprefix("net:[").removesuffix("]"))


def _row(  # noqa: PLR0913, PLR0917 - the columns
    family: int,
    local: bytes,
    local_port: bytes,
    remote: bytes,
    remote_port: bytes,
    state: bytes,
    uid: bytes,
    inode: bytes,
) -> Row:
    ports = int(local_port, 16), int(remote_port, 16)
    key = ipv6_key(*ports, _address(local), _address(remote))  # fills an IPv4 address up
    owner = _OWNER.pack(int(uid), int(inode))
    return 0, TCPDIAG_GETSOCK, bytes((family, int(state, 16))), key, _NO_MARK, owner


def _address(said: bytes) -> bytes:
    words = (said[at : at + _WORD] for at in range(0, len(said), _WORD))
    return b"".join(int(word, 16).to_bytes(4, sys.byteorder) for word in words)
