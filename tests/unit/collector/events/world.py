"""What happens in a made-up kernel, what of it is heard, and what a receiver must then know."""

from collections.abc import Iterator
from pathlib import Path

from hypothesis import strategies as st
from unit.collector.events.datagrams import SERVICES
from unit.collector.events.kernel import NETWORKS, SERVED, Ends, Kernel, Socket
from unit.collector.events.watch import Step, Watch

from connmon_shared.messages import Connection, Direction
from connmon_shared.timelines.states import Protocol, State

Happening = tuple[str, int]  # the name of a method of the kernel, and which of what there is
Shown = tuple[Ends, int, str]  # ends, state, namespace
Told = tuple[Ends, int, int, bool]  # ends, opened, closed, failed

#: What events tell of, and what only dumps do.
HEARD = (
    "connect",
    "listen",
    "join",
    "inherit",
    "accept",
    "establish",
    "cross",
    "refuse",
    "peer_closes",
    "close",
    "reset",
)
UNHEARD = ("request", "give_up")
#: What is no happening in the kernel.
WATCHED = ("drain", "dump", "glance", "lose")
NAMES = {network: str(network) for network in NETWORKS} | {NETWORKS[0]: ""}


def happenings(*names: str) -> st.SearchStrategy[Happening]:
    return st.tuples(st.sampled_from(names), st.integers(0, 15))


@st.composite
def some_of(draw: st.DrawFn, *names: str) -> list[Happening]:
    """Draw many happenings of a few kinds, which get further than a few of many kinds."""
    kinds = draw(st.sets(st.sampled_from(names), min_size=3))
    count = draw(st.integers(0, 40))
    return draw(st.lists(happenings(*sorted(kinds)), min_size=count, max_size=count))


class World:
    """A kernel, somebody who watches it, and what goes wrong between them.

    Args:
        newest_first: whether dumps show the newest sockets first.
    """

    def __init__(
        self, proc: Path, *, newest_first: bool = False, kernel: Kernel | None = None
    ) -> None:
        self.kernel = kernel or Kernel()
        self.kernel.newest_first = newest_first
        self.watch = Watch(self.kernel, proc)
        self.losing = 0
        self.lost = False  # since the last reading
        self.sure = True  # nothing was lost since a dump that nothing disturbed

    def begin(self, *before: Happening) -> None:
        """Let some things happen before anybody watches."""
        for name, which in before:
            self.happen(name, which)
        self.kernel.events.clear()
        self.kernel.log = list(self.kernel.sockets)
        for sock in self.kernel.sockets:
            sock.told_port = True  # the dump tells it
        self.watch.begin()

    def happen(self, name: str, which: int) -> None:
        """Let one thing happen; while events are lost, nobody hears of it."""
        self.kernel.tick()
        before = len(self.kernel.events)
        getattr(self.kernel, name)(which)
        if self.losing and len(self.kernel.events) > before:
            del self.kernel.events[before:]
            self.losing -= 1
            self.lost, self.sure = True, False

    def step(self, name: str, which: int) -> Step:
        return lambda: self.happen(name, which)

    def run(self, *steps: Happening) -> None:
        """Let everything happen. A dump takes as long as the next few things."""
        left = list(steps)
        while left:
            name, which = left.pop(0)
            if name == "drain":
                self.drain()
            elif name == "glance":
                self.watch.glance()
            elif name == "dump":
                count = min(which, 4)
                meanwhile, left = left[:count], left[count:]
                heard = [step for step in meanwhile if step[0] not in WATCHED]
                self.dump(*(self.step(*each) for each in heard))
            elif name == "lose":
                self.losing = which
            else:
                self.happen(name, which)

    def drain(self) -> None:
        self.kernel.tick()
        self.watch.drain()
        if self.lost:
            self.resynchronise()
        elif self.sure and not any(sock.crossed for sock in self.kernel.sockets):
            assert _as_told(self.shown()) == _as_told(self.there())

    def dump(self, *meanwhile: Step) -> None:
        if self.lost:
            self.watch.dumps.hurry()
        self.lost = False
        self.watch.look(*meanwhile)
        self.watch.tell()

    def resynchronise(self) -> None:
        """Dump, and look whether that gives the truth."""
        # Which of two that connect to one place was lost, only the next dump can tell.
        connecting = any(sock.state == State.SYN_SENT for sock in self.kernel.sockets)
        self.sure = not connecting
        self.watch.dumps.hurry()
        self.lost = False
        self.watch.look()
        self.watch.tell()
        assert self.shown() == self.there()

    def compare(self) -> None:
        """Dump although nothing was lost, and look whether that is the truth, and whose."""
        self.dump()
        assert self.shown() == self.there()
        assert self.owners() <= {(NAMES[s.network], s.ends, s.pid) for s in self.kernel.sockets}

    def shown(self) -> list[Shown]:
        return sorted((_unported(r[3:7], r.state), r.state, r.namespace) for r in self.rows())

    def rows(self, protocol: Protocol = Protocol.TCP) -> list[Connection]:
        """Return what a receiver takes for open."""
        rows = self.watch.receiver.open.values()
        return [row for row in rows if row.protocol == protocol]

    def owners(self) -> set[tuple[str, Ends, int]]:
        """Return whose all that has a local port and a known process is said to be."""
        return {(r.namespace, r[3:7], r.pid) for r in self.rows() if r.pid and r.local_port}

    def there(self) -> list[Shown]:
        return sorted(
            (_unported(s.ends, s.state), int(s.state), NAMES[s.network])
            for s in self.kernel.sockets
        )

    def directions(self) -> Iterator[tuple[int, int]]:
        """Yield what was told and what is true of who began each connection."""
        for life in self.watch.receiver.lives.values():
            if life.row.remote:
                yield life.row.direction, _direction(life.row)

    def told(self) -> list[Told]:
        lives = self.watch.receiver.lives.values()
        return sorted(
            (life.ends, life.opened, life.closed, life.failed)
            for life in lives
            if life.row.protocol == Protocol.TCP
        )

    def true(self, since: int = 0) -> list[Told]:
        return sorted(_life(sock, since) for sock in self.kernel.log)


def _as_told(rows: list[Shown]) -> list[tuple[Ends, int]]:
    """Return `rows` without what only a dump tells: half-open and half-closed, and namespaces."""
    return sorted(
        (ends, State.ESTABLISHED if state == State.CLOSE_WAIT else state)
        for ends, state, _ in rows
        if state != State.SYN_RECV
    )


def _direction(row: Connection) -> Direction:
    if row.protocol == Protocol.TCP:
        return Direction.IN if row.local_port in SERVED else Direction.OUT
    return Direction.UNKNOWN if row.local_port in SERVICES else Direction.OUT


def _unported(ends: Ends, state: int) -> Ends:
    """Return `ends` without the port that is not told as long as a socket connects."""
    return (ends[0], 0, *ends[2:]) if state == State.SYN_SENT else ends


def _life(sock: Socket, since: int) -> Told:
    local, port, remote, remote_port = sock.ends
    ends = (local, port if sock.told_port else 0, remote, remote_port)
    return ends, max(sock.opened, since), sock.closed, sock.failed
