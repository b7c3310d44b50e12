"""The real enricher, with a collector and viewers made of real sockets."""

import contextlib
import itertools
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import zmq
from helpers import connection, delta, keyframe, listener, wait_until
from helpers_processes import BIN, FakeCollector, Program, Viewer

from connmon_shared import sockets, wire
from connmon_shared.endpoints import Peer, parse
from connmon_shared.messages import (
    ROWS_PER_PART,
    Counters,
    Delta,
    Fact,
    Facts,
    Keyframe,
    Message,
    Names,
    ObservedName,
    Process,
    Processes,
    StateRequest,
    Status,
    Traffic,
    Wait,
)
from connmon_shared.sockets import EndpointError, probe
from connmon_shared.stage.runtime import Runtime
from connmon_shared.timelines.history import History, What
from connmon_shared.timelines.timeline import Mark

START = 1_700_000_000.0
STATUS = Status("collector", "1", "fake", 1.0, ("only what a test says is seen",))
CURL = Process(4242, "curl", 1_000, "me", "/usr/bin/curl", "curl https://a.example")
REMOTE = Peer(parse("198.51.100.7"))


@pytest.fixture
def runtime(directory: Path) -> Runtime:
    return Runtime(directory)


def started(runtime: Runtime, *options: str, stdin: int = subprocess.DEVNULL) -> Program:
    program = Program(
        BIN / "connmon-enricher", f"--runtime-dir={runtime.directory}", *options, stdin=stdin
    )
    wait_until(lambda: listening(runtime) or program.process.poll() is not None)
    return program


def listening(runtime: Runtime) -> bool:
    with contextlib.suppress(EndpointError):
        probe(runtime.state)  # the last one to be bound
        return True
    return False


@pytest.fixture
def enricher(runtime: Runtime) -> Iterator[Program]:
    with started(runtime) as program:
        yield program


@pytest.fixture
def collector(runtime: Runtime, enricher: Program) -> Iterator[FakeCollector]:
    assert enricher.process.poll() is None
    with FakeCollector(runtime) as made:
        assert made.joined()
        yield made


@pytest.fixture
def viewer(runtime: Runtime, enricher: Program) -> Iterator[Viewer]:
    assert enricher.process.poll() is None
    with Viewer(runtime) as made:
        yield made


def same(viewer: Viewer, reference: History) -> bool:
    history = viewer.follower.history
    return (
        viewer.turn()
        and history.session() == reference.session()
        and list(history.records()) == list(reference.records())
        and history.connections == reference.connections
    )


def test_a_late_viewer_gets_the_whole_history(
    runtime: Runtime, collector: FakeCollector, viewer: Viewer
) -> None:
    reference = History()
    collector.send(STATUS, START)
    collector.send(first := keyframe(START, connection(1), listener(2)), START)
    reference.keyframe(first)
    for second in range(1, 200):
        rows = [connection(1_000 + second, f"203.0.113.{second}")]
        gone = [1_000 + second - 5] if second > 5 else []
        collector.send(change := delta(START + second, *rows, gone=gone), START + second)
        reference.delta(change)
    wait_until(lambda: same(viewer, reference))
    with Viewer(runtime) as late:
        wait_until(lambda: same(late, reference))
        assert late.events == []
        assert late.follower.collector == STATUS
        assert late.facts.keys() == {peer.address for peer in reference.tracks if peer[1] == 0}
        collector.send(change := delta(START + 200, gone=[1]), START + 200)
        reference.delta(change)
        for each in (viewer, late):
            wait_until(lambda each=each: same(each, reference))  # type: ignore[misc]
        assert [(event.what, event.peer) for event in late.events] == [(What.CLOSED, REMOTE)]


def test_what_a_row_has_carried_is_the_same_for_who_heard_no_counters(
    runtime: Runtime, collector: FakeCollector, viewer: Viewer
) -> None:
    collector.send(keyframe(START, listener(1)), START)
    viewer.join()
    seconds = range(1, 301)  # more than a queue holds
    for second in seconds:
        counters = Counters(second, 10, 20)
        collector.send(Traffic(START + second, (counters,)), START + second)
        gone = [second - 1] if second > 1 else []
        change = delta(START + second, connection(second), gone=gone)
        collector.send(change, START + second)
    last = Counters(seconds[-1], 11, 22)
    collector.send(Traffic(START + 301, (), (last,)), START + 301)
    collector.send(delta(START + 301, gone=[last.id]), START + 301)
    later = itertools.count(START + 302)

    def caught_up(each: Viewer) -> bool:
        collector.send(delta(moment := next(later)), moment)  # or it knows of no loss
        return carried(each) == (3_001, 6_002)

    with Viewer(runtime) as late:
        wait_until(lambda: caught_up(late))
    wait_until(lambda: caught_up(viewer))


def test_last_counters_that_come_after_the_end_are_added_once_for_everybody(
    runtime: Runtime, collector: FakeCollector, viewer: Viewer
) -> None:
    collector.send(keyframe(START, connection(1), connection(2), connection(3)), START)
    viewer.join()
    collector.send(Traffic(START, (Counters(1, 10, 20), Counters(2, 5, 5))), START)
    collector.send(delta(START + 1, gone=[1, 2, 3]), START + 1)
    with Viewer(runtime) as between:
        between.join()
        wait_until(lambda: carried(between) == carried(viewer) == (15, 25))
        # Of the second all was known; of the third nothing had been counted.
        final = Counters(1, 11, 22), Counters(2, 5, 5), Counters(3, 100, 0)
        for _ in range(2):
            collector.send(Traffic(START + 2, (), final), START + 2)
        collector.send(delta(START + 3), START + 3)
        for each in (viewer, between):
            wait_until(lambda each=each: carried(each) == (116, 27))  # type: ignore[misc]
        assert viewer.follower.details.final[1] == final[0]
    with Viewer(runtime) as late:
        wait_until(lambda: carried(late) == (116, 27))
    collector.send(delta(START + 4, connection(4)), START + 4)
    wait_until(lambda: viewer.turn() and 4 in viewer.follower.history.connections)
    assert carried(viewer) == (116, 27)


def carried(viewer: Viewer) -> tuple[int, int]:
    found = viewer.follower.history.tracks.get(REMOTE) if viewer.turn() else None
    return (found.sent, found.received) if found is not None else (0, 0)


def test_a_log_that_nobody_reads_for_long_goes_on_when_it_is_read(
    runtime: Runtime, collector: FakeCollector
) -> None:
    reading, writing = os.pipe()
    arguments = [str(runtime.directory), "--scroll", "-q", "--no-config"]
    with Program(BIN / "connmon-display", *arguments, stdout=writing) as program:
        os.close(writing)
        collector.send(keyframe(START, connection(1)), START)
        assert str(REMOTE).encode() in os.read(reading, 65_536)
        for number in range(2, 1_400):
            remote = f"10.0.{number >> 8}.{number & 255}"
            change = delta(START + number, connection(number, remote))
            collector.send(change, START + number)
            if number > 1_000:  # what came before is more than pipe and queues hold
                time.sleep(0.02)  # for longer than pings are waited for
        os.set_blocking(reading, False)
        later = itertools.count(START + 1_400)

        def told() -> bool:
            assert program.process.poll() is None, program.complaints
            collector.send(delta(moment := next(later)), moment)  # or it knows of no loss
            with contextlib.suppress(BlockingIOError):
                return f"{remote} ".encode() in os.read(reading, 1 << 20)
            return False

        wait_until(told)
    os.close(reading)


def test_processes_and_traffic_reach_a_viewer_that_is_there_and_one_that_joins(
    runtime: Runtime, collector: FakeCollector, viewer: Viewer
) -> None:
    collector.send(keyframe(START, connection(1), connection(2, "203.0.113.5")), START)
    collector.send(Processes((CURL,)), START)
    collector.send(Traffic(START, (Counters(1, 10, 20),)), START)
    viewer.join()
    collector.send(Processes((CURL._replace(pid=7),)), START + 1)
    collector.send(Traffic(START + 1, (Counters(2, 1, 2),), (Counters(1, 11, 22),)), START + 1)
    collector.send(delta(START + 1, gone=[1]), START + 1)
    wait_until(lambda: viewer.turn() and viewer.events)
    assert viewer.follower.details.final == {1: Counters(1, 11, 22)}
    with Viewer(runtime) as late:
        for each in (viewer, late.join()):
            assert each.follower.details.processes.keys() == {4242, 7}
            assert each.follower.details.counters == {2: Counters(2, 1, 2)}


def test_who_joins_knows_a_host_that_has_just_come_and_says_no_more(
    runtime: Runtime, collector: FakeCollector, viewer: Viewer
) -> None:
    collector.send(keyframe(START), START)
    viewer.join()
    with FakeCollector(runtime, "other") as other, Viewer(runtime) as late:
        assert other.joined()
        late.join()
        other.send(keyframe(START), START)
        wait_until(lambda: viewer.turn() and len(viewer.client.pipeline.hosts) > 1)
        with Viewer(runtime) as later:
            assert later.join().client.pipeline.hosts.keys() == {"here", "other"}


def test_a_name_that_a_collector_saw_reaches_a_viewer_as_a_fact(
    collector: FakeCollector, viewer: Viewer
) -> None:
    collector.send(keyframe(START, connection(1)), START)
    viewer.join()
    collector.send(Names((ObservedName(REMOTE.address, "a.example", START),)), START)
    facts = viewer.facts
    wait_until(lambda: viewer.turn() and facts[REMOTE.address].name)
    assert facts[REMOTE.address].name == "a.example"
    assert facts[REMOTE.address].name_source == "dns"


def scroll_view(runtime: Runtime) -> Program:
    options = ("--scroll", "--ts=epoch", "-q", f"--runtime-dir={runtime.directory}")
    return Program(BIN / "connmon-display", *options)


def told(display: Program) -> list[str]:
    """Return the lines of a view but those that a slow machine alone causes."""
    return [line for line in display.seen if "heartbeat" not in line]


def test_who_looks_for_a_moment_only_learns_what_is_not_seen(
    runtime: Runtime, collector: FakeCollector, viewer: Viewer
) -> None:
    collector.send(keyframe(START, connection(1)), START)
    viewer.join()
    with scroll_view(runtime) as display:
        display.line("ACTIVE")
        collector.send(replace(STATUS, lost=17), START)

        def told() -> bool:
            viewer.turn()
            return any("17 kernel events lost" in each.text for each in viewer.client.problems)

        wait_until(told)
        collector.send(delta(START + 1, connection(2, "198.51.100.9")), START + 1)
        display.line("NEW")
        display.process.send_signal(signal.SIGTERM)
        assert display.ended() == 143
        assert any("17 kernel events lost" in line for line in display.complaints)


def test_the_scroll_view_tells_times_traffic_and_losses(
    runtime: Runtime, collector: FakeCollector, viewer: Viewer
) -> None:
    collector.send(replace(STATUS, lost=17), START)
    collector.send(keyframe(START), START)
    viewer.join()
    with scroll_view(runtime) as display:
        wait_until(lambda: any("17 kernel events lost" in line for line in display.complaints))
        row = connection(1)._replace(container="3f1c09aa21bd")
        end = START + 1.1
        collector.send(Delta(end, START + 1, end, (row,), (), (), (50,), ()), end)
        assert display.line("NEW").startswith(f"[{START + 1.05:.3f}] NEW")
        collector.send(Traffic(end, (), (Counters(1, 1_200, 34_000, rtt=3_100),)), end)
        stretch = (START + 1.3, START + 1.5)
        end = START + 2
        collector.send(Delta(end, START + 1.1, end, (), (1,), (stretch,), (), (250,)), end)
        display.line("CLOSED")
        display.line("GAP → not observed")
    lost = " to ".join(f"{moment:.3f}" for moment in stretch)
    whom = "198.51.100.7  ESTABLISHED:443(https)  curl[4242]"
    carried = "in 3f1c09aa21bd  sent 1.2 kB, received 34 kB, rtt 3.1 ms"
    assert told(display) == [
        f"[{START + 1.05:.3f}] NEW → {whom}  in 3f1c09aa21bd",
        f"[{START + 1.75:.3f}] CLOSED → {whom}  {carried}",
        f"[{START + 1.5:.3f}] GAP → not observed  {lost}: events were lost",
    ]


def test_losses_that_go_on_are_told_once_and_whole(
    runtime: Runtime, collector: FakeCollector, viewer: Viewer
) -> None:
    collector.send(keyframe(START, listener(9)), START)
    viewer.join()
    with scroll_view(runtime) as display:
        display.line("LISTEN")
        collector.send(delta(START + 1), START + 1)
        for tenth in range(5):  # as a collector does that drains ten times a second
            begin, end = START + 1 + tenth / 10, START + 1 + (tenth + 1) / 10
            collector.send(Delta(end, end, end, (), (), ((begin, end),)), end)
        collector.send(delta(START + 2), START + 3)
        collector.send(delta(START + 9, connection(1)), START + 9)
        display.line("NEW")
    assert [line.partition("not observed  ")[2] for line in told(display)[-3:]] == [
        f"{START + 1:.3f} to {START + 1.5:.3f}: events were lost",
        "for 6s",
        "",
    ]


def test_a_path_that_is_no_text_is_told_to_viewers_all_the_same(runtime: Runtime) -> None:
    path = os.fsdecode(b"/nowhere/\xff\xfe/") + "x" * 2_000
    options = ("--lookup-country", f"--geo-path={path}")
    with (
        started(runtime, *options) as enricher,
        FakeCollector(runtime) as collector,
        Viewer(runtime) as viewer,
    ):
        assert collector.joined()
        collector.send(keyframe(START, connection(1)), START)
        viewer.join()
        problems = viewer.client.pipeline.statuses["", "enricher"].problems
        assert any("/nowhere/??/x" in problem for problem in problems)
        assert enricher.process.poll() is None


def test_a_viewer_that_comes_first_is_told_what_it_waits_for(
    runtime: Runtime, viewer: Viewer
) -> None:
    wait_until(lambda: viewer.turn() or viewer.client.pipeline.waiting)
    assert "no collector" in viewer.client.pipeline.waiting
    with FakeCollector(runtime) as collector:
        assert collector.joined()
        collector.send(keyframe(START, connection(1)), START)
        viewer.join()
    assert len(viewer.follower.history.tracks[REMOTE].open) == 1


def test_after_a_lost_delta_the_enricher_asks_for_a_keyframe(
    collector: FakeCollector, viewer: Viewer
) -> None:
    collector.send(keyframe(START, connection(1)), START)
    viewer.join()
    collector.lose(delta(START + 1, connection(2), gone=[1]))
    collector.send(delta(START + 2), START + 2)
    assert collector.joined()
    collector.send(keyframe(START + 3, connection(2)), START + 3)
    collector.send(delta(START + 4, connection(3, "203.0.113.1")), START + 4)
    wait_until(lambda: viewer.turn() and 3 in viewer.follower.history.connections)
    assert set(viewer.follower.history.connections) == {2, 3}
    assert viewer.follower.history.coverage.gaps == [(10, 30)]


def test_a_large_keyframe_after_a_loss_reaches_a_viewer_whole(
    collector: FakeCollector, viewer: Viewer
) -> None:
    collector.send(keyframe(START, connection(1)), START)
    viewer.join()
    collector.lose(delta(START + 1))
    collector.send(delta(START + 2), START + 2)
    assert collector.joined()
    rows = tuple(
        connection(number, f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
        for number in range(30_000)
    )
    parts = list(wire.in_parts(Keyframe(START + 3, START + 3, START + 4, rows)))
    assert len(parts) == len(rows) // ROWS_PER_PART
    for index, part in enumerate(parts):
        collector.socket.send_multipart(
            collector.sender.frames(part, START + 3, (index, len(parts)))
        )
    collector.send(delta(START + 4, connection(99_999, "203.0.113.1")), START + 4)

    def here() -> bool:
        collector.send(delta(START + 5), START + 5)  # the heartbeat shows what was lost
        return viewer.turn() and 99_999 in viewer.follower.history.connections

    wait_until(here)
    assert len(viewer.follower.history.connections) == len(rows) + 1


def test_a_restarted_collector_is_followed_and_the_log_goes_on(
    runtime: Runtime, collector: FakeCollector, viewer: Viewer
) -> None:
    collector.send(keyframe(START, connection(1), connection(2, "203.0.113.5")), START)
    viewer.join()
    with FakeCollector(runtime) as restarted:
        assert restarted.joined()

        def followed() -> bool:
            if restarted.joined(0.05):
                again = keyframe(START + 9, connection(77), connection(78, "203.0.113.6"))
                restarted.send(again, START + 9)
            restarted.send(delta(START + 10), START + 10)
            return viewer.turn() and 77 in viewer.follower.history.connections

        wait_until(followed)
    assert [(event.what, str(event.peer)) for event in viewer.events] == [
        (What.CLOSED, "203.0.113.5"),
        (What.NEW, "203.0.113.6"),
    ]
    assert viewer.follower.history.coverage.gaps == [(1, 90)]
    assert viewer.follower.history.tracks[REMOTE].timeline.marks(0, 10, 1)[0] == Mark.ACTIVE


def test_a_restarted_enricher_has_its_viewer_back(runtime: Runtime) -> None:
    with Viewer(runtime) as viewer:
        for remote in ("198.51.100.7", "203.0.113.5"):
            with started(runtime), FakeCollector(runtime) as collector:
                assert collector.joined()
                collector.send(keyframe(START, connection(1, remote)), START)
                peer = Peer(parse(remote))

                def here(peer: Peer = peer, collector: FakeCollector = collector) -> bool:
                    collector.send(delta(START + 1), START + 1)
                    return viewer.turn() and peer in viewer.follower.history.tracks

                wait_until(here)
                assert list(viewer.follower.history.tracks) == [peer]


def test_what_an_enricher_missed_while_it_was_stopped_reaches_a_viewer_whole(
    enricher: Program, collector: FakeCollector, viewer: Viewer
) -> None:
    collector.send(keyframe(START, connection(1)), START)
    viewer.join()
    enricher.process.send_signal(signal.SIGSTOP)
    numbers = range(2, 202)
    for number in numbers:  # each is over before anybody looks
        change = delta(START + number, connection(number), gone=[number])
        collector.send(change, START + number)
    enricher.process.send_signal(signal.SIGCONT)

    def ended() -> int:
        viewer.turn()
        return sum(event.what == What.CLOSED for event in viewer.events)

    wait_until(lambda: ended() == len(numbers))
    told = [event.connection.id for event in viewer.events if event.what == What.CLOSED]
    assert told == [*numbers]


def test_a_viewer_that_stops_reading_disturbs_nobody(
    runtime: Runtime, collector: FakeCollector, viewer: Viewer
) -> None:
    reference = History()
    with zmq.Context[sockets.Socket]() as context, sockets.subscriber(context, b"v2/") as stopped:
        stopped.connect(runtime.view)
        collector.send(first := keyframe(START), START)
        reference.keyframe(first)
        viewer.join()
        for second in range(1, 200):
            rows = [connection(second * 20 + i, f"10.0.{second}.{i}") for i in range(20)]
            collector.send(change := delta(START + second, *rows), START + second)
            reference.delta(change)

        def heartbeat_heard() -> bool:  # the end of a burst is missed only until the next one
            beat = delta(START + 200)
            collector.send(beat, START + 200)
            reference.delta(beat)
            return same(viewer, reference)

        wait_until(heartbeat_heard)


# Hostile peers.


def dealer(context: zmq.Context[sockets.Socket], runtime: Runtime) -> sockets.Socket:
    sock = sockets.client(context)
    sock.setsockopt(zmq.SNDTIMEO, 20_000)
    sock.setsockopt(zmq.RCVTIMEO, 20_000)
    sock.connect(runtime.state)
    return sock


def damaged(chance: random.Random, frame: bytes) -> bytes:
    data = bytearray(frame)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        data[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
    return bytes(data)


def hostile(chance: random.Random, sender: wire.Sender) -> list[bytes]:
    messages: list[Message] = [
        keyframe(START, connection(chance.randrange(9)), listener(2)),
        delta(START + chance.choice([1, 5, 1e9]), connection(chance.randrange(9)), gone=[1]),
        Facts((Fact(b"1234"),)),
        StateRequest(),
        Wait(""),
    ]
    topic, header, body = sender.frames(chance.choice(messages), START)
    match chance.randrange(5):
        case 0:
            return [topic, chance.randbytes(chance.randrange(60)), body]
        case 1:
            return [topic, header, chance.randbytes(chance.randrange(60))]
        case 2:
            return [topic, damaged(chance, header), body]
        case 3:
            return [topic, header, damaged(chance, body)]
    return [topic, *(chance.randbytes(9) for _ in range(chance.randrange(5)))]


NESTED = b"\x91" * 1_020 + b"\xc0"
CRAFTED = [
    [b"v2/"],
    [b"v2/", b"", b""],
    [b"v2/", NESTED, b""],
    [b"v2/", b"\x92\x02" + NESTED, b""],
    [b"v2/", NESTED + b"\xc0", b""],
    [b"v2/", b"\xdd\x00\x0f\x42\x40" * 1_000, b""],
    [b"v2/", *[b"x"] * 100],
]


def test_garbage_on_the_feed_does_not_end_the_enricher(
    collector: FakeCollector, enricher: Program, viewer: Viewer
) -> None:
    chance = random.Random(1)  # noqa: S311 - the same garbage every time
    for frames in CRAFTED:
        collector.socket.send_multipart(frames)
    for wrapped in (NESTED, NESTED + b"\xc0"):
        topic, header, _ = collector.sender.frames(delta(START), START)
        collector.socket.send_multipart([topic, header, wrapped])
    for _ in range(3_000):
        collector.socket.send_multipart(hostile(chance, collector.sender))

    def recovered() -> bool:
        if collector.joined(0.05):
            collector.send(keyframe(START + 20, connection(4_711)), START + 20)
        # To an enricher that the garbage left in step a keyframe is no news.
        collector.send(delta(START + 21, connection(4_711)), START + 21)
        return viewer.turn() and 4_711 in viewer.follower.history.connections

    wait_until(recovered)
    assert enricher.process.poll() is None
    assert len(enricher.complaints) < 50
    assert viewer.follower.live


def test_a_frame_that_is_too_large_only_costs_its_sender_the_connection(
    collector: FakeCollector, enricher: Program, viewer: Viewer
) -> None:
    collector.send(keyframe(START, connection(1)), START)
    viewer.join()
    collector.socket.send_multipart([b"v2/", bytes(9 << 20), b""])
    assert collector.joined()
    collector.send(delta(START + 1, connection(2)), START + 1)
    wait_until(lambda: viewer.turn() and 2 in viewer.follower.history.connections)
    assert enricher.process.poll() is None


def test_garbage_on_the_state_does_not_end_the_enricher(
    runtime: Runtime, collector: FakeCollector, enricher: Program, viewer: Viewer
) -> None:
    chance = random.Random(2)  # noqa: S311 - the same garbage every time
    collector.send(keyframe(START, connection(1)), START)
    sender = wire.Sender("rogue", wire.new_epoch())
    with zmq.Context[sockets.Socket]() as context, dealer(context, runtime) as rogue:
        for frames in CRAFTED:
            if max(map(len, frames)) <= 1_024:
                rogue.send_multipart(frames)
        for _ in range(2_000):
            rogue.send_multipart(hostile(chance, sender))
        rogue.send_multipart(sender.frames(StateRequest(2**64 - 1, 2**53 - 1), START))
        rogue.send(bytes(2_000))
    viewer.join()
    assert enricher.process.poll() is None
    assert len(viewer.follower.history.tracks[REMOTE].open) == 1


def test_strange_subscriptions_do_not_end_the_enricher(
    runtime: Runtime, collector: FakeCollector, enricher: Program, viewer: Viewer
) -> None:
    collector.send(keyframe(START, connection(1)), START)
    with zmq.Context[sockets.Socket]() as context, context.socket(zmq.XSUB) as rogue:
        rogue.setsockopt(zmq.SNDTIMEO, 20_000)
        rogue.setsockopt(zmq.LINGER, 5_000)
        rogue.connect(runtime.view)
        for frames in (
            [b""],
            [b"\x01", b"more", b"and more"],
            [b"x" * 200],
            [b"\x01" + b"y" * 200],
        ):
            rogue.send_multipart(frames)
        rogue.send(b"\x01v2/")  # what came before was taken in once this one is answered
        wait_until(lambda: rogue.poll(50) or rogue.send(b"\x01v2/"))
    viewer.join()
    assert enricher.process.poll() is None


# Starting and ending.


def test_sigterm_ends_it_with_143(enricher: Program, runtime: Runtime) -> None:
    enricher.process.send_signal(signal.SIGTERM)
    assert enricher.ended() == 143
    assert not listening(runtime)


def test_it_ends_when_its_lifeline_closes(runtime: Runtime) -> None:
    with started(runtime, "--lifeline=0", stdin=subprocess.PIPE) as enricher:
        assert enricher.process.stdin is not None
        enricher.process.stdin.close()
        assert enricher.ended() == 0


def test_it_ends_while_garbage_comes(collector: FakeCollector, enricher: Program) -> None:
    for _ in range(500):
        collector.socket.send_multipart([b"v2/", b"x", b"y"])
    enricher.process.send_signal(signal.SIGTERM)
    assert enricher.ended() == 143


def test_a_second_enricher_is_refused_in_one_line(enricher: Program, runtime: Runtime) -> None:
    with Program(BIN / "connmon-enricher", f"--runtime-dir={runtime.directory}") as second:
        assert second.ended() == 75
        [line] = second.complaints
    assert f"process {enricher.process.pid}" in line
    assert "connmon-display" in line
    assert enricher.process.poll() is None
    assert listening(runtime)


def test_after_kill_9_another_can_start_at_once(runtime: Runtime) -> None:
    with started(runtime) as first:
        first.process.kill()
        assert first.ended() == 137
    with started(runtime) as second, Viewer(runtime) as viewer:
        wait_until(lambda: viewer.turn() or viewer.client.pipeline.waiting)
        assert second.process.poll() is None


def blocked_by_mode(directory: Path) -> Path:
    directory.chmod(0o777)
    return directory


def blocked_by_a_file(directory: Path) -> Path:
    (directory / "file").write_text("")
    return directory / "file"


def blocked_by_a_link(directory: Path) -> Path:
    (directory / "link").symlink_to(directory)
    return directory / "link"


def blocked_by_length(directory: Path) -> Path:
    return directory / ("x" * 100)


def blocked_by_what_lies_there(directory: Path) -> Path:
    (directory / "feed").mkdir()
    return directory


def blocked_by_a_linked_lock(directory: Path) -> Path:
    (directory / "lock").symlink_to("elsewhere")
    return directory


@pytest.mark.parametrize(
    "block",
    [
        *(blocked_by_mode, blocked_by_a_file, blocked_by_a_link, blocked_by_length),
        *(blocked_by_what_lies_there, blocked_by_a_linked_lock),
    ],
)
def test_a_runtime_directory_that_cannot_be_used_is_said_in_one_line(
    directory: Path, block: Callable[[Path], Path]
) -> None:
    with Program(BIN / "connmon-enricher", f"--runtime-dir={block(directory)}") as enricher:
        assert enricher.ended() == 69
        [line] = enricher.complaints
    assert line.startswith("connmon-enricher: ")


def test_a_viewer_says_that_the_enricher_does_not_answer(
    runtime: Runtime, enricher: Program
) -> None:
    enricher.process.send_signal(signal.SIGSTOP)
    with scroll_view(runtime) as display:
        wait_until(lambda: any("does not answer" in line for line in display.complaints))
    enricher.process.send_signal(signal.SIGCONT)
