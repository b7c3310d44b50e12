"""Many short TCP connections on the loopback interface, and a log of what was really done.

A program of its own, on nothing but the standard library; `run` and `start` start it:

    python load.py PLAN LOG          (both as `start` writes them)

Clients and servers come in pairs of processes. A client connects to a new address of
127.0.0.0/8 each time (IPv6 has only ::1), says how long an answer it wants, reads it and
closes. Everything ends by itself: by count, by time, and at the latest by an alarm.
"""

import contextlib
import json
import os
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

CLIENT, SERVER = "bench-client-", "bench-server-"  # at most 15 bytes with the number behind
_RECORD = struct.Struct("=IHdd")  # number, port of the client, begin and end (monotonic seconds)
_ASKED = struct.Struct("!H")  # how many bytes the server is to answer
_PAYLOAD = bytes(1_000)
_SIZES = 900  # different lengths of a request, and of an answer
_FIRST_NETWORK = 64  # of 127.64.0.0 and on: each run has 2^16 addresses, then the next begins
_NETWORKS = 190
_BACKLOG = 4_096
_SPARE_SECONDS = 60  # that a load may take longer than planned
_SLOWEST = 1_000  # connections a second that a load without a rate reaches anywhere
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close at once, with a reset
_BEGIN_SECONDS = 0.3  # after the start, for all clients to be there


class Plan(NamedTuple):
    """What to do."""

    connections: int  # with `seconds`, at most
    rate: float = 0.0  # connections a second; 0: as fast as it goes
    seconds: float = 0.0  # stop then; 0: when all are done
    family: int = socket.AF_INET
    clients: int = 2
    network: int = 0  # tells the addresses of this run from those of others
    reset: bool = False  # clients end with a reset, which leaves no TIME_WAIT behind
    cpus: tuple[int, ...] = ()  # run only there

    @property
    def limit(self) -> int:
        """After how many seconds the load is killed."""
        planned = self.seconds or self.connections / (self.rate or _SLOWEST)
        return round(planned) + _SPARE_SECONDS


class Done(NamedTuple):
    """One connection that was opened, used and closed."""

    number: int
    pair: int  # which client and server
    port: int  # of the client
    begin: float  # before connect(), seconds of time.monotonic()
    end: float  # after close()


class Outcome(NamedTuple):
    """What a load did."""

    plan: Plan
    clients: list[int]  # pids
    servers: list[int]
    ports: list[int]  # of the servers
    done: list[Done]

    @property
    def rate(self) -> float:
        """Connections a second that were really reached."""
        if not self.done:
            return 0.0
        return len(self.done) / (max(d.end for d in self.done) - min(d.begin for d in self.done))

    @property
    def life(self) -> float:
        """The median time from connect() to close(), seconds."""
        return statistics.median(d.end - d.begin for d in self.done)


class Load:
    """A load under way."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._log = tempfile.TemporaryDirectory(prefix="connmon-bench-")
        command = [sys.executable, "-I", __file__, json.dumps(plan), self._log.name]
        self._process = subprocess.Popen(command, start_new_session=True)

    @property
    def running(self) -> bool:
        """Whether it is not over yet."""
        return self._process.poll() is None

    def wait(self) -> Outcome:
        """Return what was done, when it is done."""
        try:
            if self._process.wait(self._plan.limit):
                raise SystemExit("the load failed")
            return _read(self._plan, Path(self._log.name))
        finally:
            self.end()

    def end(self) -> None:
        """Kill what is left."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._log.cleanup()


def run(plan: Plan) -> Outcome:
    """Do what `plan` says and return what was done."""
    return Load(plan).wait()


def destination(plan: Plan, number: int) -> bytes:
    """Return the address that connection `number` goes to."""
    if plan.family == socket.AF_INET6:
        return socket.inet_pton(socket.AF_INET6, "::1")
    network = (plan.network + (number >> 16)) % _NETWORKS
    return bytes((127, _FIRST_NETWORK + network, number >> 8 & 255, number & 255))


def source(plan: Plan) -> bytes:
    """Return the address that all connections come from."""
    return socket.inet_pton(plan.family, "127.0.0.1" if plan.family == socket.AF_INET else "::1")


def sizes(number: int) -> tuple[int, int]:
    """Return how many bytes connection `number` asks with, and is answered with."""
    return _ASKED.size + number % _SIZES, 1 + number * 7 % _SIZES


def _read(plan: Plan, folder: Path) -> Outcome:
    pids = json.loads((folder / "pids").read_text())
    done = []
    for pair in range(plan.clients):
        found = _RECORD.iter_unpack((folder / str(pair)).read_bytes())
        done += [Done(number, pair, *rest) for number, *rest in found]
    return Outcome(plan, pids["clients"], pids["servers"], pids["ports"], done)


# What follows runs in the load's own processes.


def main() -> None:
    """Run clients and servers, and end them."""
    plan, folder = Plan(*json.loads(sys.argv[1])), Path(sys.argv[2])
    signal.alarm(plan.limit)
    if plan.cpus:
        os.sched_setaffinity(0, plan.cpus)
    listeners = [_listener(plan) for _ in range(plan.clients)]
    ports = [listener.getsockname()[1] for listener in listeners]
    servers = [_fork(plan, partial(_serve, n, listener)) for n, listener in enumerate(listeners)]
    for listener in listeners:
        listener.close()
    begin = time.monotonic() + _BEGIN_SECONDS
    clients = [
        _fork(plan, partial(_ask, plan, n, port, begin, folder)) for n, port in enumerate(ports)
    ]
    pids = {"clients": clients, "servers": servers, "ports": ports}
    (folder / "pids").write_text(json.dumps(pids))
    failed = [os.waitpid(client, 0)[1] for client in clients]
    for server in servers:
        os.kill(server, signal.SIGKILL)
        os.waitpid(server, 0)
    sys.exit(any(failed))


def _listener(plan: Plan) -> socket.socket:
    anywhere = "::1" if plan.family == socket.AF_INET6 else "0.0.0.0"  # noqa: S104 - 127.x.y.z
    return socket.create_server((anywhere, 0), family=plan.family, backlog=_BACKLOG)


def _fork(plan: Plan, work: Callable[[], None]) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        signal.alarm(plan.limit)  # a child does not inherit it
        work()
    except:  # noqa: E722 - whatever it is: this process must end here
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _be_called(name: str) -> None:
    Path("/proc/self/comm").write_text(name)


def _serve(index: int, listener: socket.socket) -> None:
    _be_called(f"{SERVER}{index}")
    while True:
        accepted, _ = listener.accept()
        with accepted, contextlib.suppress(ConnectionResetError):
            wanted, *_ = _ASKED.unpack_from(accepted.recv(len(_PAYLOAD)))
            accepted.sendall(_PAYLOAD[:wanted])
            accepted.recv(1)  # the end


def _ask(plan: Plan, index: int, port: int, begin: float, folder: Path) -> None:
    _be_called(f"{CLIENT}{index}")
    with (folder / str(index)).open("wb") as log:
        for number in _due(plan, index, begin):
            target = (socket.inet_ntop(plan.family, destination(plan, number)), port)
            log.write(_RECORD.pack(number, *_connect(plan, target, *sizes(number))))


def _due(plan: Plan, index: int, begin: float) -> Iterator[int]:
    """Yield the numbers of this client's connections when it is their time."""
    end = begin + plan.seconds if plan.seconds else float("inf")
    time.sleep(max(0.0, begin - time.monotonic()))
    for number in range(index, plan.connections, plan.clients):
        now = time.monotonic()
        if now >= end:
            return
        if plan.rate:
            time.sleep(max(0.0, begin + number / plan.rate - now))
        yield number


def _connect(
    plan: Plan, target: tuple[str, int], asked: int, answered: int
) -> tuple[int, float, float]:
    """Do one connection; return its port and the times of its begin and end."""
    request = _ASKED.pack(answered) + _PAYLOAD[: asked - _ASKED.size]
    begin = time.monotonic()
    with socket.socket(plan.family) as client:
        client.connect(target)
        port = client.getsockname()[1]
        client.sendall(request)
        while answered > 0:
            got = len(client.recv(answered))
            if not got:
                raise ConnectionError("the server ended early")
            answered -= got
        if plan.reset:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    return port, begin, time.monotonic()


if __name__ == "__main__":
    main()
