import socket
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

import pytest

from connmon_enricher.names.outcome import Outcome, Question
from connmon_enricher.names.system import SystemResolver
from connmon_enricher.names.waiting import WAITING_ADDRESSES
from connmon_shared.endpoints import parse
from connmon_shared.messages import Lookup

DEADLINE = 10.0  # seconds
ADDRESS = parse("192.168.1.1")


class System:
    """The operating system's gethostbyaddr as the test wants it."""

    def __init__(self, host: str = "", error: Exception | None = None) -> None:
        self.go_on = threading.Event()
        self.calls: SimpleQueue[str] = SimpleQueue()
        self._host = host
        self._error = error

    def gethostbyaddr(self, address: str) -> tuple[str, list[str], list[str]]:
        self.calls.put(address)
        self.go_on.wait(DEADLINE)
        if self._error:
            raise self._error
        return self._host, [], [address]


def ask(system: System, address: bytes = ADDRESS) -> Outcome:
    outcomes: SimpleQueue[Outcome] = SimpleQueue()
    resolver = SystemResolver(outcomes.put, system.gethostbyaddr)
    system.go_on.set()
    resolver.ask(Question(address))
    outcome = outcomes.get(timeout=DEADLINE)
    resolver.close()
    return outcome


def test_asks_the_real_system() -> None:
    outcomes: SimpleQueue[Outcome] = SimpleQueue()
    resolver = SystemResolver(outcomes.put)
    # In every hosts file, so that no query leaves the host.
    resolver.ask(Question(parse("127.0.0.1")))
    outcome = outcomes.get(timeout=DEADLINE)
    assert outcome.state is Lookup.RESOLVED
    assert outcome.name
    resolver.close()


def test_wants_a_name_and_makes_it_harmless() -> None:
    system = System("Printer 1.local")
    assert ask(system) == Outcome(ADDRESS, Lookup.RESOLVED, "printer\\0321.local")
    assert system.calls.get() == "192.168.1.1"


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (socket.herror(1, "Unknown host"), Lookup.NOT_FOUND),
        (socket.herror(4, "No address associated with name"), Lookup.NOT_FOUND),
        (socket.herror(2, "Host name lookup failure"), Lookup.FAILED),
        (socket.gaierror(socket.EAI_NONAME, "unknown"), Lookup.NOT_FOUND),
        (socket.gaierror(socket.EAI_AGAIN, "later"), Lookup.FAILED),
        (socket.gaierror(socket.EAI_FAIL, "never"), Lookup.FAILED),
        (OSError("out of descriptors"), Lookup.FAILED),
    ],
)
def test_an_error_becomes_a_state(error: Exception, state: Lookup) -> None:
    assert ask(System(error=error)) == Outcome(ADDRESS, state)


def test_a_name_that_is_no_utf_8_is_shown_in_numbers() -> None:
    assert ask(System("caf\udce9.lan")).name == "caf\\233.lan"


def test_a_name_that_reads_like_an_address_is_none() -> None:
    assert ask(System("10.0.0.1")) == Outcome(ADDRESS, Lookup.NOT_FOUND)


def test_blocked_look_ups_hold_up_neither_asking_nor_closing() -> None:
    system = System("late.lan")
    outcomes: SimpleQueue[Outcome] = SimpleQueue()
    before = set(threading.enumerate())
    resolver = SystemResolver(outcomes.put, system.gethostbyaddr)
    started = time.monotonic()
    for number in range(WAITING_ADDRESSES + 10):
        resolver.ask(Question(bytes((10, *number.to_bytes(3, "big")))))
    assert len(set(threading.enumerate()) - before) == 2
    system.calls.get(timeout=DEADLINE)
    system.calls.get(timeout=DEADLINE)
    resolver.close()
    assert time.monotonic() - started < DEADLINE / 4
    assert system.calls.empty()
    assert resolver.dropped in range(8, 11)  # two are with the system, if they left in time
    assert outcomes.get(timeout=DEADLINE).state is Lookup.FAILED
    system.go_on.set()


def confirm(name: str, found: Callable[[str], set[bytes]]) -> Outcome:
    outcomes: SimpleQueue[Outcome] = SimpleQueue()
    resolver = SystemResolver(outcomes.put, look_back=found)
    resolver.ask(Question(ADDRESS, name))
    outcome = outcomes.get(timeout=DEADLINE)
    resolver.close()
    return outcome


@pytest.mark.parametrize(
    ("addresses", "state"),
    [({parse("10.0.0.1"), ADDRESS}, Lookup.RESOLVED), ({parse("10.0.0.1")}, Lookup.NOT_FOUND)],
)
def test_a_name_is_confirmed_if_it_leads_back(addresses: set[bytes], state: Lookup) -> None:
    outcome = confirm("printer.lan", lambda name: addresses if name == "printer.lan" else set())
    assert outcome == Outcome(ADDRESS, state, confirming="printer.lan")


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (socket.gaierror(socket.EAI_NONAME, "unknown"), Lookup.NOT_FOUND),
        (socket.gaierror(socket.EAI_AGAIN, "later"), Lookup.FAILED),
        (UnicodeError("label too long"), Lookup.NOT_FOUND),
    ],
)
def test_an_error_confirms_nothing(error: Exception, state: Lookup) -> None:
    def fail(_: str) -> set[bytes]:
        raise error

    assert confirm("printer.lan", fail) == Outcome(ADDRESS, state, confirming="printer.lan")


def test_the_real_system_is_asked_for_the_way_back() -> None:
    outcomes: SimpleQueue[Outcome] = SimpleQueue()
    resolver = SystemResolver(outcomes.put)
    loopback = parse("127.0.0.1")
    resolver.ask(Question(loopback, "localhost"))
    assert outcomes.get(timeout=DEADLINE) == Outcome(
        loopback, Lookup.RESOLVED, confirming="localhost"
    )
    resolver.close()
