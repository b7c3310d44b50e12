"""A name server of a process of its own, whose silent and slow addresses are known beforehand."""

import heapq
import multiprocessing
import os
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

SILENT = -1.0
_PTR, _IN = 12, 1
_HEADER_BYTES = 12
_ANSWER = 0x8180  # recursion desired and available
_QUESTION = b"\xc0\x0c"  # the name at that offset, RFC 1035 section 4.1.4
_TTL = 300  # seconds

#: How many seconds an answer takes that was asked for with this name; SILENT: for ever.
Delay = Callable[[bytes], float]


@contextmanager
def name_server(delay: Delay) -> Iterator[int]:
    """Serve every PTR and A query, and yield the port at 127.0.0.1."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_serve, args=(delay, theirs))
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _serve(delay: Delay, told: Connection) -> None:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    sock.bind(("127.0.0.1", 0))
    told.send(sock.getsockname()[1])
    late: list[tuple[float, bytes, tuple[str, int]]] = []
    first: dict[bytes, float] = {}  # what was asked for once comes from a cache
    while True:
        wait = max(0.0, late[0][0] - time.monotonic()) if late else None
        if select.select([sock], [], [], wait)[0]:
            query, client = sock.recvfrom(4_096)
            name = query[_HEADER_BYTES : query.index(b"\0", _HEADER_BYTES)]
            seconds = delay(name)
            if seconds == SILENT:
                continue
            due = first.setdefault(name, time.monotonic() + seconds) if seconds else 0.0
            heapq.heappush(late, (due, _answer(query, name), client))
        while late and late[0][0] <= time.monotonic():
            _, packet, client = heapq.heappop(late)
            sock.sendto(packet, client)


def _answer(query: bytes, name: bytes) -> bytes:
    end = _HEADER_BYTES + len(name) + 5
    kind = struct.unpack_from("!H", query, end - 4)[0]
    data = bytes((4, *b"host", *name, 0)) if kind == _PTR else bytes((192, 0, 2, 1))
    counts = struct.pack("!5H", _ANSWER, 1, 1, 0, 0)
    record = _QUESTION + struct.pack("!HHIH", kind, _IN, _TTL, len(data)) + data
    return query[:2] + counts + query[_HEADER_BYTES:end] + record


def bystander(port: int, enough: Connection) -> None:
    """Ask for new names 20 times a second until told to end, and tell (asked, failed)."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect(("127.0.0.1", port))
    asked = failed = 0
    while not enough.poll():
        begun = time.monotonic()
        asked += 1
        failed += not _looked_up(sock, f"www{os.getpid()}-{asked}".encode())
        time.sleep(max(0.0, begun + 0.05 - time.monotonic()))
    enough.recv()
    enough.send((asked, failed))


def _looked_up(sock: socket.socket, label: bytes) -> bool:
    """Return whether an A query has an answer within two seconds."""
    identity = os.urandom(2)
    name = bytes((len(label),)) + label + b"\7example\0"
    sock.send(identity + struct.pack("!5H", 0x100, 1, 0, 0, 0) + name + b"\0\1\0\1")
    deadline = time.monotonic() + 2.0
    while (left := deadline - time.monotonic()) > 0:
        if select.select([sock], [], [], left)[0]:
            answer = sock.recv(4_096)
            if answer[:2] == identity:
                return not answer[3] & 15 and bool(answer[7])
    return False
