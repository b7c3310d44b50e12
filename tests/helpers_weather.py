"""A host of a test's own, programs on it that do as told, and whoever follows its collector."""

import contextlib
import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import zmq
from helpers import DEADLINE, NOBODY, descendants, wait_until
from helpers_network import Network
from helpers_processes import Program, short_directory

from connmon_shared import codec, sockets, wire
from connmon_shared.endpoints import parse
from connmon_shared.messages import (
    Connection,
    Counters,
    Delta,
    Header,
    Keyframe,
    Names,
    ObservedName,
    Process,
    Processes,
    Status,
    Traffic,
)
from connmon_shared.stage.runtime import Runtime

COLLECTOR = [sys.executable, "-I", "-m", "connmon_collector"]
INTERVAL = 0.2  # seconds
TERMINATED = 128 + 15
SAMENESS = 0.05  # seconds that times may differ: one is taken before, the other after a call
_TURN_MS = 50

#: Runs the lines that it is sent, and answers with what they leave in `result`.
_ACTOR = """
import array, json, os, signal, socket, subprocess, sys, time
for line in sys.stdin:
    result = None
    exec(json.loads(line))
    print(json.dumps(result), flush=True)
"""

#: What actors know how to do.
_SKILLS = """
def listen(address):
    server = socket.create_server((address, 0), backlog=4096)
    servers.append(server)
    return server.getsockname()[1]

def connect(address, port):
    end = socket.create_connection((address, port))
    opened.append(end)
    return end.getsockname()[1]

def accept():
    opened.append(servers[-1].accept()[0])

def disconnect():
    while opened:
        opened.pop().close()

def storm(count, octets, port):
    for number in range(count):
        end = socket.create_connection((f"{octets}.{number // 250 % 250 + 1}", port))
        other = servers[-1].accept()[0]
        end.close()
        other.close()

servers, opened = [], []
"""


class Actor:
    """A Python program that does what a test says, one step after the other.

    Attributes:
        pid: its number, as this test sees it.
    """

    def __init__(self, *before: str, python: str = sys.executable) -> None:
        self._process = subprocess.Popen(
            [*before, python, "-I", "-c", _ACTOR],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self._process.pid
        self.do(_SKILLS)

    def start(self, code: str) -> None:
        """Let it begin a step."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(code) + "\n")
        self._process.stdin.flush()

    def answer(self) -> object:
        """Return what the step left in `result`, once it is done."""
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        assert said, "the actor has died"
        return json.loads(said)

    def answers(self) -> bool:
        """Return whether the step is done."""
        assert self._process.stdout is not None
        return bool(select.select([self._process.stdout], [], [], 0)[0])

    def do(self, code: str) -> object:
        """Let it do a step, and return its result."""
        self.start(code)
        return self.answer()

    def number(self, code: str) -> int:
        """Return the number that an expression gives there."""
        result = self.do(f"result = {code}")
        assert isinstance(result, int)
        return result

    def end(self) -> None:
        """Let it end, and with it what it has started."""
        for pid in descendants(self.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.communicate()


class Host(Network):
    """A network namespace with its loopback, and a loopback network that only this test uses.

    Attributes:
        octets: the first three of the network's addresses.
        address: one of them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.octets = f"127.{random.randrange(1, 255)}.{random.randrange(255)}"  # noqa: S311
        self.address = f"{self.octets}.1"
        self._actors: list[Actor] = []

    def actor(self, *before: str, python: str = sys.executable) -> Actor:
        """Start a program here."""
        made = Actor(*self.inside, *before, python=python)
        self._actors.append(made)
        return made

    def end(self) -> None:
        """End all programs, and with them the namespace."""
        for actor in self._actors:
            actor.end()
        super().end()


class Watcher:
    """Follows a collector like an enricher, and complains about what contradicts itself.

    Attributes:
        open: what is open, by id.
        ever: the last that was told of every connection, by id.
        owners: every (pid, name) that was told of each connection, in order.
        opened: when each was opened, of those that a delta told.
        closed: when each was closed.
        lost: stretches in which something may be missing.
        slots: the observed time, as deltas vouch for it.
        statuses: all of the collector.
        told: all that was told of processes.
        counters: the last of each connection.
        names: all that were observed.
        live: whether a keyframe has come.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.runtime = Runtime(directory)
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._bind()
        self.forget()

    def forget(self) -> None:
        """Know nothing any more: another collector comes."""
        self.open: dict[int, Connection] = {}
        self.ever: dict[int, Connection] = {}
        self.owners: dict[int, list[tuple[int, str]]] = {}
        self.opened: dict[int, float] = {}
        self.closed: dict[int, float] = {}
        self.lost: list[tuple[float, float]] = []
        self.slots: list[tuple[float, float]] = []
        self.statuses: list[Status] = []
        self.told: list[Process] = []
        self.counters: dict[int, Counters] = {}
        self.names: list[ObservedName] = []
        self.live = False
        self._number = 0
        self._parts: list[Connection] = []

    def away(self) -> None:
        """Be gone, as an enricher that was killed."""
        self._socket.close(linger=0)

    def rebind(self) -> None:
        """Be a new enricher at the same place, and know nothing."""
        self._socket = self._bind()
        self.forget()

    def until(self, true: Callable[[], object], seconds: float = DEADLINE) -> None:
        """Follow until it is true."""
        limit = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < limit, f"it did not happen: {self}"
            self.turn()

    def turn(self) -> None:
        """Take in what has come, or wait for it a moment."""
        if self._socket.poll(_TURN_MS):
            header, body = wire.split(self._socket.recv_multipart())
            message = codec.decode(header.kind, body)
            if header.kind in wire.NUMBERED:
                self._count(header)
            if isinstance(message, Keyframe):
                self._keyframe(message, header)
            elif isinstance(message, Delta) and self.live:
                self._delta(message)
            elif isinstance(message, Status):
                self.statuses.append(message)
            elif isinstance(message, Processes):
                self.told += message.processes
            elif isinstance(message, Names):
                self.names += message.names
            elif isinstance(message, Traffic):
                self.counters.update((c.id, c) for c in (*message.counters, *message.final))

    @property
    def status(self) -> Status:
        """The newest."""
        return self.statuses[-1]

    def rows(self, address: str, port: int | None = None) -> list[Connection]:
        """Return what is open and has `address`, and `port`, at one of its ends."""
        return _with(self.open.values(), address, port)

    def all(self, address: str, port: int | None = None) -> list[Connection]:
        """Return the same of all that ever was."""
        return _with(self.ever.values(), address, port)

    def process(self, pid: int) -> Process:
        """Return what was told last of a process; empty: nothing was."""
        known = (process for process in reversed(self.told) if process.pid == pid)
        return next(known, Process(pid, ""))

    def close(self) -> None:
        """Stop listening."""
        self._context.destroy(linger=0)

    def __repr__(self) -> str:
        return f"open {list(self.open.values())}, {self.statuses[-1:]}, lost {self.lost}"

    def _bind(self) -> sockets.Socket:
        bound = sockets.subscriber(self._context, wire.EVERYTHING)
        bound.bind(self.runtime.feed)
        self.runtime.admit_collector()
        return bound

    def _count(self, header: Header) -> None:
        if self.live:
            assert header.seq - self._number in {0, 1}, "a message was lost"
            assert header.seq > self._number or header.part, "a message came twice"
        self._number = header.seq

    def _keyframe(self, message: Keyframe, header: Header) -> None:
        self._parts += message.connections
        if header.part == header.parts - 1:
            rows, self._parts = {row.id: row for row in self._parts}, []
            if self.live:
                assert rows == self.open, "a keyframe is what deltas have told"
            self.open, self.live = rows, True
            for row in rows.values():
                self._note(row)

    def _note(self, row: Connection) -> None:
        self.ever[row.id] = row
        owners = self.owners.setdefault(row.id, [])
        if owners[-1:] != [(row.pid, row.process)]:
            owners.append((row.pid, row.process))

    def _delta(self, delta: Delta) -> None:
        ages = delta.changed_ages or (0,) * len(delta.changed)
        for row, age in zip(delta.changed, ages, strict=True):
            assert row.id not in self.closed, f"what was gone came back: {row}"
            if row.id not in self.ever:
                self.opened[row.id] = delta.time - age / 1_000
            self.open[row.id] = row
            self._note(row)
        for number, age in zip(delta.gone, delta.gone_ages or (0,) * len(delta.gone), strict=True):
            del self.open[number]  # it was open
            self.closed[number] = delta.time - age / 1_000
        self.lost += delta.lost
        if delta.end > delta.begin and self.slots[-1:] != [(delta.begin, delta.end)]:
            self.slots.append((delta.begin, delta.end))


def _with(rows: object, address: str, port: int | None) -> list[Connection]:
    assert hasattr(rows, "__iter__")
    place = parse(address)
    return [
        row
        for row in rows
        if isinstance(row, Connection)
        and place in {row.local, row.remote}
        and port in {None, row.local_port, row.remote_port}
    ]


@contextlib.contextmanager
def watching(
    *before: str,
    options: tuple[str, ...] = ("--source=events",),
    command: list[str] | None = None,
    nobody: bool = False,
    forked: bool = False,
) -> Iterator[tuple[Watcher, Program]]:
    """Start a collector, behind the command `before`, and follow it.

    Args:
        before: the command.
        options: of the collector.
        command: instead of the usual one.
        nobody: whether nobody, the user, is to find the way to the feed.
        forked: whether the command starts the collector as its child.

    In the end it must still be there, end in order, and have nothing to complain about.
    """
    with short_directory() as path:
        runtime = Runtime(path / "r")
        runtime.create()
        watcher = Watcher(runtime.directory)
        if nobody:
            for place in (path, runtime.directory, runtime.directory / "feed"):
                os.chown(place, NOBODY, NOBODY)
        where = (f"--runtime-dir={runtime.directory}", f"--interval={INTERVAL}")
        try:
            with Program(*before, *(command or COLLECTOR), *where, *options) as program:
                watcher.until(lambda: watcher.live or program.process.poll() is not None)
                assert program.process.poll() is None, program.complaints
                yield watcher, program
                pid = max(descendants(program.process.pid)) if forked else program.process.pid
                os.kill(pid, signal.SIGTERM)
                assert program.ended() == TERMINATED, program.complaints
                assert program.complaints == []
        finally:
            watcher.close()


def stopped(pid: int) -> bool:
    """Return whether a process has been stopped by a signal."""
    return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] == "T"


def stop(program: Program) -> float:
    """Stop a program, and return when that was."""
    program.process.send_signal(signal.SIGSTOP)
    wait_until(lambda: stopped(program.process.pid))
    return time.time()


def is_seen(watcher: Watcher, host: Host, actor: Actor) -> None:
    """Let the actor connect, and see it at once, with its process; then see that it is over."""
    port = actor.number(f"listen('{host.address}')")
    local = actor.number(f"connect('{host.address}', {port})")
    began = time.monotonic()
    watcher.until(lambda: [r for r in watcher.rows(host.address, local) if r.local_port == local])
    assert time.monotonic() - began < 2.0, "at once, on a busy machine"
    (row,) = (r for r in watcher.rows(host.address, local) if r.local_port == local)
    assert (row.pid, bool(row.process), row.remote_port) == (actor.pid, True, port)
    actor.do("accept(); disconnect(); servers.pop().close()")
    watcher.until(lambda: not watcher.rows(host.address, port))
