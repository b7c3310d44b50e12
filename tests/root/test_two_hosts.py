"""Two hosts, as far as the network goes: namespaces of their own with a cable between them."""

import itertools
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import connection, delta, keyframe, wait_until
from helpers_keys import Host
from helpers_processes import BIN, FakeCollector, Program, Viewer, short_directory

from connmon_shared.access.roles import Role
from connmon_shared.messages import ROWS_PER_PART
from connmon_shared.sockets import EndpointError, probe
from connmon_shared.stage.exits import Exit
from connmon_shared.stage.runtime import Runtime

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs uid 0"),
    pytest.mark.skipif(shutil.which("ip") is None, reason="needs ip (apt install iproute2)"),
    pytest.mark.timeout(120),
]

START = 1_700_000_000.0
WEB, DESK, NOBODY = "10.99.0.1", "10.99.0.2", "10.99.0.3"
PORT = 7_150
CLOSED = "has closed the connection"


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


class Cable:
    """Two namespaces, `web` and `desk`, and the way from one to the other."""

    def __init__(self) -> None:
        name = secrets.token_hex(3)
        self.web, self.desk = f"cm-{name}-w", f"cm-{name}-d"
        for place in (self.web, self.desk):
            ip("netns", "add", place)
        ip("link", "add", f"w{name}", "netns", self.web, "type", "veth", "peer", f"d{name}")
        ip("link", "set", f"d{name}", "netns", self.desk)
        self.end = f"d{name}"
        self._ends = ((self.web, f"w{name}", WEB), (self.desk, f"d{name}", DESK))
        for place, end, address in self._ends:
            ip("-n", place, "addr", "add", f"{address}/24", "dev", end)
            ip("-n", place, "link", "set", "lo", "up")
        self.plug()

    def plug(self) -> None:
        for place, end, _ in self._ends:
            ip("-n", place, "link", "set", end, "up")

    def pull(self) -> None:
        for place, end, _ in self._ends:
            ip("-n", place, "link", "set", end, "down")

    def slow_down(self, rate: str) -> None:
        """Let no more than `rate` (as tc-tbf(8) reads it) go from web to desk."""
        place, end, _ = self._ends[0]
        shape = ("root", "tbf", "rate", rate, "burst", "16kb", "latency", "400ms")
        command = ["ip", "netns", "exec", place, "tc", "qdisc", "add", "dev", end, *shape]
        subprocess.run(command, check=True)

    def cut(self) -> None:
        for place in (self.web, self.desk):
            subprocess.run(["ip", "netns", "delete", place], check=False)


@pytest.fixture
def cable() -> Iterator[Cable]:
    made = Cable()
    yield made
    made.cut()


@pytest.fixture
def hosts(tmp_path: Path) -> tuple[Host, Host]:
    """Return the keys of web and desk, who allow each other."""
    web, desk = Host(tmp_path / "web"), Host(tmp_path / "desk")
    for role in Role:
        web.allow([desk], role)
        desk.allow([web], role)
    return web, desk


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    with short_directory() as directory:
        yield Runtime(directory)


def inside(place: str, host: Host, program: str, *options: str) -> Program:
    return Program("ip", "netns", "exec", place, BIN / program, *options, env=host.env)


def enricher(place: str, host: Host, runtime: Runtime, option: str) -> Program:
    program = inside(place, host, "connmon-enricher", f"--runtime-dir={runtime.directory}", option)

    def listens() -> bool:
        try:
            probe(runtime.state)
        except EndpointError:
            return program.process.poll() is not None
        return True

    wait_until(listens)
    return program


def display(cable: Cable, hosts: tuple[Host, Host], address: str) -> Program:
    web, desk = hosts
    key = f"--server-key={web.own.public}"
    return inside(cable.desk, desk, "connmon-display", f"tcp://{address}:{PORT}", key, "--scroll")


def test_a_viewer_misses_nothing_of_the_time_when_the_cable_was_pulled(
    cable: Cable, hosts: tuple[Host, Host], runtime: Runtime
) -> None:
    with (
        enricher(cable.web, hosts[0], runtime, f"--listen=tcp://{WEB}:{PORT}"),
        FakeCollector(runtime) as collector,
    ):
        assert collector.joined()
        collector.send(keyframe(START, connection(1)), START)
        with display(cable, hosts, WEB) as viewer:
            viewer.line("ACTIVE → 198.51.100.7")
            cable.pull()
            begun = time.monotonic()
            sent = 0

            def beat() -> bool:
                nonlocal sent
                sent += 1
                moment = START + sent
                row = connection(1 + sent, f"203.0.113.{sent % 200 + 1}")
                collector.send(delta(moment, row, gone=(1 + sent,)), moment)
                time.sleep(0.1)
                return bool(viewer.complaints)

            wait_until(beat, 40.0)
            assert time.monotonic() - begun > 5, "it is patient with a link between hosts"
            wait_until(lambda: beat() and CLOSED in viewer.complaints[-1], 40.0)
            assert time.monotonic() - begun > 9, "what is on its way may need as long"
            cable.plug()
            while_away = sent
            wait_until(lambda: beat() and len(news(viewer)) >= while_away, 40.0)
            told = news(viewer)
            assert told[:while_away] == [
                f"203.0.113.{n % 200 + 1}" for n in range(1, while_away + 1)
            ]
            assert not [line for line in viewer.seen if " lost" in line]


def news(viewer: Program) -> list[str]:
    return [line.split("NEW → ")[1].split()[0] for line in list(viewer.seen) if "NEW → " in line]


@pytest.mark.skipif(shutil.which("tc") is None, reason="needs tc (apt install iproute2)")
def test_a_slow_link_makes_a_viewer_wait_but_never_drops_it(
    cable: Cable, hosts: tuple[Host, Host], runtime: Runtime
) -> None:
    rows = 10_000
    cable.slow_down("1mbit")
    with (
        enricher(cable.web, hosts[0], runtime, f"--listen=tcp://{WEB}:{PORT}"),
        FakeCollector(runtime) as collector,
    ):
        assert collector.joined()
        for part in range(0, rows, ROWS_PER_PART):
            numbers = range(part, part + ROWS_PER_PART)
            some = tuple(
                connection(n + 1, f"203.{n >> 16}.{n >> 8 & 255}.{n & 255}") for n in numbers
            )
            frames = collector.sender.frames(
                keyframe(START, *some), START, (part // ROWS_PER_PART, rows // ROWS_PER_PART)
            )
            collector.socket.send_multipart(frames)
        with display(cable, hosts, WEB) as viewer:
            beats = itertools.count(1)

            def beat() -> bool:
                moment = START + next(beats)
                collector.send(delta(moment), moment)
                time.sleep(0.1)
                return sum("ACTIVE → " in line for line in viewer.seen) == rows

            wait_until(beat, 60.0)
            assert not viewer.complaints


def test_an_address_that_nobody_has_is_told_at_the_start(
    cable: Cable, hosts: tuple[Host, Host]
) -> None:
    for address, said in ((NOBODY, "No route to host"), ("10.98.0.1", "Network is unreachable")):
        with display(cable, hosts, address) as viewer:
            assert viewer.ended() == Exit.UNAVAILABLE
            where = f"tcp://{address}:{PORT}"
            assert viewer.complaints == [f"connmon-display: cannot reach {where}: {said}"]


def test_a_firewall_that_drops_everything_is_told_at_the_start(
    cable: Cable, hosts: tuple[Host, Host]
) -> None:
    ip("-n", cable.desk, "neigh", "add", NOBODY, "lladdr", "02:00:00:00:00:01", "dev", cable.end)
    with display(cable, hosts, NOBODY) as viewer:
        assert viewer.ended() == Exit.UNAVAILABLE
        assert f"tcp://{NOBODY}:{PORT} does not answer" in viewer.complaints[0]


def test_roots_collector_on_another_host_is_seen_with_its_name(
    cable: Cable, hosts: tuple[Host, Host], runtime: Runtime
) -> None:
    web, desk = hosts
    where = f"tcp://{DESK}:7152"
    options = (f"--connect={where}", f"--server-key={desk.own.public}", "--source=poll")
    with (
        enricher(cable.desk, desk, runtime, f"--listen-collectors={where}"),
        inside(cable.web, web, "connmon-collector", *options, "--host=web1") as collector,
        Viewer(runtime) as viewer,
    ):
        wait_until(lambda: viewer.turn() and "web1" in viewer.client.pipeline.hosts)
        history = viewer.client.pipeline.hosts["web1"].history

        def seen() -> bool:
            viewer.turn()
            return 7_152 in {row.remote_port for row in history.connections.values()}

        wait_until(seen)  # the very connection over which we learn of it
        uids = Path(f"/proc/{collector.process.pid}/status").read_text()
        assert "\nUid:\t0\t" not in uids, "its key was read before it became somebody else"
