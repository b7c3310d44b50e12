"""A socket that stays is one socket, whatever psutil learns of its process meanwhile."""

import os
import socket

from connmon_collector.sources.psutil_source import PsutilSource
from connmon_shared.messages import Connection


def accepted_end(source: PsutilSource, peer_port: int) -> Connection:
    rows = source.sample().connections.values()
    (row,) = (row for row in rows if row.remote_port == peer_port)
    return row


def test_a_connection_keeps_its_id_when_it_is_accepted() -> None:
    source = PsutilSource()
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
        client.connect(server.getsockname())
        port = client.getsockname()[1]
        waiting = accepted_end(source, port)
        with server.accept()[0]:
            taken = accepted_end(source, port)
    assert taken.pid == os.getpid()
    assert taken.id == waiting.id
