"""The resolver against dnsmasq, the forwarder in most home routers, on loopback."""

import socket
from contextlib import closing
from pathlib import Path

from helpers import wait_until
from names_daemons import dnsmasq, needs_dnsmasq
from names_server import SILENT, NameServer, ptr, wait_for_answers

from connmon_enricher.names.resolver import Resolver
from connmon_enricher.names.turns import BUDGET
from connmon_shared.endpoints import parse
from connmon_shared.messages import Lookup

pytestmark = needs_dnsmasq
ZONE = """
local=/in-addr.arpa/
local=/ip6.arpa/
ptr-record=4.3.2.1.in-addr.arpa,Four.example
host-record=six.example,2a00::6
"""
FORWARDS = 150  # that dnsmasq keeps at most, without another setting


def test_dnsmasq_is_understood(tmp_path: Path) -> None:
    texts = ["1.2.3.4", "2a00::6", "9.9.9.9"]
    with dnsmasq(tmp_path, ZONE) as server, closing(Resolver(server, confirm=True)) as resolver:
        for text in texts:
            resolver.request(parse(text))
        answers = wait_for_answers(resolver, len(texts))
    assert [(answers[text].name, answers[text].state) for text in texts] == [
        ("four.example", Lookup.RESOLVED),
        ("six.example", Lookup.RESOLVED),
        ("", Lookup.NOT_FOUND),
    ]


def test_a_forwarder_has_room_for_others_while_hundreds_of_addresses_are_silent(
    tmp_path: Path,
) -> None:
    silent = [f"1.{number >> 8}.{number & 255}.1" for number in range(2 * FORWARDS)]
    answered = [f"2.2.2.{number}" for number in range(100)]
    script = dict.fromkeys(silent, SILENT)
    others = 0

    def budget_is_reached() -> bool:
        ask_as_others()
        return len(upstream.asked) - others >= len(answered) + BUDGET

    def ask_as_others() -> None:
        nonlocal others
        assert asked(server, f"www{others}") == 0, "the forwarder refuses others"
        others += 1

    with (
        NameServer(lambda text: script.get(text, ptr("a.example"))) as upstream,
        dnsmasq(tmp_path, f"server={upstream.address.replace(':', '#')}") as server,
        closing(Resolver(server)) as resolver,
    ):
        for address in answered + silent:
            resolver.request(parse(address))
        wait_until(budget_is_reached)
        for _ in range(20):
            ask_as_others()
        answers = wait_for_answers(resolver, answered)
        assert {answers[address].state for address in answered} == {Lookup.RESOLVED}
        assert upstream.most_open <= BUDGET + 1


def asked(server: str, label: str) -> int:
    """Return the code of the answer to a query of somebody else."""
    host, port = server.split(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((host, int(port)))
        sock.settimeout(5.0)
        name = bytes((len(label),)) + label.encode() + b"\7example\0"
        sock.send(b"id\1\0\0\1\0\0\0\0\0\0" + name + b"\0\x0c\0\1")
        return sock.recv(512)[3] & 15
