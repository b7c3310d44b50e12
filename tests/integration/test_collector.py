"""The real `connmon-collector`, feeding a subscriber that the test binds."""

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
from connmon_shared.messages import Delta, Header, Keyframe, Message, Status
from connmon_shared.runtime import Runtime
from connmon_shared.states import State

COMMAND = [sys.executable, "-I", "-m", "connmon_collector"]
INTERVAL = 0.2  # seconds; fast, and a number that floats cannot hold
DEADLINE = 15.0  # seconds, for anything to happen
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the netlink source is Linux's")

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
        bound = sockets.subscriber(self._context, wire.topic())
        runtime = Runtime(self.directory)
        bound.bind(runtime.feed)
        runtime.admit_collector()
        return bound

    def rebind(self) -> None:
        """Be a new enricher at the same place."""
        self._socket.close(linger=0)
        self._socket = self._bind()

    def collector(self, *options: str, fds: tuple[int, ...] = ()) -> subprocess.Popen[str]:
        place = ("--interval", str(INTERVAL), "--runtime-dir", str(self.directory))
        started = subprocess.Popen(
            [*COMMAND, *place, *options], stderr=subprocess.PIPE, text=True, pass_fds=fds
        )
        self._processes.append(started)
        return started

    def subscribe_again(self) -> None:
        """Subscribe once more, to a topic of its own, as a second enricher would."""
        self._socket.setsockopt(zmq.SUBSCRIBE, wire.topic() + os.urandom(4).hex().encode())

    def quiet(self, seconds: float) -> bool:
        """Return whether nothing comes for `seconds`; what does come is dropped."""
        if self._socket.poll(int(seconds * 1_000)):
            self._socket.recv_multipart()
            return False
        return True

    def receive(self) -> Received:
        assert self._socket.poll(int(DEADLINE * 1_000)), "nothing came"
        header, body = wire.split(self._socket.recv_multipart())
        return header, codec.decode(header.kind, body)

    def until(self, enough: Callable[[list[Received]], object]) -> list[Received]:
        """Receive until it is enough, and return all."""
        received: list[Received] = []
        limit = time.monotonic() + DEADLINE
        while not enough(received):
            assert time.monotonic() < limit, f"not enough: {received}"
            received.append(self.receive())
        return received

    def keyframe(self) -> Keyframe:
        """Return the next keyframe, which is small enough to be whole."""
        found = only(Keyframe, self.until(lambda got: only(Keyframe, got)))
        return found[0]

    def deltas(self, count: int) -> list[Delta]:
        return only(Delta, self.until(lambda got: len(only(Delta, got)) >= count))

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


def test_a_subscriber_gets_status_and_keyframe_then_deltas(enricher: Enricher) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        enricher.collector("--host", "tested")
        received = enricher.until(lambda got: only(Keyframe, got))
        (first, status), (second, keyframe) = received[-2:]  # a delta may slip in before them
        port = listener.getsockname()[1]
    assert isinstance(status, Status)
    assert (status.stage, status.interval, status.missed) == ("collector", INTERVAL, 0)
    assert isinstance(keyframe, Keyframe)
    (row,) = (row for row in keyframe.connections if row.local_port == port)
    assert (row.state, row.pid) == (State.LISTEN, os.getpid())
    header, delta = enricher.receive()
    assert isinstance(delta, Delta)
    assert delta.begin == keyframe.end
    assert (header.host, header.epoch) == ("tested", second.epoch) == ("tested", first.epoch)
    assert (header.base, header.seq) == (second.seq, second.seq + 1)


def test_an_idle_host_is_told_every_interval(enricher: Enricher) -> None:
    enricher.collector()
    deltas = enricher.deltas(8)
    for before, after in pairwise(deltas):
        assert before.end == after.begin
    for delta in deltas:
        assert delta.begin <= delta.time < delta.end
        assert delta.begin == round(delta.begin / INTERVAL) * INTERVAL, "on the wall clock's grid"


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


def test_a_new_enricher_is_welcomed_again(enricher: Enricher) -> None:
    enricher.collector()
    enricher.keyframe()
    enricher.rebind()
    received = enricher.until(lambda got: only(Keyframe, got))
    assert isinstance(received[-2][1], Status)
    after = enricher.deltas(1)[0]
    assert after.begin == only(Keyframe, received)[0].end


def test_many_subscriptions_within_a_second_get_few_keyframes(enricher: Enricher) -> None:
    enricher.collector()
    enricher.keyframe()
    for _ in range(5):
        enricher.subscribe_again()
    received = enricher.until(lambda got: only(Keyframe, got))
    received += enricher.until(lambda got: len(only(Delta, got)) >= 10)
    assert len(only(Keyframe, received)) <= 3


def test_a_stopped_collector_leaves_a_gap_and_no_burst(enricher: Enricher) -> None:
    process = enricher.collector()
    enricher.keyframe()
    before = enricher.deltas(2)[-1]
    process.send_signal(signal.SIGSTOP)
    while not enricher.quiet(5 * INTERVAL):
        pass
    process.send_signal(signal.SIGCONT)
    received = enricher.until(
        lambda got: len(only(Delta, got)) >= 6 and any(s.missed for s in only(Status, got))
    )
    deltas = only(Delta, received)
    assert deltas[0].begin >= before.end + 4 * INTERVAL, "nobody vouches for the time between"
    for earlier, later in pairwise(deltas):
        assert earlier.end == later.begin, "one slot each, and none twice"
    assert only(Status, received)[-1].missed >= 4


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


@pytest.mark.parametrize("source", [pytest.param("poll", marks=LINUX), "psutil"])
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
