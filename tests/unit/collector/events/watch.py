"""The table of the event source at work on a made-up kernel, and a receiver that checks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from unit.collector.events.kernel import MS, NETWORKS, PIDS, Ends, Kernel

from connmon_collector.processes.programs import Programs
from connmon_collector.sources.base import Change
from connmon_collector.sources.diag_sockets import Part
from connmon_collector.sources.events import records
from connmon_collector.sources.events.dumps import Dumps
from connmon_collector.sources.events.entry import CERTAIN, Entry
from connmon_collector.sources.events.exchanges import Exchanges
from connmon_collector.sources.events.records import Event
from connmon_collector.sources.events.table import Open, Table
from connmon_collector.sources.events.transitions import Transitions
from connmon_collector.sources.meter import Meter
from connmon_collector.sources.sock_diag.counters import Heard
from connmon_collector.sources.sock_diag.rows import Row, is_tcp
from connmon_shared.messages import Connection
from connmon_shared.timelines.states import State

Step = Callable[[], None]


@dataclass
class Life:
    """What a receiver was told of one connection; times in ns."""

    row: Connection
    opened: int
    closed: int = 0

    @property
    def ends(self) -> Ends:
        return self.row[3:7]

    @property
    def failed(self) -> bool:
        return bool(self.closed) and self.row.state == State.SYN_SENT


@dataclass
class Receiver:
    """Keeps what it is told, and refuses what makes no sense."""

    lives: dict[int, Life] = field(default_factory=dict)
    open: dict[int, Connection] = field(default_factory=dict)

    def keyframe(self, rows: list[Connection], now: int) -> None:
        for row in rows:
            self._open(row, now)

    def apply(self, change: Change, now: int) -> None:
        for row, age in zip(change.changed, change.changed_ages, strict=True):
            if row.id in self.open:
                self._change(row)
            else:
                self._open(row, now - age * MS)
        assert len(set(change.gone)) == len(change.gone)
        for number, age in zip(change.gone, change.gone_ages, strict=True):
            del self.open[number]  # it was told of
            self.lives[number].closed = now - age * MS
            assert self.lives[number].closed >= self.lives[number].opened

    def _change(self, row: Connection) -> None:
        before = self.open[row.id]
        assert before.local_port in {0, row.local_port}
        assert before._replace(local_port=row.local_port)[1:2] == row[1:2]
        assert before._replace(local_port=row.local_port)[3:7] == row[3:7]
        self.lives[row.id].row = self.open[row.id] = row

    def _open(self, row: Connection, time: int) -> None:
        assert row.id not in self.lives, "it came back"
        self.lives[row.id] = Life(row, time)
        self.open[row.id] = row


class Diag:
    """Answers a dump of one namespace in two parts; the world goes on meanwhile."""

    def __init__(self, kernel: Kernel, network: int) -> None:
        self.meanwhile: list[Step] = []
        self.counted = 0  # how often only counters were asked for
        self.silent = 0  # ms; for how long peers have been
        self._kernel = kernel
        self._network = network

    def parts(self, *, counting: bool) -> Iterator[Part]:  # noqa: ARG002 - as it is asked
        for half in (0, 1):
            if self.meanwhile:
                self.meanwhile.pop(0)()
            rows = self._kernel.rows(self._network)
            odd = half ^ self._kernel.newest_first
            yield Part([row for row in rows if row[4][4] & 1 == odd], [])

    def counting_parts(self) -> Iterator[Part]:
        self.counted += 1
        yield Part([row for row in self._kernel.rows(self._network) if is_tcp(row)], [])

    def waiting_parts(self, *, listening: bool) -> Iterator[Part]:
        rows = self._kernel.rows(self._network)
        rows = [row for row in rows if is_tcp(row) and row[2][1] == State.CLOSE_WAIT]
        heard = [Heard(row[3], row[4], self.silent) for row in rows]
        yield Part(rows, heard=heard if listening else [])

    def udp_parts(self) -> Iterator[Part]:
        yield Part([row for row in self._kernel.rows(self._network) if not is_tcp(row)], [])

    def listening_parts(self) -> Iterator[Part]:
        rows = self._kernel.rows(self._network)
        yield Part([row for row in rows if is_tcp(row) and row[2][1] == State.LISTEN], [])


class Networks:
    """The namespaces that were there at the start."""

    def __init__(self, kernel: Kernel) -> None:
        self.diags = {network: Diag(kernel, network) for network in NETWORKS[:2]}

    def __iter__(self) -> Iterator[tuple[int, Diag]]:
        return iter(self.diags.items())

    def dumped(self, network: int) -> bool:
        return (network or NETWORKS[0]) in self.diags


class ProcNet:
    """Shows the namespaces that cannot be dumped.

    Attributes:
        complete: whether none is hidden.
        left: whether nobody is in any of them any more.
        hiding: how often what is there is shown without the first socket.
    """

    def __init__(self, kernel: Kernel) -> None:
        self.meanwhile: list[Step] = []
        self.left = False
        self.complete = True
        self.hiding = 0
        self._kernel = kernel

    def inhabited(self) -> dict[int, int]:
        return {} if self.left else {network: pids[0] for network, pids in PIDS.items()}

    def rows(self, network: int, pid: int) -> Iterator[list[Row]]:
        assert pid in PIDS[network]
        if self.meanwhile:
            self.meanwhile.pop(0)()
        hidden = min(self.hiding, 1)
        self.hiding -= hidden
        rows = self._kernel.rows(network)
        yield [(*row[:4], b"", row[5]) for row in rows if is_tcp(row)][hidden:]


class Watch:
    """A table that is told of what happens in a kernel."""

    def __init__(self, kernel: Kernel, proc: Path) -> None:
        self.kernel = kernel
        self.receiver = Receiver()
        self.heard: dict[int, int] = {}  # when a UDP socket of a port was said to be no more
        self.programs = Programs(str(proc))
        self.table = Table(self.programs, lambda inode: str(inode or ""), NETWORKS[0])
        self.transitions = Transitions(self.table, self.programs, lambda _server: None)
        self.networks = Networks(kernel)
        self.exchanges = Exchanges(
            self.table, self.programs, confirmed=True, dumped=self.networks.dumped
        )
        self._applied: dict[int, Callable[[Event], None]] = {
            records.TCP: self.transitions.apply,
            records.UDP: self.exchanges.routed,
            records.SENT: self.exchanges.sent,
        }
        self.proc_net = ProcNet(kernel)
        self.dumps = Dumps(self.table, self.networks, Meter(), self.proc_net)  # type: ignore[arg-type]

    def begin(self) -> None:
        """Look for the first time; what happened before is told as being there."""
        self.look()
        self.table.settle()
        self.receiver.keyframe(list(Open(self.table)), self.kernel.now)

    def drain(self) -> None:
        """Apply what happened, and tell it."""
        self._apply(self._read())
        self._hear()
        now = self.kernel.now
        if self.exchanges.idle(now) and self.dumps.identify_udp():
            self.exchanges.expire(now)
        self.tell()

    def glance(self) -> None:
        """Find out the inodes of servers, as when one is new, and look at what is due."""
        self._own(self.dumps.identify_servers())
        self._own(self.dumps.glance(self.kernel.now))
        self.tell()

    def tell(self) -> None:
        self.receiver.apply(self.table.take(self.kernel.now), self.kernel.now)
        assert self.receiver.open == {row.id: row for row in Open(self.table)}
        assert len(self.table) == len(self.receiver.open)

    def look(self, *meanwhile: Step) -> None:
        """Merge a dump, while that happens what `meanwhile` does."""
        self._apply(self._read())
        self._hear()
        self.kernel.tick()
        steps = list(meanwhile)
        for diag in self.networks.diags.values():
            diag.meanwhile, steps = steps[:2], steps[2:]
        self.proc_net.meanwhile = steps
        late: list[Event] = []

        def newer() -> list[Event]:
            fresh = self._read()
            late.extend(fresh)
            return fresh

        self._own(self.dumps.look(self.kernel.now, newer))
        self._apply(late)
        self._hear()

    def _apply(self, events: list[Event]) -> None:
        for event in events:
            self._applied[event[0]](event)

    def _hear(self) -> None:
        said, self.kernel.said = self.kernel.said, []
        for each in said:
            self.heard[int.from_bytes(each.ends[:2])] = self.kernel.now
            self.exchanges.destroyed(each.ends, each.mark, self.kernel.now)

    def _read(self) -> list[Event]:
        events, self.kernel.events = self.kernel.events, []
        return events

    def _own(self, arrived: list[Entry]) -> None:
        holders = {5_000 + sock.cookie: sock.pid for sock in self.kernel.sockets if sock.pid}
        for entry in arrived:
            if entry.trust < CERTAIN and entry.inode in holders:
                program = self.programs.find(holders[entry.inode])
                self.table.attribute(entry, program, CERTAIN)
