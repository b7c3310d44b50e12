"""Every other system: what psutil sees at the moment of a sample.

It cannot see what lives shorter than an interval, and on Linux it is many times slower than
netlink. The only module that imports psutil.
"""

import contextlib
import itertools
import shlex
import socket
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import psutil

from connmon_collector.privilege.capabilities import sees_processes
from connmon_collector.sources.base import Counted, Sample
from connmon_shared import endpoints
from connmon_shared.messages import MAX_COMMAND, Connection, Counters, Process
from connmon_shared.text import clean
from connmon_shared.timelines.states import Protocol, State

_POLLED = "connections shorter than the interval are not seen"
_HIDDEN = "other users' processes or connections are hidden: run as root (sudo) or administrator"
_KIND = "inet"  # TCP and UDP over IPv4 and IPv6
_CACHED_ADDRESSES = 65_536

#: The states of TCP that are shown; in all others a connection is over.
_STATES = {
    psutil.CONN_ESTABLISHED: State.ESTABLISHED,
    psutil.CONN_SYN_SENT: State.SYN_SENT,
    psutil.CONN_SYN_RECV: State.SYN_RECV,
    psutil.CONN_CLOSE_WAIT: State.CLOSE_WAIT,
    psutil.CONN_LISTEN: State.LISTEN,
}


Ends = tuple[bytes, int, bytes, int]  # local address and port, remote address and port


class _Seen(NamedTuple):
    """A socket that is to be shown."""

    protocol: Protocol
    state: State
    ends: Ends
    pid: int  # 0: not known


class _Process(NamedTuple):
    handle: psutil.Process  # notices when its number has gone to another process
    name: str


class PsutilSource:
    """Polls psutil.

    Args:
        reasons: sentences that say why this source is used, added to the problems.
    """

    name = "psutil"

    def __init__(self, reasons: tuple[str, ...] = ()) -> None:
        self._reasons = reasons
        self._hidden = False
        self._numbers = itertools.count(1)
        self._ids: dict[object, int] = {}  # of the sample before
        self._processes: dict[int, _Process] = {}

    @property
    def limits(self) -> tuple[str, ...]:
        """What cannot be seen, for people."""
        return (_POLLED,)

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong, for people."""
        return (*self._reasons, *((_HIDDEN,) if self._hidden else ()))

    def sample(self) -> Sample:
        """Return what is there now.

        Raises:
            OSError: psutil cannot ask the system.
        """
        try:
            seen = self._look()
        except (psutil.Error, ValueError) as error:  # an address that nobody can read, say
            raise OSError(f"psutil: {error}") from error
        self._keep_processes({row.pid for row in seen} - {0})
        # Others may belong to nobody: a connection that is not accepted yet, say.
        if any(row.pid == 0 and row.state == State.LISTEN for row in seen) and not sees_processes():
            self._hidden = True
        return Sample({row.id: row for row in self._number(seen)}, [])

    def drain(self) -> None:
        """Do nothing: psutil tells nothing of itself."""

    def processes(self, pids: Iterable[int]) -> Iterator[Process]:
        """Yield what is known of these processes."""
        for pid in pids:
            known = self._processes.get(pid)
            if known is not None:
                yield _described(pid, known)

    def counted(self) -> Counted:
        """Return nothing: psutil counts no bytes of connections."""
        return Counted([], [])

    def counters(self) -> Iterator[Counters]:
        """Yield nothing, likewise."""
        return iter(())

    def close(self) -> None:
        """Do nothing: nothing is held open."""

    def _look(self) -> list[_Seen]:
        try:
            found = [(row, row.pid) for row in psutil.net_connections(_KIND)]
        except psutil.AccessDenied:  # macOS refuses the whole call for one foreign process
            self._hidden = True
            found = list(_by_process())
        return [shown for row, pid in found if (shown := _shown(row, pid or 0))]

    def _number(self, seen: list[_Seen]) -> Iterator[Connection]:
        """Give every socket the id that it had in the sample before, or a new one.

        psutil knows nothing better to tell sockets apart than their ends: the process may become
        known, or change, while the socket stays. Several may share both ends (SO_REUSEPORT), so
        copies are counted, in the order of their processes.
        """
        before, self._ids = self._ids, {}
        copies: Counter[object] = Counter()
        for row in sorted(seen, key=lambda row: row.pid):
            flow = (row.protocol, row.ends)
            copies[flow] += 1
            key = (flow, copies[flow])
            number = self._ids[key] = before.get(key) or next(self._numbers)
            name = self._processes[row.pid].name if row.pid in self._processes else ""
            yield Connection(number, row.protocol, row.state, *row.ends, row.pid, name)

    def _keep_processes(self, pids: set[int]) -> None:
        """Remember the names of exactly these processes; a reused number is a new process."""
        kept = {pid: known for pid, known in self._processes.items() if pid in pids}
        self._processes = {pid: known for pid, known in kept.items() if known.handle.is_running()}
        for pid in pids - self._processes.keys():
            try:
                handle = psutil.Process(pid)
                self._processes[pid] = _Process(handle, clean(handle.name()))
            except psutil.NoSuchProcess:
                continue  # it ended after it was seen
            except psutil.AccessDenied:
                self._hidden = True


def _described(pid: int, known: _Process) -> Process:
    """Return what psutil may tell of a process; what it may not is left empty."""
    handle = known.handle
    uid, user, executable, command = -1, "", "", ""
    with contextlib.suppress(psutil.Error, OSError):
        user = clean(handle.username())
        if sys.platform != "win32":
            uid = handle.uids().effective
    with contextlib.suppress(psutil.Error, OSError):
        executable = clean(handle.exe())
    with contextlib.suppress(psutil.Error, OSError):
        command = clean(shlex.join(handle.cmdline()), MAX_COMMAND)
    return Process(pid, known.name, uid, user, executable, command)


def _by_process() -> Iterator[tuple[Any, int]]:
    for process in psutil.process_iter():
        try:
            yield from [(row, process.pid) for row in process.net_connections(_KIND)]
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue  # it has ended, or is another user's: `problems` says so


def _shown(row: Any, pid: int) -> _Seen | None:  # noqa: ANN401 - psutil's rows have no one type
    """Return what is to be shown of one of psutil's rows, None if nothing."""
    ends = (*_end(row.laddr), *_end(row.raddr))
    if row.type == socket.SOCK_STREAM:
        state = _STATES.get(row.status)
        return None if state is None else _Seen(Protocol.TCP, state, ends, pid)
    return _Seen(Protocol.UDP, State.ESTABLISHED if ends[2] else State.CLOSE, ends, pid)


def _end(address: tuple[str, int] | tuple[()]) -> tuple[bytes, int]:
    return (_parse(address[0]), address[1]) if address else (endpoints.WILDCARD, 0)


_parse = lru_cache(_CACHED_ADDRESSES)(endpoints.parse)
