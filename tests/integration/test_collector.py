"""The real `connmon-collector`, feeding a subscriber that the test binds."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import pytest
import zmq

from connmon_shared import codec, sockets, wire
from connmon_shared.endpoints import parse
from connmon_shared.messages import (
    Counters,
    Delta,
    Header,
    Keyframe,
    Message,
    Process,
    Processes,
    Status,
    Traffic,
)
from connmon_shared.stage.runtime import Runtime
from connmon_shared.timelines.states import State

COMMAND = [sys.executable, "-I", "-m", "connmon_collector"]
INTERVAL = 0.2  # seconds; fast, and a number that floats cannot hold
DEADLINE = 15.0  # seconds, for anything to happen
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
EVENTS = pytest.param("events", marks=[LINUX, pytest.mark.root])
POLL = pytest.param("poll", marks=LINUX)
SOURCES = pytest.mark.parametrize("source", [EVENTS, POLL])

HOST = "tested"
Received = tuple[Header, Message]
Kind = TypeVar("Kind", bound=Message)


class Enricher:
    """The other end of the feed: a bound subscriber and a collector that connects to it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._processes: list[subprocess.Popen[str]] = []
        self._socket = self._bind()

    def _bind(self) -> sockets.Socket:
        bound = sockets.subscriber(self._context, wire.EVERYTHING)
        runtime = Runtime(self.directory)
        bound.bind(runtime.feed)
        runtime.admit_collector()
        return bound

    def leave(self) -> None:
        """Listen no longer."""
        self._socket.close(linger=0)

    def rebind(self) -> None:
        """Be a new enricher at the same place."""
        self.leave()
        self._socket = self._bind()

    def collector(self, *options: str, fds: tuple[int, ...] = ()) -> subprocess.Popen[str]:
        place = ("--interval", str(INTERVAL), "--runtime-dir", str(self.directory), "--host", HOST)
        started = subprocess.Popen(
            [*COMMAND, *place, *options], stderr=subprocess.PIPE, text=True, pass_fds=fds
        )
        self._processes.append(started)
        return started

    def subscribe_again(self, host: str = HOST) -> None:
        """Subscribe once more, to what comes of `host`, as an enricher that lost something."""
        topic = wire.topic(host, os.urandom(4).hex())
        self._socket.setsockopt(zmq.SUBSCRIBE, topic)

    def late(self, seconds: float) -> Received | None:
        """Return what comes within `seconds`."""
        return self.receive() if self._socket.poll(int(seconds * 1_000)) else None

    def receive(self) -> Received:
        assert self._socket.poll(int(DEADLINE * 1_000)), "nothing came"
        header, body = wire.split(self._socket.recv_multipart())
        return header, codec.decode(header.kind, body)

    def until(self, enough: Callable[[list[Received]], object]) -> list[Received]:
        """Receive until it is enough, and return all."""
        received: list[Received] = []
        limit = time.monotonic() + DEADLINE
        while not enough(received):
            assert time.monotonic() < limit, f"not enough: {len(received)}, {received[-3:]}"
            received.append(self.receive())
        return received

    def keyframe(self) -> Keyframe:
        """Return the next keyframe, which is small enough to be whole."""
        found = only(Keyframe, self.until(lambda got: only(Keyframe, got)))
        return found[0]

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.communicate()
        self._context.destroy(linger=0)


def only(kind: type[Kind], received: list[Received]) -> list[Kind]:
    return [message for _, message in received if isinstance(message, kind)]


@pytest.fixture
def enricher(tmp_path: Path) -> Iterator[Enricher]:
    opened = Enricher(tmp_path)
    yield opened
    opened.close()


@SOURCES
def test_a_subscriber_gets_status_and_keyframe_then_deltas(enricher: Enricher, source: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        enricher.collector("--source", source)
        received = enricher.until(lambda got: only(Keyframe, got))
        (first, status), (second, keyframe) = received[-2:]  # a delta may slip in before them
        port = listener.getsockname()[1]
        received = enricher.until(heartbeats)
    assert isinstance(status, Status)
    assert (status.stage, status.interval, status.missed) == ("collector", INTERVAL, 0)
    assert isinstance(keyframe, Keyframe)
    (row,) = (r for r in keyframe.connections if r.local_port == port and not r.remote)
    assert (row.state, row.pid) == (State.LISTEN, os.getpid())
    (process,) = (one for one in processes(received) if one.pid == row.pid)
    assert (process.name, process.uid) == (row.process, os.getuid())
    assert heartbeats(received)[0].begin == keyframe.end
    assert {(header.host, header.epoch) for header, _ in received} == {(HOST, first.epoch)}
    numbered = [header for header, _ in received if header.kind in wire.NUMBERED]
    for before, after in pairwise([second, *numbered]):
        assert (after.base, after.seq) == (before.seq, before.seq + 1)


def test_a_collector_tells_how_it_is_again_and_again(enricher: Enricher) -> None:
    before = time.time()
    process = enricher.collector()
    first, second = only(Status, enricher.until(lambda got: len(only(Status, got)) > 1))
    assert first.pid == second.pid == process.pid
    assert before - 1 <= first.started == second.started <= time.time() + 1
    then, now = dict(first.figures), dict(second.figures)
    assert {"connections", "messages", "bytes", "dropped", "cpu", "memory"} <= now.keys()
    assert all(then[name] < now[name] for name in ("messages", "bytes", "cpu"))
    assert now["memory"] > 1 << 20


def heartbeats(received: list[Received]) -> list[Delta]:
    """Return the deltas that vouch for time, of large ones the first piece.

    Those in between only tell early.
    """
    beats = [delta for delta in only(Delta, received) if delta.begin < delta.end]
    return [
        one
        for before, one in pairwise([None, *beats])
        if one is not None and not _same_slot(before, one)
    ]


def _same_slot(before: Delta | None, one: Delta) -> bool:
    return before is not None and (before.begin, before.end) == (one.begin, one.end)


def processes(received: list[Received]) -> list[Process]:
    return [one for message in only(Processes, received) for one in message.processes]


@SOURCES
def test_an_idle_host_is_told_every_interval(enricher: Enricher, source: str) -> None:
    enricher.collector("--source", source)
    beats = heartbeats(enricher.until(lambda got: len(heartbeats(got)) >= 8))
    for before, after in pairwise(beats):
        assert before.end == after.begin
    for beat in beats[1:]:
        assert beat.begin == round(beat.begin / INTERVAL) * INTERVAL, "on the wall clock's grid"
        assert beat.begin <= beat.time
        assert source == "events" or beat.time < beat.end


@pytest.mark.root
@LINUX
def test_what_happens_is_told_between_the_heartbeats_with_its_age(enricher: Enricher) -> None:
    enricher.collector("--source", "events", "--interval", "60")
    enricher.keyframe()
    if not _told_between(enricher, "127.0.0.78"):  # a minute was just over
        assert _told_between(enricher, "127.0.0.79"), "it vouches for nothing"


def _told_between(enricher: Enricher, address: str) -> bool:
    """Listen at `address`, see the age that is told, and return whether no heartbeat told it."""
    place, began = parse(address), time.time()
    with socket.create_server((address, 0)):
        received = enricher.until(
            lambda got: any(row.local == place for d in only(Delta, got) for row in d.changed)
        )
    delta = only(Delta, received)[-1]
    ages = zip(delta.changed, delta.changed_ages, strict=True)
    (opened,) = (delta.time - age / 1_000 for row, age in ages if row.local == place)
    assert began - 0.01 <= opened <= time.time()
    return delta.begin == delta.end == delta.time


def test_a_connection_is_seen_to_open_and_close(enricher: Enricher) -> None:
    enricher.collector()
    enricher.keyframe()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        port = client.getsockname()[1]

        def opened(received: list[Received]) -> list[int]:
            rows = (row for delta in only(Delta, received) for row in delta.changed)
            return [row.id for row in rows if row.local_port == port]

        (number,) = opened(enricher.until(opened))
        client.close()
        listener.accept()[0].close()
        enricher.until(lambda got: any(number in delta.gone for delta in only(Delta, got)))


@LINUX
def test_a_connection_shorter_than_the_interval_comes_and_goes_in_one_delta(
    enricher: Enricher,
) -> None:
    enricher.collector()
    enricher.keyframe()
    with socket.create_server(("127.0.0.77", 0)) as listener:
        with socket.create_connection(listener.getsockname()):
            pass
        listener.accept()[0].close()
        place = parse("127.0.0.77")

        def short(received: list[Received]) -> list[Delta]:
            return [
                delta
                for delta in only(Delta, received)
                for row in delta.changed
                if row.remote == place and row.id in delta.gone
            ]

        enricher.until(short)


@LINUX
def test_who_comes_late_gets_the_first_keyframe(enricher: Enricher) -> None:
    """One sent before anybody could get it would put the next off for a second."""
    enricher.leave()
    with socket.create_server(("127.0.0.1", 0)):  # so there is a process to tell of
        process = enricher.collector("--source", "poll", "--interval", "60", "--verbose")
        assert process.stderr is not None
        assert "connections come from" in process.stderr.readline()
        enricher.rebind()
        header, _ = enricher.until(lambda got: only(Keyframe, got))[-1]
    assert header.base <= 1  # a heartbeat, if the minute was just over


def test_a_new_enricher_is_welcomed_again(enricher: Enricher) -> None:
    enricher.collector()
    enricher.keyframe()
    enricher.rebind()
    received = enricher.until(lambda got: only(Keyframe, got))
    assert isinstance(received[-2][1], Status)
    after = heartbeats(enricher.until(heartbeats))[0]
    assert after.begin == only(Keyframe, received)[0].end


@LINUX
@SOURCES
def test_what_connections_carried_that_stay_idle_is_told_to_every_new_enricher(
    enricher: Enricher, source: str
) -> None:
    with contextlib.ExitStack() as opened:
        listener = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        place = listener.getsockname()
        used, fresh = (opened.enter_context(socket.create_connection(place)) for _ in range(2))
        opened.callback(listener.accept()[0].close)
        opened.callback(listener.accept()[0].close)
        used.send(bytes(1001))
        enricher.collector("--source", source)
        for _ in range(2):
            received: list[Received] = enricher.until(
                lambda got: all(counters_of(end, got) for end in (used, fresh))
            )
            found = [counters_of(end, received) for end in (used, fresh)]
            assert [(c.sent, c.received, c.rtt > 0) for c in found if c] == [
                (1001, 0, True),
                (0, 0, True),
            ]
            enricher.rebind()


@LINUX
@SOURCES
def test_rates_are_known_once_there_are_two_counts(enricher: Enricher, source: str) -> None:
    with contextlib.ExitStack() as opened:
        listener = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        end = opened.enter_context(socket.create_connection(listener.getsockname()))
        opened.callback(listener.accept()[0].close)
        end.send(bytes(1001))
        enricher.collector("--source", source)
        received = enricher.until(lambda got: counters_of(end, got))
        first = counters_of(end, received)
        assert first is not None
        second = first._replace(measured=True)
        assert (first.sent, first.measured) == (1001, False)
        enricher.until(lambda got: any(second in told.counters for told in only(Traffic, got)))


@LINUX
def test_counters_that_are_told_again_are_as_old_as_they_were(enricher: Enricher) -> None:
    """A rate of then is none of the time since: see `Traffic`."""
    with contextlib.ExitStack() as opened:
        listener = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        enricher.collector("--source", "poll")
        before = enricher.until(lambda got: only(Keyframe, got))
        end = opened.enter_context(socket.create_connection(listener.getsockname()))
        end.send(bytes(1001))
        before += enricher.until(lambda got: only(Traffic, got))
        enricher.subscribe_again()
        between = enricher.until(lambda got: only(Keyframe, got))
        (again,) = only(Traffic, enricher.until(lambda got: only(Traffic, got)))
    told = [traffic for traffic in only(Traffic, before + between) if traffic.counters]
    assert (again.time, again.span) == (told[-1].time, told[-1].span)


def counters_of(end: socket.socket, received: list[Received]) -> Counters | None:
    """Return the newest counters of the connection with this end."""
    port = end.getsockname()[1]
    rows = [row for frame in only(Keyframe, received) for row in frame.connections]
    ids = {row.id for row in rows if row.local_port == port and row.remote}
    told = (counters for traffic in only(Traffic, received) for counters in traffic.counters)
    return next((counters for counters in told if counters.id in ids), None)


def test_many_subscriptions_within_a_second_get_few_keyframes(enricher: Enricher) -> None:
    enricher.collector()
    enricher.keyframe()
    for _ in range(5):
        enricher.subscribe_again()
    received = enricher.until(lambda got: only(Keyframe, got))
    received += enricher.until(lambda got: len(heartbeats(got)) >= 10)
    assert len(only(Keyframe, received)) <= 3


def test_what_another_host_is_asked_for_is_not_answered(enricher: Enricher) -> None:
    enricher.collector()
    enricher.keyframe()
    enricher.subscribe_again("another")
    received = enricher.until(lambda got: len(heartbeats(got)) >= 15)
    assert not only(Keyframe, received)
    enricher.subscribe_again()
    enricher.keyframe()


def test_a_stopped_poller_leaves_a_gap_and_no_burst(enricher: Enricher) -> None:
    received = stop_for_a_while(enricher, "poll")
    before, *deltas = heartbeats(received)
    assert deltas[0].begin >= before.end + 4 * INTERVAL, "nobody vouches for the time between"
    for earlier, later in pairwise(deltas):
        assert earlier.end == later.begin, "one slot each, and none twice"
    assert only(Status, received)[-1].missed >= 4


@pytest.mark.root
@LINUX
def test_what_happens_while_the_listener_is_stopped_is_no_gap(enricher: Enricher) -> None:
    received = stop_for_a_while(enricher, "events")
    beats = heartbeats(received)
    assert max(beat.end - beat.begin for beat in beats) >= 4 * INTERVAL, "one vouches for it all"
    for earlier, later in pairwise(beats):
        assert earlier.end == later.begin
    assert not any(delta.lost for delta in only(Delta, received))
    assert [status.missed for status in only(Status, received)] == [0] * len(only(Status, received))
    rows = (row for delta in only(Delta, received) for row in delta.changed)
    assert {row.pid for row in rows if row.remote == STOPPED} == {os.getpid()}


STOPPED = parse("127.0.0.79")


def stop_for_a_while(enricher: Enricher, source: str) -> list[Received]:
    """Stop a collector while a connection opens and closes, and return all from just before."""
    process = enricher.collector("--source", source)
    enricher.keyframe()
    before = enricher.until(lambda got: len(heartbeats(got)) >= 2)[-1:]
    process.send_signal(signal.SIGSTOP)
    while (late := enricher.late(5 * INTERVAL)) is not None:
        before.append(late)
    with socket.create_server(("127.0.0.79", 0)) as listener:
        with socket.create_connection(listener.getsockname()):
            pass
        listener.accept()[0].close()
    process.send_signal(signal.SIGCONT)
    begin = heartbeats(before)[-1]
    after = enricher.until(
        lambda got: (
            len(heartbeats(got)) >= 6
            and (source == "events" or any(s.missed for s in only(Status, got)))
        )
    )
    return [each for each in before if each[1] is begin] + after


def test_it_waits_for_an_enricher_that_comes_later(tmp_path: Path) -> None:
    arguments = ["--interval", "0.1", "--runtime-dir", str(tmp_path)]
    with subprocess.Popen([*COMMAND, *arguments], stderr=subprocess.PIPE) as process:
        late = Enricher(tmp_path)
        try:
            late.keyframe()
        finally:
            late.close()
            process.terminate()


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name
)
def test_a_signal_ends_it_in_order(enricher: Enricher, number: signal.Signals) -> None:
    process = enricher.collector()
    enricher.keyframe()
    process.send_signal(number)
    _, complaint = process.communicate(timeout=DEADLINE)
    assert (process.returncode, complaint) == (128 + number, "")


def test_it_ends_with_its_lifeline(enricher: Enricher) -> None:
    ours, held = os.pipe()[::-1]
    process = enricher.collector("--lifeline", str(held), fds=(held,))
    os.close(held)
    enricher.keyframe()
    os.close(ours)
    _, complaint = process.communicate(timeout=DEADLINE)
    assert (process.returncode, complaint) == (0, "")


def test_it_ends_although_the_enricher_is_gone(enricher: Enricher) -> None:
    process = enricher.collector()
    enricher.keyframe()
    enricher.rebind()
    process.terminate()
    process.communicate(timeout=DEADLINE)
    assert process.returncode == 128 + signal.SIGTERM


def run(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *options], capture_output=True, text=True, timeout=DEADLINE, check=False
    )


@pytest.mark.parametrize(
    "options",
    [
        ["--interval", "0"],
        ["--interval", "0.09"],
        ["--interval", "61"],
        ["--interval", "nan"],
        ["--interval", "soon"],
        ["--interval", "1\x1b[2J\n2"],
        ["--source", "magic"],
        ["--host", "a/b"],
        ["--host", ""],
        ["--lifeline", "99"],
        ["--lifeline", "x"],
        ["--no-such-option"],
        ["extra"],
    ],
    ids=" ".join,
)
def test_a_bad_option_is_one_line(options: list[str]) -> None:
    done = run(*options)
    assert done.returncode == 2
    assert done.stderr.startswith("connmon-collector: ")
    assert done.stderr.count("\n") == 1
    assert done.stderr.rstrip("\n").isprintable()
    assert done.stdout == ""


def test_version_and_help() -> None:
    assert run("--version").stdout.startswith("connmon ")
    assert "--interval SECONDS" in run("--help").stdout


ALLOWED = {"psutil", "zmq", "msgpack", "connmon_collector", "connmon_shared"}
LIST_MODULES = """
import json, os, sys, sysconfig
at_start = set(sys.modules)
readable, writable = os.pipe()
os.close(writable)  # a launcher that is gone: it ends after one turn
sys.argv = ["connmon-collector", "--lifeline", str(readable), *{options!r}]
from connmon_collector import cli
try:
    cli.main()
except SystemExit as end:
    assert end.code == 0, end.code
standard = sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")
def foreign(module):
    path = getattr(module, "__file__", None) or standard[0]
    return "site-packages" in path or not path.startswith(standard)
loaded = {{name: foreign(sys.modules[name]) for name in set(sys.modules) - at_start}}
print(json.dumps(loaded))
"""


@pytest.mark.parametrize("source", [EVENTS, POLL, "psutil"])
def test_it_loads_nothing_but_what_is_allowed(tmp_path: Path, source: str) -> None:
    script = LIST_MODULES.format(options=["--source", source, "--runtime-dir", str(tmp_path)])
    done = subprocess.run(
        [sys.executable, "-I", "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        timeout=DEADLINE,
        check=True,
    )
    loaded: dict[str, bool] = json.loads(done.stdout)
    foreign = {name.partition(".")[0] for name, is_foreign in loaded.items() if is_foreign}
    assert foreign <= ALLOWED
    assert ("psutil" in foreign) == (source == "psutil")


def test_a_runtime_directory_with_too_long_a_path_is_one_line() -> None:
    done = run("--runtime-dir", "/" + "long" * 30)
    assert done.returncode == 69
    assert done.stderr.count("\n") == 1
    assert "--runtime-dir" in done.stderr
