"""Observed names with the kernel's own packets: two hosts, each a network namespace.

```
watched: loopback, and a wire, 192.0.2.1 ──── 192.0.2.53 : outside
                               2001:db8::1    2001:db8::53
```
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.query
import pytest
from dns_packets import CLIENT, CLIENT6, SERVER, SERVER6, answer, packet, query
from helpers import wait_until
from helpers_network import Network
from helpers_processes import BIN, Program, Viewer, short_directory

from connmon_collector.observed_names.capture import BUFFER_BYTES, Capture
from connmon_collector.observed_names.ours import anybody
from connmon_collector.observed_names.watch import MAX_PACKETS, NameWatch
from connmon_shared.endpoints import parse, text_of
from connmon_shared.messages import Fact, Lookup
from connmon_shared.stage.runtime import Runtime

DNSMASQ = shutil.which("dnsmasq", path="/usr/sbin:/usr/local/sbin:/usr/bin")
pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs uid 0"),
    pytest.mark.skipif(shutil.which("ip") is None, reason="needs ip (apt install iproute2)"),
]

PATIENCE = 5.0  # seconds
LOOPBACKS = [("127.0.0.53", "A", "203.0.113.9"), ("::1", "AAAA", "2001:db8:9::9")]
WIRES = [(SERVER, "A", "203.0.113.9"), (SERVER6, "AAAA", "2001:db8:9::9")]


@pytest.fixture
def outside() -> Iterator[Network]:
    host = Network()
    yield host
    host.end()


@pytest.fixture
def watched(outside: Network) -> Iterator[Network]:
    host = Network()
    peer = ("peer", "name", "wire", "netns", str(outside.pid))
    host.run("ip", "link", "add", "wire", "type", "veth", *peer)
    for end, addresses in ((host, (CLIENT, CLIENT6)), (outside, (SERVER, SERVER6))):
        for address, length in zip(addresses, ("24", "64"), strict=True):
            end.run("ip", "address", "add", f"{address}/{length}", "dev", "wire", *nodad(address))
        end.run("ip", "link", "set", "wire", "up")
    yield host
    host.end()


def nodad(address: str) -> list[str]:
    """Return what makes an IPv6 address usable at once: nobody else can have it."""
    return ["nodad"] if ":" in address else []


@pytest.fixture
def watch(watched: Network) -> Iterator[NameWatch]:
    with watched.entered():
        watch = NameWatch(Capture(), ours=anybody)
    yield watch
    watch.close()


def taken(watch: NameWatch, count: int = 1) -> list[tuple[str, str]]:
    """Return the names and addresses that `watch` tells, once there are `count`."""
    names: list[tuple[str, str]] = []

    def enough() -> bool:
        names.extend((found.name, text_of(found.address)) for found in watch.take(time.time()))
        return len(names) >= count

    wait_until(enough, PATIENCE)
    return names


def udp(host: Network, address: str, port: int = 0) -> socket.socket:
    with host.entered():
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.settimeout(PATIENCE)
        sock.bind((address, port))
        return sock


class Server:
    """Answers every question as `answer` does, from port 53 of an address."""

    def __init__(self, host: Network, address: str, *records: tuple[str, str, str]) -> None:
        self._records = records
        self._socket = udp(host, address, 53)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            data, client = self._socket.recvfrom(4_096)
            if not data:
                return
            self._socket.sendto(self._answer(data), client)

    def _answer(self, data: bytes) -> bytes:
        return answer(dns.message.from_wire(data), *self._records).to_wire()

    def close(self) -> None:
        host, port = self._socket.getsockname()[:2]
        self._socket.settimeout(None)
        with contextlib.closing(self._socket):
            self._socket.sendto(b"", (host, port))
            self._thread.join()


def look_up(host: Network, server: str, name: str, kind: str = "A") -> dns.message.Message:
    with host.entered():
        return dns.query.udp(query(name, kind), server, timeout=PATIENCE)


@pytest.mark.parametrize(("address", "kind", "expected"), LOOPBACKS)
def test_an_answer_over_loopback_is_seen_once(
    watched: Network, watch: NameWatch, address: str, kind: str, expected: str
) -> None:
    with contextlib.closing(Server(watched, address)):
        look_up(watched, address, "WWW.Example", kind)
    assert taken(watch) == [("www.example", expected)]
    assert (watch.take(time.time()), watch.dropped, watch.problems) == ([], 0, ())


@pytest.mark.parametrize("wire", WIRES)
def test_an_answer_from_outside_is_seen_once(
    watched: Network, outside: Network, watch: NameWatch, wire: tuple[str, str, str]
) -> None:
    address, kind, expected = wire
    with contextlib.closing(Server(outside, address)):
        look_up(watched, address, "www.example", kind)
    assert taken(watch) == [("www.example", expected)]
    assert watch.take(time.time()) == []


def test_what_others_ask_us_is_not_ours(
    watched: Network, outside: Network, watch: NameWatch
) -> None:
    with contextlib.closing(Server(watched, CLIENT)):
        look_up(outside, CLIENT, "theirs.example")
    with contextlib.closing(Server(watched, "127.0.0.1")):
        look_up(watched, "127.0.0.1", "ours.example")
    assert taken(watch) == [("ours.example", "203.0.113.9")]


def test_packets_on_loopback_are_taken_in_once(watched: Network) -> None:
    with watched.entered(), contextlib.closing(Capture()) as capture:
        with contextlib.closing(Server(watched, "127.0.0.1")):
            look_up(watched, "127.0.0.1", "www.example")
        assert len(list(capture.packets(100))) == 2


def test_nothing_but_dns_comes_through_the_filter(watched: Network, outside: Network) -> None:
    with watched.entered():
        capture = Capture()
    client = udp(watched, CLIENT)
    server = udp(outside, SERVER, 53)
    other = udp(outside, SERVER, 5_353)
    question = query("www.example").to_wire()
    client.sendto(question, other.getsockname())
    other.sendto(question, client.getsockname())
    server.sendto(question, client.getsockname())  # no answer
    client.sendto(answer(query("www.example")).to_wire(), server.getsockname())  # no question
    server.sendto(b"\x00\x07\x81", client.getsockname())  # ends in the flags
    fragmented = answer(
        query("www.example"), *(("www.example.", "A", f"10.0.0.{n}") for n in range(200))
    )
    server.sendto(fragmented.to_wire(), client.getsockname())
    for _ in range(4):  # all that came has been taken in by everybody
        client.recv(4_096)
    assert [len(packet) for packet in capture.packets(100)] == [31], "only the short one's header"
    for closing in (capture, client, server, other):
        closing.close()


def raw(host: Network, data: bytes) -> None:
    """Let `host` send `data`, an IPv4 packet, whoever it says that it is from."""
    with host.entered(), socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as sock:
        sock.sendto(data, (CLIENT, 0))


def test_a_name_that_nobody_asked_for_is_not_believed(
    watched: Network, outside: Network, watch: NameWatch
) -> None:
    question, ours, theirs = query("bank.example"), (CLIENT, 40_000), (SERVER, 53)
    spoofed = packet(answer(question), theirs, ours)
    raw(outside, spoofed)
    raw(outside, packet(question, ours, theirs))  # our own question, forged, and sent to us
    raw(outside, spoofed)
    raw(outside, packet(question, (CLIENT, 53), theirs))  # the same from port 53
    raw(outside, packet(answer(question), theirs, (CLIENT, 53)))
    with contextlib.closing(Server(outside, SERVER)):
        look_up(watched, SERVER, "www.example")
    assert taken(watch) == [("www.example", "203.0.113.9")]


def test_a_flood_of_answers_costs_little_and_is_told(watched: Network) -> None:
    with watched.entered():
        watch = NameWatch(Capture(BUFFER_BYTES // 64), ours=anybody)
    server, client = udp(watched, "127.0.0.1", 53), udp(watched, "127.0.0.1")
    spoofed = answer(query("www.example")).to_wire()
    for _ in range(20_000):
        server.sendto(spoofed, client.getsockname())
    before = time.process_time()
    for _ in range(20):
        assert watch.take(time.time()) == []
    assert time.process_time() - before < 20 * MAX_PACKETS * 50e-6
    assert watch.dropped > 10_000
    assert "are not observed" in watch.problems[0]
    server.close()
    client.close()
    watch.close()


@pytest.mark.skipif(DNSMASQ is None, reason="needs dnsmasq (apt install dnsmasq-base)")
def test_dnsmasq_is_understood(watched: Network, watch: NameWatch, tmp_path: Path) -> None:
    file = tmp_path / "dnsmasq.conf"
    file.write_text(
        "listen-address=127.0.0.1\nbind-interfaces\nno-resolv\nno-hosts\nuser=\ngroup=\npid-file=\n"
        "host-record=edge.example,203.0.113.7,2001:db8:7::7\ncname=www.example,edge.example\n",
        "utf-8",
    )
    arguments = [str(DNSMASQ), "--keep-in-foreground", "--log-facility=-", f"--conf-file={file}"]
    with (
        watched.entered(),
        subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) as process,
    ):
        assert process.stderr is not None
        assert "started" in process.stderr.readline()
        for kind in ("A", "AAAA"):
            look_up(watched, "127.0.0.1", "www.example", kind)
        process.terminate()
    assert taken(watch, 2) == [("www.example", "203.0.113.7"), ("www.example", "2001:db8:7::7")]


def test_only_the_permitted_may_watch() -> None:
    program = "from connmon_collector.observed_names.capture import Capture; Capture()"
    command = ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw", sys.executable]
    done = subprocess.run([*command, "-c", program], capture_output=True, text=True, check=False)
    assert "PermissionError" in done.stderr


def test_the_name_of_a_connection_reaches_a_viewer(watched: Network, outside: Network) -> None:
    with short_directory() as directory, contextlib.ExitStack() as stack:
        runtime = Runtime(directory)
        stack.enter_context(contextlib.closing(Server(outside, SERVER)))
        with outside.entered():
            stack.enter_context(socket.create_server((SERVER, 443)))
        where = f"--runtime-dir={directory}"
        with watched.entered():
            stack.enter_context(Program(BIN / "connmon-enricher", where))
            options = ("--observe-dns", "--interval=0.1", "--source=poll")
            stack.enter_context(Program(BIN / "connmon-collector", where, *options))
        viewer = stack.enter_context(Viewer(runtime)).join()
        assert "names" in viewer.client.features
        records = ("www.example.", "A", SERVER)
        stack.enter_context(contextlib.closing(Server(watched, "127.0.0.1", records)))
        look_up(watched, "127.0.0.1", "www.example")
        with watched.entered():
            stack.enter_context(socket.create_connection((SERVER, 443)))
        fact = wait_for_fact(viewer)
        assert (fact.name, fact.name_state) == ("www.example", Lookup.RESOLVED)
        assert fact.name_source == "dns"
        assert abs(fact.name_time - time.time()) < 60


def wait_for_fact(viewer: Viewer) -> Fact:
    """Return what the viewer knows of the server once it knows its name."""
    address = parse(SERVER)

    def known() -> bool:
        viewer.turn()
        return address in viewer.facts and bool(viewer.facts[address].name)

    wait_until(known)
    return viewer.facts[address]
