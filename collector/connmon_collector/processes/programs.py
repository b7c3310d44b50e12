"""What is known of processes: kept by the kernel's events, completed from /proc.

The name and executable of a process that lived for a millisecond come from events alone. User
and command line are read from /proc the first time that one of its connections is seen, and so
are known of processes that lived until then.
"""

import os
import pwd
import re
import shlex
from collections import deque
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from connmon_shared.messages import MAX_COMMAND, Process
from connmon_shared.text import clean

_MAX_READ = 4_096  # bytes of it that are looked at
_MAX_DESCRIBED = 200  # processes between two calls of `forget`: 20 ms
_CONTAINER = re.compile(r"(?:^|[/:.-])([0-9a-f]{64})(?:\.scope)?(?=/|$)")
_SHORT_ID = 12  # characters, as container tools print it
#: ns; Linux 6.16 and later tell that a process ends before they take its memory and close its
#: sockets: 9 ms before on a busy host.
_CLOSING = 1_000_000_000
_LONG_AGO = 1  # ns


class Program:
    """One process.

    Attributes:
        pid: its number, which may be used again once it has ended.
        name: as the kernel has it, cleaned.
        ended: when it ended, ns; 0: it is not known to have ended.
        described: whether /proc has been asked about it.
    """

    __slots__ = (
        "command",
        "container",
        "described",
        "ended",
        "executable",
        "name",
        "namespace",
        "parent",
        "pid",
        "uid",
    )

    def __init__(self, pid: int, name: str, parent: "Program | None" = None) -> None:
        self.pid = pid
        self.name = name
        self.parent = parent
        self.executable: str = parent.executable if parent is not None else ""
        self.ended = 0
        self.uid = -1
        self.command = ""
        self.namespace = 0  # inode of its network namespace; 0: not known
        self.container = ""
        self.described = False

    def describe(self, proc: str) -> None:
        """Read what /proc knows, once; where the process has ended, take over what is inherited."""
        if self.described:
            return
        self.described = True
        parent = self.parent
        if (self.ended or not self._read(proc)) and parent is not None:
            if not (parent.described or parent.ended):  # one step, not the whole ancestry
                parent.described = True
                parent._read(proc)  # noqa: SLF001 - of the same class
            self.namespace, self.container = parent.namespace, parent.container

    def gone(self, now: int) -> bool:
        """Return whether it ended so long ago that its sockets are closed as well."""
        return 0 < self.ended <= now - _CLOSING

    def changed(self) -> None:
        """Note that it runs another program now: what was read is no longer true."""
        self.described = False
        self.command = ""

    def _read(self, proc: str) -> bool:
        """Read /proc; return whether it was of this process, and not of its number's next one.

        Nor of the program that it is executing just now, as its name would tell.
        """
        place = Path(proc, str(self.pid))
        try:
            status = place.joinpath("status").read_bytes()
            uid = int(_field(status, b"Uid").split()[1])  # the effective one
            name = _name(place)
            executable = _link(f"{place}/exe").removesuffix(" (deleted)")
            command = _command(place)
            if (self.name and name != self.name) or _name(place) != name:
                return False
        except (OSError, ValueError, IndexError):
            return False
        self.name, self.uid, self.command = name, uid, command
        self.executable = executable or self.executable
        network = _link(f"{place}/ns/net")  # net:[4026531840]
        self.namespace = int(network[5:-1]) if network.startswith("net:[") else 0
        self.container = _container(place)
        return True

    def process(self) -> Process:
        """Return it as it is told."""
        names = self.uid, user_name(self.uid), self.executable, self.command
        return Process(self.pid, self.name, *names)


class Programs:
    """All processes of the host, by their numbers."""

    def __init__(self, proc: str = "/proc") -> None:
        self._proc = proc
        self._programs: dict[int, Program] = {}
        self._ended: deque[Program] = deque()  # the oldest end first
        self._left = _MAX_DESCRIBED

    def survey(self) -> None:
        """Note every process that there is, at the start and after events were lost."""
        there = {int(name) for name in os.listdir(self._proc) if name.isdecimal()}  # noqa: PTH208
        for pid in self._programs.keys() - there:
            self.exited(pid, _LONG_AGO)
        for pid in there:
            name = self._name(pid)
            known = self._programs.get(pid)
            if known is None or (name and known.name != name):
                self._programs[pid] = Program(pid, name)

    def find(self, pid: int) -> Program:
        """Return a process, also one that nothing has been heard of yet."""
        program = self._programs.get(pid)
        if program is None:
            program = self._programs[pid] = Program(pid, self._name(pid))
        return program

    def describe(self, program: Program, *, anyway: bool = False) -> Program:
        """Complete what is known of a process, as far as it can be.

        That takes a tenth of a millisecond, so of a storm of new processes only some are asked
        for each time, unless `anyway`; what is asked for again later is completed then.
        """
        if not program.described and (anyway or self._left > 0):
            self._left -= 1
            program.describe(self._proc)
        return program

    def forked(self, pid: int, parent: int) -> None:
        """Note a new process: it is its parent's copy until it executes something."""
        before = self._programs.get(pid)
        if before is not None:
            before.ended = _LONG_AGO
        origin = self.find(parent)
        self._programs[pid] = Program(pid, origin.name, origin)

    def named(self, pid: int, name: bytes, *, executed: bool) -> None:
        """Note that a process gave itself a name, or was given one by executing a program."""
        program = self.find(pid)
        cleaned = clean(name)
        if executed or cleaned != program.name:
            program.changed()
        program.name = cleaned

    def executed(self, pid: int, path: bytes) -> None:
        """Note what a process executes."""
        self.find(pid).executable = clean(path)

    def exited(self, pid: int, time: int) -> None:
        """Note that a process has ended at `time` (ns); `forget` forgets it when it is gone."""
        program = self._programs.get(pid)
        if program is not None:
            program.ended = time
            self._ended.append(program)

    def forget(self, now: int) -> None:
        """Forget the processes that are gone at `now` (ns), unless their number lives again."""
        self._left = _MAX_DESCRIBED
        while self._ended and self._ended[0].gone(now):
            program = self._ended.popleft()
            program.parent = None
            if self._programs.get(program.pid) is program:
                del self._programs[program.pid]

    def __len__(self) -> int:
        return len(self._programs)

    def __iter__(self) -> Iterator[Program]:
        return iter(self._programs.values())

    def _name(self, pid: int) -> str:
        try:
            return _name(Path(self._proc, str(pid)))
        except OSError:
            return ""  # it has ended meanwhile, or is hidden


def read_process(pid: int, proc: str = "/proc") -> Process:
    """Return what /proc knows of a process now."""
    program = Program(pid, "")
    program.describe(proc)
    return program.process()


@lru_cache(1_024)
def user_name(uid: int) -> str:
    """Return the name of a user of this host, empty if there is none."""
    if uid < 0:
        return ""
    try:
        return clean(pwd.getpwuid(uid).pw_name)
    except KeyError:
        return ""


def _field(status: bytes, name: bytes) -> bytes:
    found = re.search(rb"^" + name + rb":\s*(.*)$", status, re.MULTILINE)
    return found[1] if found is not None else b""


def _name(place: Path) -> str:
    return clean(place.joinpath("comm").read_bytes().rstrip(b"\n"))


def _link(path: str) -> str:
    try:
        return clean(os.readlink(path))  # noqa: PTH115 - a string is what is wanted
    except OSError:
        return ""  # it has ended, or is hidden, or is the kernel's own


def _command(place: Path) -> str:
    try:
        with place.joinpath("cmdline").open("rb") as file:
            said = file.read(_MAX_READ)
    except OSError:
        return ""
    arguments = said.rstrip(b"\0").split(b"\0")
    return clean(shlex.join(map(os.fsdecode, arguments)), MAX_COMMAND) if said else ""


def _container(place: Path) -> str:
    try:
        said = place.joinpath("cgroup").read_text("utf-8", "replace")
    except OSError:
        return ""
    found = _CONTAINER.search(said)
    return found[1][:_SHORT_ID] if found is not None else ""
