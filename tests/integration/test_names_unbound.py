"""The resolver against unbound, with a generated reverse zone: names, none, silence, late, evil."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from names_daemons import needs_unbound, unbound
from names_server import NameServer, hostile, ptr, wait_for_answers

from connmon_enricher.names.resolver import Resolver
from connmon_shared.endpoints import parse
from connmon_shared.messages import Lookup

pytestmark = needs_unbound
NAMED = [f"1.2.{number >> 8}.{number & 255}" for number in range(1_000)]
MISSING = [f"1.3.0.{number}" for number in range(50)]
SILENT = [f"1.4.0.{number}" for number in range(50)]
LATE = [f"1.5.0.{number}" for number in range(40)]
EVIL = {
    "1.6.0.1": ((b"\x1b[2J", b"example"), "\\027\\0912j.example"),
    "1.6.0.2": ((b"two words", b"example"), "two\\032words.example"),
    "1.6.0.3": ((b"8", b"8", b"8", b"8"), ""),
    "1.6.0.4": ((b"8.8.8.8",), ""),
    "1.6.0.5": ((b"<b>", b"example"), "\\060b\\062.example"),
    "1.6.0.6": ((b"xn--bcher-kva", b"example"), "xn--bcher-kva.example"),
    "1.6.0.7": ((), ""),
    "1.6.0.8": ((b"\xff" * 63, b"\xff" * 63, b"\xff" * 63, b"end"), None),
}
ZONES = """
  local-zone: "2.1.in-addr.arpa." static
  local-zone: "3.1.in-addr.arpa." static
  local-data: "3.1.in-addr.arpa. 300 IN SOA ns.example. admin.example. 1 2 3 4 90"
  local-zone: "4.1.in-addr.arpa." deny
  local-zone: "named.example." static
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    script = {address: ptr("late.example", delay=1.2) for address in LATE}
    script |= {address: hostile(*labels) for address, (labels, _) in EVIL.items()}
    with NameServer(script) as upstream:
        zones = ZONES
        for number, address in enumerate(NAMED):
            name = f"host{number}.named.example."
            leads_to = address if number % 2 else "9.9.9.9"
            zones += f'  local-data-ptr: "{address} 300 {name}"\n'
            zones += f'  local-data: "{name} 300 IN A {leads_to}"\n'
        for zone in ("5", "6"):
            forward = f"forward-addr: {upstream.address.replace(':', '@')}"
            zones += f'forward-zone:\n  name: "{zone}.1.in-addr.arpa."\n  {forward}\n'
        with unbound(tmp_path, zones) as address:
            yield address


def test_every_name_that_can_be_had_is_had(server: str) -> None:
    answered = [*MISSING, *LATE, *EVIL, *NAMED]
    with closing(Resolver(server)) as resolver:
        for address in (*SILENT, *answered):
            resolver.request(parse(address))
        answers = wait_for_answers(resolver, answered, seconds=30)
    assert {address: answers[address].name for address in NAMED} == {
        address: f"host{number}.named.example" for number, address in enumerate(NAMED)
    }
    assert {answers[address].state for address in MISSING} == {Lookup.NOT_FOUND}
    assert {answers[address].name for address in LATE} == {"late.example"}
    for address, (_, name) in EVIL.items():
        state = Lookup.NOT_FOUND if name == "" else Lookup.RESOLVED
        assert answers[address].state is state, address
        assert name is None or answers[address].name == name


def test_names_are_confirmed_within_the_same_budget(server: str) -> None:
    addresses = NAMED[:200]
    with closing(Resolver(server, budget=4, confirm=True)) as resolver:
        for address in addresses:
            resolver.request(parse(address))
        confirmed: set[str] = set()
        for _ in range(2 * len(addresses)):
            answers = wait_for_answers(resolver, 1)
            confirmed |= {address for address, answer in answers.items() if answer.confirmed}
            if len(confirmed) == len(addresses) // 2:
                break
    assert confirmed == {*addresses[1::2]}
