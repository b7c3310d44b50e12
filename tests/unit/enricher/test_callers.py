import os
import socket

import pytest
import zmq

from connmon_enricher.callers import Callers


class Said:
    """Stands for a frame; a real one cannot lose its connection at a moment of our choice."""

    def __init__(self, connection: socket.socket) -> None:
        self._descriptor = connection.fileno()

    def get(self, option: int) -> int:
        assert option == zmq.SRCFD
        return self._descriptor


def test_a_connection_may_end_while_it_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair()
    fstat = os.fstat

    def ends_after_a_look(descriptor: int) -> os.stat_result:
        found = fstat(descriptor)
        ours.close()
        return found

    with ours, theirs:
        said = Said(ours)
        monkeypatch.setattr(os, "fstat", ends_after_a_look)
        Callers(many=0).subscribed(said)  # type: ignore[arg-type]
        assert ours.fileno() == -1
