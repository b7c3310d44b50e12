"""The resolver against a name server on loopback; nothing is asked of the real network."""

import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

import pytest
from names_server import (
    NXDOMAIN,
    REFUSED,
    SERVFAIL,
    SILENT,
    NameServer,
    Reply,
    hostile,
    leads,
    ptr,
    wait_for_answers,
)

from connmon_enricher.names.cache_file import StoredName, save
from connmon_enricher.names.dns import DnsResolver
from connmon_enricher.names.outcome import Answer, Outcome, Question
from connmon_enricher.names.resolver import Resolver
from connmon_enricher.names.saved import SavedNames
from connmon_enricher.names.turns import BUDGET
from connmon_enricher.names.waiting import WAITING_ADDRESSES
from connmon_shared.endpoints import parse, text_of
from connmon_shared.messages import Lookup

CLOSE_SECONDS = 0.3  # promised for close()


def each_in_its_network(number: int) -> bytes:
    return bytes((1, *divmod(number, 256), 1))


class HandClock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def resolving(server: NameServer, clock: HandClock | None = None) -> Iterator[Resolver]:
    with server:
        resolver = Resolver(server.address, clock or HandClock())
        try:
            yield resolver
        finally:
            resolver.close()


def look_up(server: NameServer, *addresses: str) -> dict[str, Answer]:
    with resolving(server) as resolver:
        for address in addresses:
            resolver.request(parse(address))
        return wait_for_answers(resolver, len(addresses))


def test_answers_names_of_both_families() -> None:
    script = {"1.2.3.4": ptr("Four.Example"), "2a00::4": ptr("six.example")}
    answers = look_up(NameServer(script), "1.2.3.4", "2a00::4", "9.9.9.9")
    assert answers == {
        "1.2.3.4": Answer(parse("1.2.3.4"), "four.example", Lookup.RESOLVED),
        "2a00::4": Answer(parse("2a00::4"), "six.example", Lookup.RESOLVED),
        "9.9.9.9": Answer(parse("9.9.9.9"), "", Lookup.NOT_FOUND),
    }


def test_finds_slow_names() -> None:
    slow = [f"1.2.3.{number}" for number in range(1, 41)]
    script = {address: ptr("slow.example", delay=1.2) for address in slow}
    answers = look_up(NameServer(script), *slow)
    assert [answers[address].state for address in slow] == [Lookup.RESOLVED] * len(slow)


@pytest.mark.parametrize(
    ("reply", "state", "name"),
    [
        (hostile(b"\x1b[31mred", b"example"), Lookup.RESOLVED, "\\027\\09131mred.example"),
        (hostile(b"two words", b"example"), Lookup.RESOLVED, "two\\032words.example"),
        (hostile(b"a.b", b"example"), Lookup.RESOLVED, "a\\046b.example"),
        (hostile(b"\xff\x00\\", b"example"), Lookup.RESOLVED, "\\255\\000\\092.example"),
        (hostile(b"8", b"8", b"8", b"8"), Lookup.NOT_FOUND, ""),
        (hostile(b"8.8.8.8"), Lookup.NOT_FOUND, ""),
        (hostile(b"8.8.8.8."), Lookup.NOT_FOUND, ""),
        (hostile(b"2001:db8::1"), Lookup.NOT_FOUND, ""),
        (hostile(), Lookup.NOT_FOUND, ""),
        (hostile(b"\n" * 60, b"\n" * 60, b"\n" * 60, b"ex"), Lookup.RESOLVED, None),
        (Reply(), Lookup.NOT_FOUND, ""),
        (Reply(((b"b",), (b"8", b"8"), (b"a",))), Lookup.RESOLVED, "a"),
        (Reply(alias_minimum=120), Lookup.NOT_FOUND, ""),
        (NXDOMAIN, Lookup.NOT_FOUND, ""),
        (SERVFAIL, Lookup.FAILED, ""),
        (REFUSED, Lookup.FAILED, ""),
    ],
)
def test_every_reply_becomes_a_state(reply: Reply, state: Lookup, name: str | None) -> None:
    answer = look_up(NameServer({"1.2.3.4": reply}), "1.2.3.4")["1.2.3.4"]
    assert answer.state is state
    assert name is None or answer.name == name
    assert len(answer.name) <= 253


def test_a_server_that_is_gone_is_a_failure_and_no_missing_name() -> None:
    server = NameServer({})
    with server:
        pass
    resolver = Resolver(server.address)
    resolver.request(parse("1.2.3.4"))
    assert wait_for_answers(resolver, 1)["1.2.3.4"].state is Lookup.FAILED
    resolver.close()


def test_a_network_that_is_down_is_a_failure_and_no_time_out() -> None:
    resolver = Resolver("255.255.255.255")  # no packet to there is ever sent
    addresses = [f"1.2.{number}.{host}" for number in range(10) for host in range(10)]
    for address in addresses:
        resolver.request(parse(address))
    answers = wait_for_answers(resolver, len(addresses))
    assert {answer.state for answer in answers.values()} == {Lookup.FAILED}
    assert len(answers) == len(addresses)
    resolver.close()


def test_silence_is_a_time_out() -> None:
    outcomes: SimpleQueue[Outcome] = SimpleQueue()
    with NameServer({"1.2.3.4": SILENT}) as server:
        resolver = DnsResolver(outcomes.put, server.address, first_wait=0.25)
        resolver.ask(Question(parse("1.2.3.4")))
        assert outcomes.get(timeout=20) == Outcome(parse("1.2.3.4"), Lookup.TIMED_OUT)
        assert server.asked["1.2.3.4"] == 4
        resolver.close()


@pytest.mark.parametrize("address", ["127.0.0.1", "224.0.0.1", "192.0.2.1", "240.0.0.1", "::"])
def test_some_addresses_are_answered_without_a_query(address: str) -> None:
    server = NameServer({})
    with resolving(server) as resolver:
        resolver.request(parse(address))
        assert select.select([resolver.fileno()], [], [], 0)[0]
        assert resolver.answers() == [Answer(parse(address), "", Lookup.NOT_FOUND)]
    assert not server.asked


def test_asks_once_until_the_answer_expires() -> None:
    server = NameServer({"1.2.3.4": ptr("a.example", ttl=300)})
    clock = HandClock()
    with resolving(server, clock) as resolver:
        for _ in range(3):
            assert resolver.request(parse("1.2.3.4")) is None
        answer = wait_for_answers(resolver, 1)["1.2.3.4"]
        clock.now += 299
        assert resolver.request(parse("1.2.3.4")) == answer
        assert not select.select([resolver.fileno()], [], [], 0)[0]
        clock.now += 1
        assert resolver.request(parse("1.2.3.4")) is None
        assert wait_for_answers(resolver, 1)["1.2.3.4"].name == "a.example"


def test_a_name_is_kept_when_its_refresh_fails() -> None:
    replies = iter([ptr("a.example", ttl=60), *[SERVFAIL] * 20])
    clock = HandClock()
    with resolving(NameServer(lambda _: next(replies)), clock) as resolver:
        resolver.request(parse("1.2.3.4"))
        wait_for_answers(resolver, 1)
        clock.now += 60
        resolver.request(parse("1.2.3.4"))
        answer = wait_for_answers(resolver, 1)["1.2.3.4"]
    assert answer == Answer(parse("1.2.3.4"), "a.example", Lookup.RESOLVED)
    assert next(replies) is SERVFAIL


def test_the_alias_that_leads_nowhere_says_how_long() -> None:
    outcomes: SimpleQueue[Outcome] = SimpleQueue()
    with NameServer({"1.2.3.4": Reply(alias_minimum=120)}) as server:
        resolver = DnsResolver(outcomes.put, server.address)
        resolver.ask(Question(parse("1.2.3.4")))
        assert outcomes.get(timeout=10) == Outcome(parse("1.2.3.4"), Lookup.NOT_FOUND, "", 120)
        resolver.close()


def test_answers_thousands_with_few_in_flight() -> None:
    addresses = [f"1.2.{number >> 8}.{number & 255}" for number in range(2_000)]
    server = NameServer(lambda address: ptr(f"host-{address.replace('.', '-')}.example"))
    answers = look_up(server, *addresses)
    assert [answers[address].state for address in addresses] == [Lookup.RESOLVED] * 2_000
    assert answers["1.2.3.4"].name == "host-1-2-3-4.example"


def test_silent_addresses_take_no_more_than_their_share() -> None:
    server = NameServer(lambda _: SILENT)
    with resolving(server) as resolver:
        for number in range(WAITING_ADDRESSES + BUDGET + 7):
            resolver.request(each_in_its_network(number))
        assert server.wait_until_asked(BUDGET)
        dropped = wait_for_answers(resolver, 7)
        assert {answer.state for answer in dropped.values()} == {Lookup.FAILED}
        assert set(dropped) == {text_of(each_in_its_network(BUDGET + n)) for n in range(7)}
        assert resolver.dropped == 7
        started = time.monotonic()
    assert time.monotonic() - started < CLOSE_SECONDS
    assert server.most_open == BUDGET


def test_a_network_without_answers_takes_one_query_and_the_others_go_on() -> None:
    silent = [f"1.2.3.{number}" for number in range(200)]
    answered = [f"1.{number}.0.{host}" for number in range(10, 20) for host in range(20)]
    script = dict.fromkeys(silent, SILENT) | {address: ptr("a.example") for address in answered}
    with resolving(NameServer(script)) as resolver, NameServer({}):
        for address in silent + answered:
            resolver.request(parse(address))
        answers = wait_for_answers(resolver, answered)
        assert set(answers) == set(answered)


def test_who_is_on_a_screen_is_asked_first() -> None:
    waiting = each_in_its_network(300)
    with NameServer(lambda _: ptr("a.example", delay=1.0)) as server:
        resolver = Resolver(server.address, budget=1)
        for number in range(301):
            resolver.request(each_in_its_network(number))
        assert server.wait_until_asked(1)
        resolver.prefer(waiting)
        assert server.wait_until_asked(2)
        assert [*server.asked][1] == text_of(waiting)
        resolver.close()


def confirmed(script: dict[str, Reply], *names: str) -> list[Answer]:
    """Return what is said of 1.2.3.4, and of what is asked for again after that."""
    with NameServer(script) as server:
        resolver = Resolver(server.address, HandClock())
        resolver.request(parse("1.2.3.4"))
        answers = [wait_for_answers(resolver, 1)["1.2.3.4"]]
        resolver.prefer(parse("1.2.3.4"))
        answers.append(wait_for_answers(resolver, 1)["1.2.3.4"])
        for _ in range(3):
            resolver.prefer(parse("1.2.3.4"))
        resolver.close()
        assert [server.asked[name] for name in names] == [1] * len(names)
        return answers


@pytest.mark.parametrize(
    ("leads_to", "back"), [(("9.9.9.9", "1.2.3.4"), True), (("9.9.9.9",), False), ((), False)]
)
def test_a_name_is_confirmed_when_somebody_looks_at_it(
    leads_to: tuple[str, ...],
    back: bool,  # noqa: FBT001
) -> None:
    script = {"1.2.3.4": ptr("a.example"), "a.example": leads(*leads_to)}
    answers = confirmed(script, "1.2.3.4", "a.example")
    assert [answer.confirmed for answer in answers] == [False, back]
    assert {answer.name for answer in answers} == {"a.example"}


def test_nothing_happens_after_closing() -> None:
    with NameServer({}) as server:
        resolver = Resolver(server.address)
        resolver.close()
        resolver.request(parse("1.2.3.4"))
        resolver.close()
        assert resolver.answers() == []
    assert not server.asked


def test_names_are_kept_for_the_next_start_but_only_public_ones(tmp_path: Path) -> None:
    path = tmp_path / "names"
    server = NameServer({"1.2.3.4": ptr("a.example", ttl=600), "1.2.3.5": ptr("b.example", ttl=60)})
    clock, wall = HandClock(), HandClock()
    with server:
        resolver = Resolver(server.address, clock, saved=SavedNames(path, wall))
        for address in ("1.2.3.4", "1.2.3.5", "1.2.3.6"):
            resolver.request(parse(address))
        wait_for_answers(resolver, 3)
        resolver.close()
        wall.now += 300  # until the next start
        clock.now = 7.0  # of a machine that was booted anew
        resolver = Resolver(server.address, clock, saved=SavedNames(path, wall))
        answer = resolver.request(parse("1.2.3.4"))
        assert answer == Answer(parse("1.2.3.4"), "a.example", Lookup.RESOLVED)
        assert resolver.request(parse("1.2.3.5")) is None
        assert wait_for_answers(resolver, 1)["1.2.3.5"].name == "b.example"
        clock.now += 300
        assert resolver.request(parse("1.2.3.4")) is None, "it counts no longer than it was to"
        resolver.close()
    assert server.asked["1.2.3.5"] == 2


def test_a_clock_that_was_set_back_lets_no_name_count_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "names"
    save(path, [StoredName(parse("1.2.3.4"), "a.example", 1e9)])
    clock = HandClock()
    with NameServer({}) as server:
        resolver = Resolver(server.address, clock, saved=SavedNames(path, lambda: 1e6))
        assert resolver.request(parse("1.2.3.4")) is not None
        clock.now += 86_400
        assert resolver.request(parse("1.2.3.4")) is None
        resolver.close()


def test_a_server_may_be_reached_by_ipv6() -> None:
    answers = look_up(NameServer({"1.2.3.4": ptr("a.example")}, host="::1"), "1.2.3.4")
    assert answers["1.2.3.4"].name == "a.example"


@pytest.mark.parametrize("server", ["127.0.0.1", "127.0.0.1:5353", "::1", "[::1]", "[::1]:5353"])
def test_a_server_needs_no_port(server: str) -> None:
    Resolver(server).close()


@pytest.mark.parametrize("server", ["localhost:53", "127.0.0.1:99999", "é", "not an address"])
def test_refuses_a_server_that_is_no_address(server: str) -> None:
    with pytest.raises(ValueError, match="is no address of a name server"):
        Resolver(server)


CHILD = """
import logging, socket, sys, time
logging.getLogger("asyncio").setLevel(logging.ERROR)  # what is slow tells of the machine
socket.gethostbyaddr = lambda *_: time.sleep(60)  # as long as a network that is down may take
from connmon_enricher.names.resolver import Resolver

resolver = Resolver(sys.argv[1])
for number in range(1_000):
    resolver.request(bytes((1, *divmod(number, 256), 1)))
    resolver.request(bytes((10, *divmod(number, 256), 1)))
for line in sys.stdin:
    break
begun = time.monotonic()
if sys.argv[2] == "close":
    resolver.close()
elif sys.argv[2] == "raise":
    raise SystemExit(3)
print(time.monotonic() - begun, flush=True)
"""


@pytest.mark.parametrize(("ending", "code"), [("close", 0), ("leave", 0), ("raise", 3)])
def test_a_process_ends_quickly_with_look_ups_pending(ending: str, code: int) -> None:
    arguments = [sys.executable, "-X", "dev", "-W", "error", "-c", CHILD]
    with (
        NameServer(lambda _: SILENT) as server,
        subprocess.Popen(
            [*arguments, server.address, ending],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as child,
    ):
        assert server.wait_until_asked(BUDGET)
        begun = time.monotonic()
        output, errors = child.communicate("go\n", timeout=10)
        assert time.monotonic() - begun < 2.0  # the look-ups would take 16 s
    assert child.returncode == code
    assert errors == ""
    if ending == "close":
        assert float(output) < CLOSE_SECONDS
