"""Bad weather: more happens than can be taken in. What was lost is said, and nothing made up."""

import errno
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice, pairwise

import pytest
from dns_packets import answer, query
from helpers import wait_until
from helpers_weather import INTERVAL, SAMENESS, Host, Watcher, is_seen, stop, watching

from connmon_collector.sources.diag_sockets import DestroyedSocket, DiagSocket, Part
from connmon_collector.sources.events import source
from connmon_collector.sources.events.perf import SMALLEST
from connmon_collector.sources.events.source import EventSource
from connmon_collector.sources.events.stream import Stream
from connmon_shared.messages import Connection, Counters
from connmon_shared.timelines.states import State

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(sys.platform != "linux", reason="events are Linux's"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs uid 0"),
]

STORM = 15_000  # connections; 6 events of 104 bytes each, so 9 MB on one processor


@pytest.fixture
def host() -> Iterator[Host]:
    made = Host()
    yield made
    made.end()


def told_gaps(watcher: Watcher) -> list[float]:
    return [later - end for (_, end), (later, _) in pairwise(watcher.slots)]


def test_events_that_were_lost_are_a_stretch_not_observed_and_the_table_is_right_again(
    host: Host,
) -> None:
    actor, patient = host.actor(), host.actor()
    port = actor.number(f"listen('{host.address}')")
    with watching(*host.inside) as (watcher, program):
        kept = {patient.number(f"connect('{host.address}', {port})") for _ in range(5)}
        doomed = {actor.number(f"connect('{host.address}', {port})") for _ in range(3)}
        actor.do("[accept() for _ in range(8)]; waiting, opened = opened[3:], opened[:3]")
        watcher.until(lambda: len(watcher.rows(host.address, port)) == 1 + 2 * 8)
        before = {row.id: row for row in watcher.rows(host.address, port)}

        stopped = stop(program)
        actor.do("affinity = os.sched_getaffinity(0); os.sched_setaffinity(0, {min(affinity)})")
        actor.do(f"storms = listen('0.0.0.0'); storm({STORM}, '{host.octets}', storms)")
        actor.do("[end.close() for end in waiting[5:]]; disconnect(); servers.pop().close()")
        late = {patient.number(f"connect('{host.address}', {port})") for _ in range(2)}
        actor.do("waiting += [servers[-1].accept()[0] for _ in range(2)]")
        going_on = time.time()
        program.process.send_signal(signal.SIGCONT)

        watcher.until(lambda: watcher.lost)
        watcher.until(lambda: late <= ports(watcher, host, port))
        watcher.until(lambda: not doomed & ports(watcher, host, port))
        assert any(
            begin <= stopped + SAMENESS and going_on <= end for begin, end in watcher.lost
        ), (stopped, going_on, watcher.lost)
        is_seen(watcher, host, actor)  # on the same processor: now the kernel says how many
        watcher.until(lambda: watcher.status.lost)
        assert watcher.status.lost > STORM, "one event of each at least had no room"
        assert ports(watcher, host, port) == kept | late
        still = {
            number
            for number, row in before.items()
            if row.state == State.LISTEN or kept & {row.local_port, row.remote_port}
        }
        assert len(still) == 1 + 2 * len(kept)
        assert still <= watcher.open.keys(), "what stayed open is the same as before"
        rows = watcher.rows(host.address, port)
        clients = {row.local_port: row for row in rows if row.remote_port == port}
        assert {clients[number].pid for number in kept | late} == {patient.pid}
        assert not watcher.rows(host.octets + ".2"), "nothing of the storm is left over"
        assert len(watcher.rows(host.address)) == 1 + 2 * (len(kept) + len(late))


def ports(watcher: Watcher, host: Host, server: int) -> set[int]:
    """Return the clients' ports of what is open to a server."""
    rows = watcher.rows(host.address, server)
    return {r.local_port if r.remote_port == server else r.remote_port for r in rows} - {0}


def test_a_stopped_collector_tells_all_that_happened_meanwhile_at_its_time(host: Host) -> None:
    server, actor = host.actor(), host.actor()
    port = server.number(f"listen('{host.address}')")
    with watching(*host.inside) as (watcher, program):
        stopped = stop(program)
        times: dict[int, tuple[float, float]] = {}
        while time.time() < stopped + 1.0:  # after three seconds a subscriber gives us up
            opened = time.time()
            local = actor.number(f"connect('{host.address}', {port})")
            server.do("accept()")
            actor.do("disconnect()")
            server.do("disconnect()")
            times[local] = opened, time.time()
        program.process.send_signal(signal.SIGCONT)
        lasted = time.time() - stopped
        is_seen(watcher, host, actor)
        clients = {r.local_port: r for r in watcher.all(host.address, port) if r.remote_port}
        missing = times.keys() - clients.keys()
        assert not missing, f"{len(missing)} of {len(times)}, {lasted:.1f} s, {watcher}"
        for local, (opened, closed) in times.items():
            row = clients[local]
            assert row.pid == actor.pid
            assert opened - SAMENESS < watcher.opened[row.id] < closed + SAMENESS
            assert opened - SAMENESS < watcher.closed[row.id] < closed + SAMENESS
        assert watcher.lost == []
        assert (watcher.status.lost, watcher.status.missed) == (0, 0)
        watcher.until(lambda: watcher.slots[-1][0] > time.time() - 2 * INTERVAL)
        assert max(told_gaps(watcher)) <= 0.0, "the time of the stop is vouched for"


class Follower:
    """Follows a source that runs in this process.

    Attributes:
        open: what is open, by id.
        gone: what was open.
        final: the last counters of what was.
        lost: whether anything may be missing.
    """

    def __init__(self, source: EventSource) -> None:
        self.source = source
        source.begin()
        self.open = {row.id: row for row in source.connections()}
        self.gone: dict[int, Connection] = {}
        self.final: dict[int, Counters] = {}
        self.lost = False

    def turn(self) -> None:
        change = self.source.drain()
        assert not self.gone.keys() & {row.id for row in change.changed}
        self.open.update((row.id, row) for row in change.changed)
        self.gone.update((number, self.open.pop(number)) for number in change.gone)
        self.final.update((counters.id, counters) for counters in self.source.counted().final)
        self.lost = self.lost or change.lost_for > 0

    def until(self, true: Callable[[], object]) -> None:
        def tried() -> object:
            self.turn()
            return true()

        wait_until(tried)

    def ends(self, rows: Iterable[Connection], port: int) -> list[Connection]:
        return [row for row in rows if port in {row.local_port, row.remote_port}]


@pytest.fixture
def follower(host: Host) -> Iterator[Callable[[], Follower]]:
    opened: list[EventSource] = []

    def make(stream: Stream | None = None) -> Follower:
        with host.entered():
            opened.append(EventSource(stream))
            return Follower(opened[-1])

    yield make
    for made in opened:
        made.close()


def test_last_words_that_were_lost_cost_bytes_and_nothing_else(
    host: Host, follower: Callable[[], Follower], monkeypatch: pytest.MonkeyPatch
) -> None:
    small = partial(DestroyedSocket, buffer_bytes=64 << 10)
    monkeypatch.setattr(source, "DestroyedSocket", small)
    actor, watch = host.actor(), follower()
    port = actor.number(f"listen('{host.address}')")
    actor.do(f"connect('{host.address}', {port}); accept(); opened[0].send(b'five!')")
    actor.do(f"kept, opened = opened, []; [storm(250, '{host.octets}', {port}) for _ in range(8)]")
    watch.until(lambda: len(watch.ends(watch.gone.values(), port)) == 4_000)
    assert not watch.lost
    assert watch.source.lost == 0
    assert {row.pid for row in watch.ends(watch.gone.values(), port)} == {actor.pid}
    assert len(watch.ends(watch.open.values(), port)) == 3, "the server and what is kept"
    assert any("bytes of some closed connections" in text for text in watch.source.problems)
    assert 0 < len(watch.final.keys() & watch.gone.keys()) < 4_000
    kept = {row.id for row in watch.ends(watch.open.values(), port) if row.remote_port}
    actor.do("kept[0].close(); kept[1].close()")
    watch.until(lambda: kept <= watch.gone.keys() & watch.final.keys())
    assert {watch.final[number].sent for number in kept} == {5, 0}, "what comes later is heard"


@pytest.mark.parametrize("parts", [0, 1], ids=["at once", "half-way"])
def test_a_dump_that_fails_ends_no_connection_and_is_tried_again(
    host: Host, follower: Callable[[], Follower], monkeypatch: pytest.MonkeyPatch, parts: int
) -> None:
    actor = host.actor()
    port = actor.number(f"listen('{host.address}')")
    actor.do(f"for _ in range(3): connect('{host.address}', {port}); accept()")
    watch = follower()
    assert len(watch.ends(watch.open.values(), port)) == 1 + 6
    right = DiagSocket.parts

    def broken(diag: DiagSocket, *, counting: bool) -> Iterator[Part]:
        yield from islice(right(diag, counting=counting), parts)
        raise OSError(errno.ENOBUFS, "no room")

    monkeypatch.setattr(DiagSocket, "parts", broken)
    watch.source._dumps.hurry()  # noqa: SLF001 - else it may take a minute
    watch.until(lambda: any("checked against" in text for text in watch.source.problems))
    assert any("trying again" in text for text in watch.source.problems)
    actor.do(f"connect('{host.address}', {port}); accept()")
    watch.until(lambda: len(watch.ends(watch.open.values(), port)) == 1 + 8)
    monkeypatch.setattr(DiagSocket, "parts", right)
    watch.until(lambda: not watch.source.problems)
    assert len(watch.ends(watch.open.values(), port)) == 1 + 8
    assert watch.ends(watch.gone.values(), port) == []


def test_tiny_rings_overflow_and_the_table_is_right_again(
    host: Host, follower: Callable[..., Follower]
) -> None:
    actor, watch = host.actor(), follower(Stream(ring_bytes=SMALLEST))
    port = actor.number("listen('0.0.0.0')")
    actor.do(f"connect('{host.address}', {port}); accept(); kept, opened = opened, []")
    watch.until(lambda: len(watch.ends(watch.open.values(), port)) == 3)
    before = {row.id for row in watch.ends(watch.open.values(), port)}
    actor.do(f"storm(1_000, '{host.octets}', {port})")
    watch.until(lambda: watch.lost)
    watch.turn()
    assert {row.id for row in watch.ends(watch.open.values(), port)} == before
    actor.do(f"connect('{host.address}', {port}); accept()")
    watch.until(lambda: len(watch.ends(watch.open.values(), port)) == 5)
    watch.until(lambda: watch.source.lost)


QUESTIONS = """
sink = socket.socket(type=socket.SOCK_DGRAM)
sink.bind((address, 53))
asking = socket.socket(type=socket.SOCK_DGRAM)
asking.connect((address, 53))
"""


def test_packets_that_were_lost_are_told_and_names_go_on(host: Host) -> None:
    actor = host.actor()
    actor.do(f"address = '{host.address}'" + QUESTIONS)
    with watching(*host.inside, options=("--source=events", "--observe-dns")) as (watcher, program):
        stop(program)
        asked = query("flood.example").to_wire()
        actor.do(f"for _ in range(60_000): asking.send({asked!r})")
        program.process.send_signal(signal.SIGCONT)
        watcher.until(lambda: any("more name look-ups" in text for text in watcher.status.problems))
        is_seen(watcher, host, actor)
        late = query("late.example", number=8)
        ask = f"asking.send({late.to_wire()!r})"
        tell = f"sink.sendto({answer(late).to_wire()!r}, asking.getsockname())"

        def told() -> bool:
            actor.do(f"{ask}; {tell}")
            return "late.example" in {name.name for name in watcher.names}

        watcher.until(told)
