"""The bell that wakes a sleeping collector, rung by this kernel."""

import contextlib
import os
import select
import socket
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import pytest
from helpers import DEADLINE

if sys.platform != "linux":
    pytest.skip("events are Linux's", allow_module_level=True)

from connmon_collector.sources.events import perf, tracepoints
from connmon_collector.sources.events.doorbell import Doorbell
from connmon_collector.sources.events.stream import Stream

pytestmark = pytest.mark.root

_LONG_AGO = 10_000_000_000  # ns


class Server:
    """Somebody to connect to, and the tracepoint that tells of that and of nothing else."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        number = tracepoints.find("sock/inet_sock_set_state").number
        self.source = perf.Source(number, f"dport=={self.port}")
        self._opened = contextlib.ExitStack()
        self._opened.enter_context(self._listening)

    def connect(self) -> None:
        """Connect, and stay so: what comes of an end, a kernel may do at any time after it."""
        self._opened.enter_context(socket.create_connection(("127.0.0.1", self.port)))
        self._opened.enter_context(self._listening.accept()[0])

    def close(self) -> None:
        self._opened.close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture
def doorbell(server: Server) -> Iterator[Doorbell]:
    """Yield a bell that only connections to our server ring."""
    ours = SimpleNamespace(cpus=perf.online_cpus(), contacts=(server.source,))
    silent, other = socket.socketpair()
    made = Doorbell(cast("Stream", ours), silent.fileno())
    yield made
    made.close()
    silent.close()
    other.close()


def rings(doorbell: Doorbell, seconds: float = 0.0) -> bool:
    return bool(select.select([doorbell.fileno()], [], [], seconds)[0])


def test_it_rings_once_each_time_that_it_was_set(server: Server, doorbell: Doorbell) -> None:
    for now in range(_LONG_AGO, 4 * _LONG_AGO, _LONG_AGO):
        doorbell.prepare(now)
        assert doorbell.set
        assert not rings(doorbell)
        server.connect()
        assert rings(doorbell, DEADLINE)
        doorbell.prepare(now + 1)
        assert not doorbell.set, "somebody was at the door just now"


def test_what_rang_on_several_cpus_rings_once(server: Server, doorbell: Doorbell) -> None:
    allowed = os.sched_getaffinity(0)
    doorbell.prepare(_LONG_AGO)
    for cpu in allowed:
        os.sched_setaffinity(0, {cpu})
        server.connect()
    os.sched_setaffinity(0, allowed)
    assert rings(doorbell, DEADLINE)
    doorbell.prepare(_LONG_AGO + 1)
    doorbell.prepare(2 * _LONG_AGO)
    assert doorbell.set
    assert not rings(doorbell)


def test_it_is_not_set_while_something_happens(server: Server, doorbell: Doorbell) -> None:
    doorbell.note(_LONG_AGO, busy=True)
    doorbell.prepare(_LONG_AGO + 500_000_000)
    assert not doorbell.set
    server.connect()
    assert not rings(doorbell)
    doorbell.prepare(_LONG_AGO + 1_100_000_000)
    assert doorbell.set


def test_a_destroyed_socket_rings_it() -> None:
    ours = SimpleNamespace(cpus=[], contacts=())
    silent, other = socket.socketpair()
    doorbell = Doorbell(cast("Stream", ours), silent.fileno())
    assert not rings(doorbell)
    other.send(b"!")
    assert rings(doorbell, DEADLINE)
    doorbell.close()
    silent.close()
    other.close()
