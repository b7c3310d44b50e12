import socket
import threading
import time
from queue import SimpleQueue

import pytest

from connmon_enricher.names.outcome import Outcome
from connmon_enricher.names.system import SystemResolver
from connmon_enricher.names.waiting import WAITING_ADDRESSES
from connmon_shared.endpoints import parse
from connmon_shared.messages import Lookup

DEADLINE = 10.0  # seconds
ADDRESS = parse("192.168.1.1")


class System:
    """The operating system's getnameinfo as the test wants it."""

    def __init__(self, host: str = "", error: Exception | None = None) -> None:
        self.go_on = threading.Event()
        self.calls: SimpleQueue[tuple[tuple[str, int], int]] = SimpleQueue()
        self._host = host
        self._error = error

    def getnameinfo(self, address: tuple[str, int], flags: int) -> tuple[str, str]:
        self.calls.put((address, flags))
        self.go_on.wait(DEADLINE)
        if self._error:
            raise self._error
        return self._host, "0"


def ask(system: System, address: bytes = ADDRESS) -> Outcome:
    outcomes: SimpleQueue[Outcome] = SimpleQueue()
    resolver = SystemResolver(outcomes.put, system.getnameinfo)
    system.go_on.set()
    resolver.ask(address)
    outcome = outcomes.get(timeout=DEADLINE)
    resolver.close()
    return outcome


def test_asks_the_real_system() -> None:
    outcomes: SimpleQueue[Outcome] = SimpleQueue()
    resolver = SystemResolver(outcomes.put)
    resolver.ask(parse("127.0.0.1"))  # in every hosts file, so that no query leaves the host
    outcome = outcomes.get(timeout=DEADLINE)
    assert outcome.state is Lookup.RESOLVED
    assert outcome.name
    resolver.close()


def test_wants_a_name_and_makes_it_harmless() -> None:
    system = System("Printer 1.local")
    assert ask(system) == Outcome(ADDRESS, Lookup.RESOLVED, "printer\\0321.local")
    assert system.calls.get() == (("192.168.1.1", 0), socket.NI_NAMEREQD)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (socket.gaierror(socket.EAI_NONAME, "unknown"), Lookup.NOT_FOUND),
        (socket.gaierror(socket.EAI_AGAIN, "later"), Lookup.FAILED),
        (socket.gaierror(socket.EAI_FAIL, "never"), Lookup.FAILED),
        (OSError("out of descriptors"), Lookup.FAILED),
    ],
)
def test_an_error_becomes_a_state(error: Exception, state: Lookup) -> None:
    assert ask(System(error=error)) == Outcome(ADDRESS, state)


def test_a_name_that_is_no_utf_8_is_shown_in_numbers() -> None:
    error = UnicodeDecodeError("utf-8", b"caf\xe9.lan", 3, 4, "invalid")
    assert ask(System(error=error)).name == "caf\\233.lan"


def test_a_name_that_reads_like_an_address_is_none() -> None:
    assert ask(System("10.0.0.1")) == Outcome(ADDRESS, Lookup.NOT_FOUND)


def test_blocked_look_ups_hold_up_neither_asking_nor_closing() -> None:
    system = System("late.lan")
    outcomes: SimpleQueue[Outcome] = SimpleQueue()
    before = set(threading.enumerate())
    resolver = SystemResolver(outcomes.put, system.getnameinfo)
    started = time.monotonic()
    for number in range(WAITING_ADDRESSES + 10):
        resolver.ask(bytes((10, *number.to_bytes(3, "big"))))
    assert len(set(threading.enumerate()) - before) == 2
    system.calls.get(timeout=DEADLINE)
    system.calls.get(timeout=DEADLINE)
    resolver.close()
    assert time.monotonic() - started < DEADLINE / 4
    assert system.calls.empty()
    assert resolver.dropped in range(8, 11)  # two are with the system, if they left in time
    assert outcomes.get(timeout=DEADLINE).state is Lookup.FAILED
    system.go_on.set()
