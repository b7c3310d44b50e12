"""A whole session in seconds: what is kept of an hour, or of a day, that is like the next.

    python -m benchmarks.view.session [HOURS] [--enricher]

A made-up host talks to 300 addresses, which come and go. Each second of it is told to a real
viewer's core as an enricher tells it, encoded, and drawn; now and then a key is pressed, or a
filter is typed. There is no socket and no terminal, and the clock is the host's own. What stands
still meanwhile is the clock by which rows that jump about are put in order anew: keys do
that here. Or it is told to an enricher's core, as a collector tells it.
"""

import argparse
import gc
import heapq
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from typing import Protocol as Shape

from connmon_display.filters.rows import RowFilter
from connmon_display.following.change import Change
from connmon_display.following.pipeline import Pipeline
from connmon_display.following.source import Source
from connmon_display.options import Options
from connmon_display.refresh.input.controls import Controls, act
from connmon_display.refresh.input.editing import edit
from connmon_display.refresh.input.keys import Action
from connmon_display.refresh.painting.painter import Painter
from connmon_display.refresh.regions.compose import compose
from connmon_display.words.glyphs import UNICODE
from connmon_enricher.facts import FactBook
from connmon_enricher.hosts import Hosts
from connmon_shared import codec
from connmon_shared.messages import (
    Connection,
    Counters,
    Delta,
    Direction,
    Fact,
    Facts,
    Header,
    Keyframe,
    Lookup,
    Message,
    NameSource,
    Process,
    Processes,
    Session,
    Status,
    Traffic,
    kind_of,
)
from connmon_shared.timelines.history import History
from connmon_shared.timelines.states import Protocol, State
from connmon_shared.timelines.timeline import TICKS_PER_SECOND
from connmon_shared.wire import Sender, new_epoch, split

_START = 1_790_000_000.0  # 2026-09-21
_HOST = "made-up"
_SIZE, _WIDTH = (200, 50), 500  # as much of a timeline as there is room for
_ADDRESSES, _OPENED = 300, 3  # connections opened a second
_LASTING = 12  # the first connections: they are never closed
#: How long the others last, in seconds, and how many of ten do.
_LENGTHS = ((5, 0.1, 2.0), (4, 5.0, 60.0), (1, 120.0, 480.0))
_PORTS = (443, 80, 22, 53, 993, 5432)
_PROGRAMS = ("curl", "firefox", "sshd", "postgres", "backup")
_LOCAL = bytes((10, 0, 0, 2))
_KEY_SECONDS = 7
_ACTIONS = [action for action in Action if action is not Action.FILTER]
_FIRST_PIDS = 1_000
_QUARTER = 900  # seconds
_KIBI = 1_024


class Host:
    """Talks to addresses, and says what an enricher would say of it.

    Args:
        newcomers: one of so many connections has an address of its own; 0: none.
    """

    def __init__(self, newcomers: int = 0) -> None:
        self.now = _START
        self._newcomers = newcomers
        self._chance = random.Random(1)  # noqa: S311 - the same each time
        self._ends: list[tuple[float, int]] = []
        self._open: dict[int, Connection] = {}
        self._number = 0

    def second(self) -> Iterator[Message]:
        """Yield what is said of the next second."""
        self.now += 1.0
        came = [self._opened() for _ in range(_OPENED)]
        gone = []
        while self._ends and self._ends[0][0] <= self.now:
            gone.append(heapq.heappop(self._ends)[1])
        yield Processes(tuple(Process(row.pid, row.process, 1_000, "user") for row in came))
        yield Facts(tuple(map(self._fact, came)))
        yield Delta(self.now, self.now - 1, self.now, tuple(came), tuple(gone))
        for number in gone:
            del self._open[number]
        moved = self._chance.sample([*self._open], len(self._open) // 2)
        yield Traffic(self.now, tuple(map(self._counted, moved)), tuple(map(self._counted, gone)))

    def _opened(self) -> Connection:
        self._number += 1
        chance = self._chance
        new = self._newcomers and not self._number % self._newcomers
        at = self._number if new else chance.randrange(_ADDRESSES)
        remote = bytes((16 + 16 * bool(new), at >> 16, at >> 8 & 255, at & 255))
        (_, least, most), *_ = chance.choices(_LENGTHS, [weight for weight, *_ in _LENGTHS])
        if self._number > _LASTING:
            heapq.heappush(self._ends, (self.now + chance.uniform(least, most), self._number))
        row = Connection(
            self._number,
            Protocol.TCP,
            State.ESTABLISHED,
            _LOCAL,
            chance.randrange(32_768, 61_000),
            remote,
            _PORTS[at % len(_PORTS)],
            _FIRST_PIDS + self._number,  # each of a process of its own
            chance.choice(_PROGRAMS),
            direction=Direction.OUT,
        )
        self._open[row.id] = row
        return row

    def _counted(self, number: int) -> Counters:
        size = self._chance.randrange(1_000_000)
        return Counters(number, size, 2 * size, size % 9_000, size % 70_000, 20_000 + size % 999)

    def _fact(self, row: Connection) -> Fact:
        known = Fact(row.remote, "DE", 64_496 + row.remote[-1] % 16, "Example")
        if self._chance.random() < 1 / 2:
            return known._replace(name_state=Lookup.PENDING)
        name = f"host-{row.remote.hex()}.example"
        return known._replace(name=name, name_state=Lookup.RESOLVED, name_source=NameSource.PTR)


class Told(Source):
    """What a viewer knows of a host that is told it, encoded, message by message."""

    def __init__(self, host: Host) -> None:
        super().__init__(Pipeline(lambda: host.now))
        self._host = host
        self._senders = {name: Sender(name, new_epoch()) for name in ("", _HOST)}
        features = ("names", "country", "asn")
        statuses = (
            Status("enricher", "0", "feed", 1.0, (), features),
            Status("collector", "0", "events", 1.0, (), host=_HOST),
        )
        begin = Session(int(host.now * TICKS_PER_SECOND), 0, 1, ())
        self.pipeline.hear(*self._sent(_HOST, Delta(host.now, host.now, host.now, (), ())))
        for request in [*self.pipeline.requests()]:
            assert not request.host
        self._answer("", *statuses)
        assert [request.host for request in self.pipeline.requests()] == [_HOST]
        self._answer(_HOST, begin)
        assert self.pipeline.complete

    def receive(self) -> Iterator[Change]:
        """Yield what the next second brings."""
        for message in self._host.second():
            stream = "" if isinstance(message, Facts) else _HOST
            yield self.pipeline.hear(*self._sent(stream, message))

    def trouble(self) -> str:
        """Return that there is none."""
        return ""

    def close(self) -> None:
        """Do nothing."""

    def _sent(self, stream: str, message: Message) -> tuple[Header, bytes]:
        return split(self._senders[stream].frames(message, self._host.now))

    def _answer(self, stream: str, *parts: Message) -> None:
        sender = self._senders[stream]
        for index, part in enumerate(parts):
            body = codec.encode(part)
            place = (index, len(parts))
            frames = sender.answer(kind_of(part), body, self._host.now, sender.seq, place)
            self.pipeline.answer(*split(frames))


class Watcher:
    """Looks at a host through the core of a viewer, and plays with its keys.

    Args:
        source: what is told of the host.
        pause: seconds between two looks.
        held: whether the order of the rows is held all the time, without another key.
    """

    def __init__(self, source: Source, pause: int = 1, *, held: bool = False) -> None:
        self._source = source
        self._painter = Painter(source, RowFilter(Options(TICKS_PER_SECOND, _WIDTH)), _WIDTH)
        self._controls = Controls(TICKS_PER_SECOND, held=held)
        self._pause = pause
        self._plays = not held
        self._chance = random.Random(2)  # noqa: S311 - the same each time

    @property
    def history(self) -> History:
        """What is known of the host."""
        [follower] = self._source.pipeline.hosts.values()
        return follower.history

    def watch(self, seconds: int) -> None:
        """Look on for so long."""
        for second in range(seconds):
            for change in self._source.receive():
                self._painter.learn(change)
            if self._plays and not second % _KEY_SECONDS:
                self._press()
            self._painter.prepare(self._controls)
            if not second % self._pause:
                scene, self._controls = self._painter.scene(self._controls, _SIZE, "")
                compose(scene, UNICODE)

    def _press(self) -> None:
        place = self._painter.place(self._controls, _SIZE)
        if self._chance.random() < 1 / 8:
            self._controls = act(self._controls, Action.FILTER, place)
            for key in self._chance.choice(("port:443", "16.0.1", "curl")):
                self._controls = edit(self._controls, key)
            while self._painter.awaits_words(self._controls):
                self._painter.prepare(self._controls)
            self._controls = edit(self._controls, "KEY_ENTER")
        else:
            self._controls = act(self._controls, self._chance.choice(_ACTIONS), place)


class Enricher:
    """Follows a host through the core of an enricher, and publishes to nobody."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._sender = Sender(_HOST, new_epoch())
        self._hosts = Hosts(lambda _: None, lambda _: True)
        self._facts = FactBook(None, None, self._hosts.connected)
        self._tell(Keyframe(host.now, host.now, host.now, ()))

    @property
    def history(self) -> History:
        """What is known of the host."""
        [host] = self._hosts
        return host.history

    def watch(self, seconds: int) -> None:
        """Follow for so long."""
        for _ in range(seconds):
            for message in self._host.second():
                if not isinstance(message, Facts):
                    self._tell(message)

    def _tell(self, message: Message) -> None:
        host, step = self._hosts.receive(*split(self._sender.frames(message, self._host.now)))
        host.forward(step)
        for event in step.events:
            self._facts.meet(event.peer.address)
        self._facts.take_news()


class Keeper(Shape):
    """Who keeps something of a host."""

    @property
    def history(self) -> History:
        """What is known of it."""
        ...

    def watch(self, seconds: int) -> None:
        """Follow it for so long."""
        ...


class Kept(NamedTuple):
    """What somebody holds at some time."""

    seconds: int  # since the beginning
    resident: float  # MiB
    blocks: int  # of memory that Python has handed out
    rows: int
    transitions: int


def quarters(keeper: Keeper, hours: float) -> Iterator[Kept]:
    """Yield what `keeper` holds at each quarter of so many hours."""
    for number in range(1, round(hours * 4) + 1):
        keeper.watch(_QUARTER)
        gc.collect()
        history = keeper.history
        held = sys.getallocatedblocks()
        rows, transitions = len(history.tracks), history.transitions
        yield Kept(number * _QUARTER, _resident(), held, rows, transitions)


def _resident() -> float:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / _KIBI


def _main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("hours", nargs="?", type=float, default=1.0)
    parser.add_argument("--enricher", action="store_true", help="not what a viewer keeps")
    args = parser.parse_args()
    keeper = Enricher(Host()) if args.enricher else Watcher(Told(Host()))
    for kept in quarters(keeper, args.hours):
        print(*kept, flush=True)


if __name__ == "__main__":
    _main()
