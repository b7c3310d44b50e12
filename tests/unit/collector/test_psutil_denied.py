"""Where psutil refuses the whole list, as macOS does to an ordinary user, each process is asked."""

import os
import socket

import psutil
import pytest

from connmon_collector.sources.psutil_source import PsutilSource
from connmon_shared.timelines.states import State


@pytest.fixture
def denied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this system refuse as macOS does; there is none here to ask."""

    def refuse(_kind: str) -> None:
        raise psutil.AccessDenied(1)

    monkeypatch.setattr(psutil, "net_connections", refuse)


@pytest.mark.usefixtures("denied")
def test_our_own_sockets_are_still_seen_with_their_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        rows = PsutilSource().sample().connections.values()
    (row,) = (row for row in rows if row.local_port == port and row.pid == os.getpid())
    assert row.state == State.LISTEN
    assert row.process == psutil.Process().name()


@pytest.mark.usefixtures("denied")
def test_what_is_hidden_is_said() -> None:
    source = PsutilSource()
    source.sample()
    assert any("hidden" in sentence for sentence in source.problems)


@pytest.mark.usefixtures("denied")
def test_a_socket_keeps_its_id_from_sample_to_sample() -> None:
    source = PsutilSource()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        first, second = (
            {row.id for row in source.sample().connections.values() if row.local_port == port}
            for _ in range(2)
        )
    assert first == second != set()
