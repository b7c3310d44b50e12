"""Linux: every socket from the kernel's diagnostics, and every TCP connection in between.

A dump shows what is there. Connections that begin and end between two dumps are learnt from the
kernel's messages about destroyed sockets. Rows that did not change keep their Connection, so a
quiet host costs little more than the kernel's own walk.
"""

import contextlib
import time
from collections.abc import Iterable, Iterator

from connmon_collector.privilege.capabilities import sees_processes
from connmon_collector.processes.owners import NOBODY, Owners
from connmon_collector.processes.programs import read_process
from connmon_collector.sources.base import Counted, Sample
from connmon_collector.sources.diag_sockets import EVENT_BUFFER_BYTES, DestroyedSocket, DiagSocket
from connmon_collector.sources.ledger import Ledger
from connmon_collector.sources.meter import MOST_IDLE, Meter
from connmon_collector.sources.sock_diag.last_words import read_destroyed
from connmon_collector.sources.sock_diag.rows import Row, connection_of, cookie_of, inode_of
from connmon_shared.messages import Connection, Counters, Process
from connmon_shared.timelines.states import Protocol

#: Short connections kept until the next sample; more than that are counted, not kept.
MAX_PASSED = 100_000
_COUNT_SHARE = 1_000  # counting that took 2 ms is repeated after 2 s: 0.1 % of a core
_SOONEST_COUNT, _LATEST_COUNT = 1.0, 60.0  # seconds

_POLLED = (
    "UDP exchanges shorter than the interval, and the processes of TCP connections shorter"
    " than it, are not seen"
)
_ALL_POLLED = "connections shorter than the interval are not seen: the kernel does not report them"
_CONTAINERS = "connections inside containers with a network of their own are not seen"
_LOST = "more short connections came than could be taken in: some are not shown"
_HIDDEN = "process names of other users are hidden: run as root (sudo)"
_HIDDEN_FROM_ROOT = "some process names are hidden, even from root: this system withholds them"


class NetlinkSource:
    """Polls sock_diag and listens for destroyed sockets.

    Args:
        reasons: sentences that say why nothing better is used, added to the problems.
        owners: finds the holders of sockets.
        event_buffer: bytes of the kernel's messages that may wait to be read.

    Raises:
        OSError: this kernel, or this sandbox, has no socket diagnostics.
    """

    name = "netlink"

    def __init__(
        self,
        reasons: tuple[str, ...] = (),
        owners: Owners | None = None,
        event_buffer: int = EVENT_BUFFER_BYTES,
    ) -> None:
        self._reasons = reasons
        self._meter = Meter()
        self._count_at = 0.0
        self._owners = owners or Owners()
        self._rows: dict[Row, Connection] = {}
        self._passed: list[Connection] = []
        self._dropped = 0
        self._sampled = False
        self._ledger = Ledger()
        self._diag = DiagSocket()
        self._destroyed = _open_destroyed(event_buffer)
        try:
            self._ignore_lingering()
        except OSError:
            self.close()
            raise

    @property
    def limits(self) -> tuple[str, ...]:
        """What cannot be seen, for people."""
        withheld = (_HIDDEN_FROM_ROOT,) if self._owners.hidden and sees_processes() else ()
        return (_POLLED if self._destroyed else _ALL_POLLED, _CONTAINERS, *withheld)

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong, for people."""
        problems = [*self._reasons]
        problems += [_HIDDEN] if self._owners.hidden and not sees_processes() else []
        if self._dropped or (self._destroyed and self._destroyed.overflows):
            problems.append(_LOST)
        return tuple(problems)

    def sample(self) -> Sample:
        """Return what is there now.

        Raises:
            OSError: the kernel refuses.
        """
        self.drain()  # before the dump: what the dump shows cannot have been destroyed before it
        connections = {row.id: row for row in self._refresh(self._diag.dump())}
        tcp = {n for n, row in connections.items() if row.protocol == Protocol.TCP}
        self._ledger.shown(tcp)
        passed, self._passed = self._passed, []
        sampled, self._sampled = self._sampled, True
        return Sample(connections, passed if sampled else [])

    def drain(self) -> None:
        """Note the connections that came and went."""
        if self._destroyed is None:
            return
        for connection in self._destroyed.drain(read_destroyed):
            if self._ledger.destroyed(connection.id):
                if len(self._passed) < MAX_PASSED:
                    self._passed.append(connection)
                else:
                    self._dropped += 1

    def processes(self, pids: Iterable[int]) -> Iterator[Process]:
        """Yield what is known of these processes."""
        return (read_process(pid) for pid in pids)

    def counted(self) -> Counted:
        """Return the counters that moved, after asking for them if it is time for that."""
        now = time.monotonic()
        if now >= self._count_at:
            began = time.thread_time()
            with contextlib.suppress(OSError):  # next time, then: only rates are missing
                self._count(now)
            cost = time.thread_time() - began
            self._count_at = now + min(max(cost * _COUNT_SHARE, _SOONEST_COUNT), _LATEST_COUNT)
        return self._meter.take()

    def _count(self, now: float) -> None:
        few = len(self._rows) <= MOST_IDLE
        totals = [
            (cookie_of(count.mark), count.totals)
            for part in self._diag.parts(counting=True)
            for count in part.counters
            if few or count.totals.moved
        ]
        self._meter.look(totals, now)

    def counters(self) -> Iterator[Counters]:
        """Yield the counters of everything that is open, as they were told last."""
        return self._meter.known()

    def close(self) -> None:
        """Close both netlink sockets."""
        self._diag.close()
        if self._destroyed is not None:
            self._destroyed.close()

    def _ignore_lingering(self) -> None:
        """What is over already must not pass for a short connection when its socket goes."""
        self._ledger.ignore(connection_of(row, *NOBODY).id for row in self._diag.lingering())

    def _refresh(self, dump: list[Row]) -> Iterable[Connection]:
        """Return the connections of `dump`; what did not change is the same object as before."""
        fresh: dict[Row, Connection] = {}
        arrived: list[Row] = []
        known = self._rows.get
        for row in dump:
            connection = known(row)
            if connection is None:
                arrived.append(row)
            else:
                fresh[row] = connection
        inodes = {inode_of(row) for row in arrived} - {0}
        moved = self._owners.update(inodes, lambda: {inode_of(row) for row in dump} - {0})
        if moved:
            arrived += [row for row in fresh if inode_of(row) in moved]
        for row in arrived:
            fresh[row] = connection_of(row, *self._owners.owner(inode_of(row)))
        self._rows = fresh
        return fresh.values()


def _open_destroyed(buffer_bytes: int) -> DestroyedSocket | None:
    try:
        return DestroyedSocket(buffer_bytes)
    except OSError:
        return None  # an older kernel or a sandbox; `limits` says what is lost
