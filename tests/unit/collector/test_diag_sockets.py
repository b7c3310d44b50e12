"""The netlink socket that is asked for all sockets, when an answer goes wrong."""

import socket
import sys
from contextlib import ExitStack, closing

import pytest

if sys.platform != "linux":
    pytest.skip("sock_diag is Linux's", allow_module_level=True)

from connmon_collector.sources import diag_sockets
from connmon_collector.sources.diag_sockets import DiagSocket

MANY = 250  # connections: the kernel tells of them in several datagrams


def test_after_an_answer_that_was_given_up_the_next_one_is_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The kernel answers nothing else (EBUSY) before the end of an answer was read."""
    with ExitStack() as stack, closing(DiagSocket()) as diag:
        server = stack.enter_context(socket.create_server(("127.9.9.8", 0), backlog=MANY))
        for _ in range(MANY):
            stack.enter_context(socket.create_connection(server.getsockname()))
            stack.enter_context(server.accept()[0])
        with monkeypatch.context() as patch:
            patch.setattr(diag_sockets, "_DATAGRAM_BYTES", 512)
            with pytest.raises(OSError, match="a datagram of"):
                [*diag.counting_parts()]
        parts = [*diag.counting_parts()]
    assert len(parts) > 1
    assert sum(len(part.rows) for part in parts) >= 2 * MANY
