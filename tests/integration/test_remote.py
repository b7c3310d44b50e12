"""Viewers and collectors of other hosts: real programs that only have TCP in common."""

import contextlib
import itertools
import json
import random
import re
import resource
import signal
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import zmq
from helpers import DEADLINE, connection, delta, keyframe, listener, wait_until
from helpers_keys import Host, loopback_endpoint
from helpers_processes import (
    BIN,
    FakeCollector,
    Loopback,
    Program,
    Viewer,
    listening,
    short_directory,
)

from connmon_shared import sockets, wire
from connmon_shared.access.curve import Access, Remote, secure
from connmon_shared.access.handshake import Handshake
from connmon_shared.access.remote import TcpEndpoint
from connmon_shared.access.roles import Role
from connmon_shared.endpoints import parse, text_of
from connmon_shared.messages import Names, ObservedName, Status
from connmon_shared.sockets import EndpointError, probe
from connmon_shared.stage.exits import Exit, by_signal
from connmon_shared.stage.runtime import Runtime

START = 1_700_000_000.0
STATUS = Status("collector", "1", "fake", 1.0, ())


class Place(NamedTuple):
    """A host with an enricher that others may reach, and another host."""

    runtime: Runtime
    here: Host
    there: Host
    viewers: TcpEndpoint
    collectors: TcpEndpoint

    def remote(self) -> Remote:
        """Return how the other host reaches the enricher."""
        return Remote(self.viewers, Access(self.there.own, self.here.own.public))

    def enricher(self, prefix: Iterable[str] = ()) -> Program:
        """Run the enricher, behind a command that runs it."""
        listen = (f"--listen={self.viewers}", f"--listen-collectors={self.collectors}")
        where = f"--runtime-dir={self.runtime.directory}"
        program = Program(*prefix, BIN / "connmon-enricher", where, *listen, env=self.here.env)
        wait_until(lambda: self._listens() or program.process.poll() is not None)
        return program

    def display(self, *options: str) -> Program:
        """Run a viewer on the other host."""
        return Program(
            *(BIN / "connmon-display", str(self.viewers), "--scroll"),
            *(f"--server-key={self.here.own.public}", *options),
            env=self.there.env,
        )

    def collector(self, *options: str) -> Program:
        """Run a collector on the other host."""
        return Program(
            *(BIN / "connmon-collector", f"--connect={self.collectors}", "--host=there"),
            *(f"--server-key={self.here.own.public}", "--source=poll", *options),
            *(f"--runtime-dir={self.runtime.directory / 'none'}",),
            env=self.there.env,
        )

    def _listens(self) -> bool:
        try:
            probe(self.runtime.state)
            socket.create_connection((self.collectors.host, self.collectors.port)).close()
        except (EndpointError, OSError):
            return False
        return True

    def status(self, *options: str) -> Program:
        """Ask from the other host how the stages fare."""
        key = f"--server-key={self.here.own.public}"
        command = (BIN / "connmon", "status", str(self.viewers), key)
        return Program(*command, *options, env=self.there.env)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    viewers = loopback_endpoint()
    with short_directory() as directory:
        here, there = Host(tmp_path / "here"), Host(tmp_path / "there")
        for role in Role:
            here.allow([there], role)
        yield Place(Runtime(directory), here, there, viewers, viewers.next.next)


@pytest.fixture
def enricher(place: Place) -> Iterator[Program]:
    with place.enricher() as program:
        yield program


@pytest.fixture
def collector(place: Place, enricher: Program) -> Iterator[FakeCollector]:
    assert enricher.process.poll() is None
    with FakeCollector(place.runtime) as made:
        assert made.joined()
        made.send(STATUS, START)
        made.send(keyframe(START, connection(1), listener(2)), START)
        yield made


def test_a_remote_viewer_sees_what_a_local_one_does(place: Place, collector: FakeCollector) -> None:
    with Viewer(place.runtime) as local, Viewer(place.remote()) as remote:
        local.join()
        remote.join()
        collector.send(delta(START + 1, connection(3, "203.0.113.9"), gone=(1,)), START + 1)
        wait_until(lambda: local.turn() and local.events)
        wait_until(lambda: remote.turn() and remote.events)
        assert remote.events == local.events
        ours, theirs = local.follower.history, remote.follower.history
        assert list(ours.records()) == list(theirs.records())


def test_an_enricher_that_comes_back_is_found_again(place: Place) -> None:
    with Viewer(place.remote()) as viewer:
        with place.enricher(), FakeCollector(place.runtime) as collector:
            assert collector.joined()
            collector.send(keyframe(START, connection(1)), START)
            viewer.join()
        wait_until(lambda: viewer.turn() and "nothing listens" in viewer.client.trouble())
        with place.enricher(), FakeCollector(place.runtime) as collector:
            assert collector.joined()
            collector.send(keyframe(START, connection(1), connection(2)), START)
            wait_until(lambda: viewer.turn() and not viewer.client.trouble())
            collector.send(delta(START + 1), START + 1)  # a heartbeat, or nobody misses anything
            wait_until(lambda: viewer.turn() and len(viewer.follower.history.connections) == 2)


def test_who_reads_nothing_for_long_stays_connected(place: Place, collector: FakeCollector) -> None:
    remote = place.remote()
    with zmq.Context() as context:
        sock = sockets.subscriber(context, wire.EVERYTHING)
        secure(sock, remote.access)
        where, ours = remote.endpoint, remote.access.own.public
        handshake = Handshake(sock, where, where, ours, Role.VIEWER)
        with contextlib.closing(handshake):
            sock.connect(str(remote.endpoint))
            assert handshake.events.poll(round(1_000 * DEADLINE))
            handshake.follow()
            assert handshake.done
            for second in range(1, 3 * sockets.QUEUE):
                collector.send(delta(START + second), START + second)
            handshake.events.poll(sockets.TCP_SILENCE_MS + 3_000)
            handshake.follow()
            assert handshake.failure is None
            assert sock.poll(0)


def test_the_status_can_be_asked_from_another_host(place: Place, enricher: Program) -> None:
    with place.status("--json") as asking:
        assert asking.ended() == Exit.INCOMPLETE
        (line,) = asking.seen
    told = json.loads(line)
    assert told["wrong"] == ["there is no collector"]
    assert [stage["pid"] for stage in told["stages"]] == [enricher.process.pid]
    place.here.allow([])
    wait_until(lambda: _refused(place))


def _refused(place: Place) -> bool:
    """Return whether who asks for the status is told that it may not."""
    with place.status() as asking:
        return asking.ended() == Exit.NO_PERMISSION and "connmon keys" in asking.complaints[0]


@pytest.mark.usefixtures("enricher")
def test_who_may_tell_of_its_host_may_not_watch(place: Place) -> None:
    place.here.allow([], Role.VIEWER)
    wait_until(lambda: _ends(place, Exit.NO_PERMISSION, "connmon keys allow '"))
    with place.collector(), Viewer(place.runtime) as viewer:
        wait_until(lambda: viewer.turn() and "there" in viewer.client.pipeline.hosts)
    assert _ends(place, Exit.NO_PERMISSION, "connmon keys allow '")


@pytest.mark.usefixtures("enricher")
def test_a_viewer_that_is_refused_says_what_to_type_and_ends_with_77(place: Place) -> None:
    place.here.allow([])
    wait_until(lambda: _ends(place, Exit.NO_PERMISSION, "connmon keys allow"))
    with place.display() as display:
        assert display.ended() == Exit.NO_PERMISSION
        key = place.there.own.public
        said = f"{place.viewers} does not allow this host's key: run there connmon keys allow"
        assert display.complaints == [f"connmon-display: {said} '{key}'"]


def _ends(place: Place, code: Exit, said: str) -> bool:
    with place.display() as display:
        return display.ended() == code and said in display.complaints[0]


@pytest.mark.usefixtures("enricher")
def test_a_viewer_with_another_servers_key_is_told(place: Place) -> None:
    with place.display(f"--server-key={place.there.own.public}") as display:
        assert display.ended() == Exit.UNAVAILABLE
        assert "has another key (connmon keys show tells it there)" in display.complaints[0]


def test_where_only_the_port_that_was_named_answers_the_other_one_is_explained(
    place: Place,
) -> None:
    with socket.create_server((place.viewers.host, place.viewers.port)), place.display() as display:
        assert display.ended() == Exit.UNAVAILABLE
    [line] = display.complaints
    assert line.endswith(f"({place.viewers} answers, and the next port is used as well)")


def test_what_is_wrong_at_the_start_is_one_line(place: Place, tmp_path: Path) -> None:
    for options, code, said in (
        ((), Exit.UNAVAILABLE, f"nothing listens at {place.viewers}: run there connmon --listen"),
        (("--server-key=x",), Exit.USAGE, "'x' is neither a key nor a file with one"),
        (("-t", "0"), Exit.USAGE, "--time-unit"),
    ):
        with place.display(*options) as display:
            assert display.ended() == code
            assert said in display.complaints[0]
            assert len(display.complaints) == 1
    for endpoint, code, said in (
        (str(place.viewers), Exit.USAGE, "needs --server-key"),
        ("tcp://::1:7150", Exit.USAGE, "put brackets around"),
        ("udp://x", Exit.UNAVAILABLE, "name a directory, or tcp://HOST:PORT"),
    ):
        with Program(BIN / "connmon-display", endpoint, "--scroll") as display:
            assert display.ended() == code
            assert said in display.complaints[0]
    (tmp_path / "there" / "secret-key").chmod(0o644)
    with place.display() as display:
        assert display.ended() == Exit.NO_PERMISSION
        assert "is open to others (mode 644): chmod 600" in display.complaints[0]


def test_who_is_revoked_at_sighup_is_let_go_and_comes_back_when_allowed(
    place: Place, enricher: Program, collector: FakeCollector
) -> None:
    with Viewer(place.remote()) as viewer, Viewer(place.runtime) as local:
        viewer.join()
        local.join()
        place.here.allow([])
        enricher.process.send_signal(signal.SIGHUP)
        wait_until(lambda: viewer.turn() and "does not allow this" in viewer.client.trouble())
        collector.send(delta(START + 1, connection(3, "203.0.113.9")), START + 1)
        wait_until(lambda: local.turn() and local.events)
        assert not viewer.events
        place.here.allow([place.there])
        enricher.process.send_signal(signal.SIGHUP)
        wait_until(lambda: viewer.turn() and not viewer.client.trouble())
        collector.send(delta(START + 2), START + 2)  # a heartbeat: something is missing before it
        wait_until(lambda: viewer.turn() and viewer.events == local.events)
    assert enricher.process.poll() is None


def test_a_log_of_a_viewer_that_is_revoked_says_why_it_is_silent(
    place: Place, enricher: Program, collector: FakeCollector
) -> None:
    with place.display() as display:
        display.line("ACTIVE → 198.51.100.7")
        place.here.allow([])
        enricher.process.send_signal(signal.SIGHUP)
        wait_until(lambda: any("connmon keys allow" in said for said in display.complaints))
        place.here.allow([place.there])
        enricher.process.send_signal(signal.SIGHUP)
        beats = itertools.count(1)

        def new() -> bool:
            moment = START + next(beats)
            collector.send(delta(moment, connection(3, "203.0.113.9")), moment)
            return any("NEW → 203.0.113.9" in line for line in display.seen)

        wait_until(new)


def test_without_other_hosts_sighup_ends_an_enricher(place: Place) -> None:
    where = f"--runtime-dir={place.runtime.directory}"
    with Program(BIN / "connmon-enricher", where) as program:
        wait_until(lambda: listening(place.runtime))
        program.process.send_signal(signal.SIGHUP)
        assert program.ended() == by_signal(signal.SIGHUP)


@pytest.mark.usefixtures("collector")
def test_the_host_of_a_remote_collector_is_seen_beside_our_own(place: Place) -> None:
    with Viewer(place.runtime) as viewer, place.collector(), Loopback() as loopback:
        wait_until(lambda: viewer.turn() and len(viewer.client.pipeline.hosts) == 2)
        assert set(viewer.client.pipeline.hosts) == {"here", "there"}
        theirs = viewer.client.pipeline.hosts["there"].history

        def seen() -> bool:
            viewer.turn()
            return loopback.port in {row.local_port for row in theirs.connections.values()}

        wait_until(seen)


def test_an_allowed_collector_cannot_pretend_to_be_another_host(
    place: Place, enricher: Program, collector: FakeCollector
) -> None:
    with Viewer(place.runtime) as viewer, place.collector("--host=here"):
        viewer.join()
        before = viewer.follower.history.connections
        wait_until(lambda: any("that has another key" in line for line in enricher.complaints))
        collector.send(delta(START + 1), START + 1)
        wait_until(lambda: viewer.turn() and viewer.follower.history.coverage.end > 10)
        assert viewer.follower.history.connections == before
        assert set(viewer.client.pipeline.hosts) == {"here"}


def test_an_allowed_collector_names_only_what_no_other_host_talks_to(
    place: Place, collector: FakeCollector
) -> None:
    shared, theirs, ours = (parse(text) for text in ("203.0.113.1", "203.0.113.2", "203.0.113.3"))
    way = Remote(place.collectors, place.remote().access)
    with FakeCollector(way, "there") as there, Viewer(place.runtime) as viewer:
        assert there.joined()
        rows = (connection(n, text_of(each)) for n, each in enumerate((shared, theirs)))
        there.send(keyframe(START, *rows), START)
        collector.send(delta(START + 1, connection(5, text_of(shared))), START + 1)
        viewer.join()
        facts = viewer.facts
        wait_until(lambda: viewer.turn() and {shared, theirs} <= facts.keys())
        collector.send(Names((ObservedName(ours, "ours.example", START),)), START)
        collector.send(delta(START + 2, connection(6, text_of(ours))), START + 2)
        wait_until(lambda: viewer.turn() and (ours in facts and facts[ours].name))
        forged = (ObservedName(each, "forged.example", START) for each in (shared, ours))
        there.send(Names((*forged, ObservedName(theirs, "theirs.example", START))), START)
        wait_until(lambda: viewer.turn() and facts[theirs].name)
        told = {address: facts[address].name for address in (shared, theirs, ours)}
        assert told == {shared: "", theirs: "theirs.example", ours: "ours.example"}


def test_a_collector_that_is_refused_says_so_in_its_log_and_goes_on(place: Place) -> None:
    place.here.allow([], Role.COLLECTOR)  # to watch does not mean to tell
    with place.enricher() as program, place.collector() as collector:
        command = f"connmon keys allow --collector '{place.there.own.public}'"
        wait_until(lambda: any(command in line for line in collector.complaints))
        wait_until(lambda: any(command in line for line in program.complaints))
        with Viewer(place.remote()) as viewer:
            wait_until(lambda: viewer.turn() or not viewer.client.trouble())
            assert "there" not in viewer.client.pipeline.hosts
            place.here.allow([place.there], Role.COLLECTOR)
            wait_until(lambda: viewer.turn() and "there" in viewer.client.pipeline.hosts)
        assert any("connected to the enricher" in line for line in collector.complaints)


def test_the_check_tries_the_way(place: Place) -> None:
    def checked() -> list[str]:
        with place.collector("--check") as check:
            assert check.ended() in {0, 1}
            assert not check.complaints
            return check.seen

    said = checked()
    row = next(line for line in said if line.startswith("enricher"))
    assert row.split()[1] == "no"
    assert any(line.startswith("No enricher hears it, see above. Else: ") for line in said)
    nobody = f"nothing listens at {place.collectors}: run there connmon --listen-collectors"
    assert nobody in "\n".join(said)
    with place.enricher():
        assert "enricher yes    on another host" in checked()
        place.here.allow([], Role.COLLECTOR)
        command = f"run there connmon keys allow --collector '{place.there.own.public}'"
        wait_until(lambda: command in "\n".join(checked()))


@pytest.mark.usefixtures("enricher")
def test_a_collectors_mistakes_are_one_line(place: Place, tmp_path: Path) -> None:
    for options, code, said in (
        ((f"--connect={place.collectors}",), Exit.USAGE, "--connect and --server-key go together"),
        (("--server-key", place.here.own.public), Exit.USAGE, "go together"),
        (("--connect=here",), Exit.USAGE, "expected tcp://HOST:PORT"),
    ):
        with Program(BIN / "connmon-collector", *options) as collector:
            assert collector.ended() == code
            assert said in collector.complaints[0]
    (tmp_path / "there" / "secret-key").unlink()
    with place.collector() as collector:
        assert collector.ended() == Exit.NO_PERMISSION
        assert "connmon keys create" in collector.complaints[0]


def test_an_enricher_that_cannot_let_others_in_says_why(place: Place, tmp_path: Path) -> None:
    def ends(code: Exit, said: str) -> None:
        with place.enricher() as program:
            assert program.ended() == code
            assert re.search(said, program.complaints[0]), program.complaints
            assert len(program.complaints) == 1

    with socket.create_server((place.viewers.host, place.viewers.port)):
        ends(Exit.UNAVAILABLE, f"cannot listen at {place.viewers}: Address already in use$")
    (tmp_path / "here" / "viewers").chmod(0o606)
    ends(Exit.NO_PERMISSION, r"viewers is open to others \(mode 606\): chmod 604")
    (tmp_path / "here" / "secret-key").unlink()
    ends(Exit.NO_PERMISSION, "connmon keys create")


def test_a_bad_line_of_the_list_is_logged_with_its_number(place: Place, tmp_path: Path) -> None:
    with (tmp_path / "here" / "collectors").open("a") as listing:
        listing.write("nonsense\n")
    with place.enricher() as program, Viewer(place.remote()) as viewer:
        wait_until(lambda: viewer.turn() or not viewer.client.trouble())
        wait_until(
            lambda: any("collectors, line 2: 'nonsense'" in said for said in program.complaints)
        )


#: A greeting that asks for CURVE, and then a command of a gigabyte (ZMTP 3.1).
GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x01CURVE" + bytes(15 + 1 + 31)
HUGE = GREETING + b"\x06" + (1 << 30).to_bytes(8, "big") + bytes(1 << 16)


def test_silence_and_garbage_neither_stop_it_nor_keep_others_out(place: Place) -> None:
    few = 64  # descriptors at the start: less than there are silent peers
    generator = random.Random(1)  # noqa: S311 - made-up garbage
    with (
        contextlib.ExitStack() as peers,
        place.enricher(prefix=("sh", "-c", f'ulimit -Sn {few}; exec "$@"', "sh")) as program,
        FakeCollector(place.runtime) as collector,
    ):
        assert collector.joined()
        collector.send(keyframe(START, connection(1)), START)
        for number in range(3 * few):
            for end in (place.viewers, place.viewers.next, place.collectors):
                peer = peers.enter_context(socket.create_connection((end.host, end.port)))
                if number % 3:
                    with contextlib.suppress(OSError):
                        peer.sendall(HUGE if number % 3 == 1 else generator.randbytes(300))
        with Viewer(place.runtime) as local, Viewer(place.remote()) as remote:
            local.join()
            remote.join()
        assert program.process.poll() is None
        assert resident(program.process.pid) < 150 << 20


def resident(pid: int) -> int:
    pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize()
