"""Real programs and real sockets for the integration tests: started, listened to, ended."""

import contextlib
import os
import queue
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import zmq
from helpers import DEADLINE, alive, descendants, wait_until

from connmon_display.following.attachment import Target
from connmon_display.following.client import Client
from connmon_display.following.follow import Follower
from connmon_shared import codec, sockets, wire
from connmon_shared.access.curve import Remote, secure
from connmon_shared.messages import Fact, Facts, Message
from connmon_shared.sockets import EndpointError, probe
from connmon_shared.stage.clock import boottime
from connmon_shared.stage.loop import Loop
from connmon_shared.stage.runtime import Runtime
from connmon_shared.timelines.history import Event

BIN = Path(sys.executable).parent
_TURN_SECONDS = 0.05
_JOINED = 1  # the first byte of a subscription


@contextlib.contextmanager
def short_directory() -> Iterator[Path]:
    """Yield a new directory whose path leaves room for sockets (107 bytes at most)."""
    with tempfile.TemporaryDirectory(prefix="cm", ignore_cleanup_errors=True) as name:
        yield Path(name)


def listening(runtime: Runtime) -> bool:
    """Return whether an enricher is there."""
    with contextlib.suppress(EndpointError):
        probe(runtime.state)  # bound last
        return True
    return False


class Program:
    """A running command whose output is read as it comes.

    Attributes:
        process: for signals and the exit code.
        seen: every line of standard output so far.
        complaints: every line of standard error so far.
    """

    def __init__(
        self,
        *command: str | Path,
        stdin: int = subprocess.DEVNULL,
        stdout: int | IO[bytes] = subprocess.PIPE,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
        environment |= env or {}
        self.process = subprocess.Popen(
            [str(part) for part in command],
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=cwd,
            process_group=0,  # a shell's job: Ctrl-Z does not stop orphaned groups (setpgid(2))
        )
        self.seen: list[str] = []
        self.complaints: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._readers = [
            threading.Thread(target=read, args=(stream,))
            for read, stream in (
                (self._read_output, self.process.stdout),
                (self._read_complaints, self.process.stderr),
            )
            if stream is not None
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        family = descendants(self.process.pid)
        if self.process.poll() is None:
            self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(DEADLINE)
        self.process.kill()
        self.process.wait()
        wait_until(lambda: not any(map(alive, family)))
        if self.process.stdin is not None:
            self.process.stdin.close()
        for reader in self._readers:
            reader.join()

    def line(self, pattern: str, seconds: float = DEADLINE) -> str:
        """Return the next line of standard output that `pattern` is found in."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            assert line is not None, (
                f"{pattern!r} did not come; output: {self.seen}, errors: {self.complaints}"
            )
            if re.search(pattern, line):
                return line

    def ended(self, seconds: float = DEADLINE) -> int:
        """Return the exit code, as a shell gives it, once the program and its output ended."""
        code = self.process.wait(seconds)
        for reader in self._readers:
            reader.join(seconds)
        return code if code >= 0 else 128 - code

    def _read_output(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self.seen.append(line.decode().rstrip("\n"))
                self._lines.put(self.seen[-1])
        self._lines.put(None)

    def _read_complaints(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self.complaints.append(line.decode().rstrip("\n"))


class FakeCollector:
    """Sends what a test says, as a collector would, over a real socket.

    It keeps whatever a stopped reader has no room for: how much the kernel keeps for that reader
    is another number on each machine.
    """

    def __init__(self, way: Runtime | Remote, host: str = "here") -> None:
        self.sender = wire.Sender(host, wire.new_epoch())
        self._context: zmq.Context[sockets.Socket] = zmq.Context()
        self.socket = sockets.publisher(self._context)
        self.socket.setsockopt(zmq.SNDHWM, 0)
        if isinstance(way, Remote):
            secure(self.socket, way.access)
        self.socket.connect(str(way.endpoint) if isinstance(way, Remote) else way.feed)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._context.destroy(linger=0)

    def joined(self, seconds: float = DEADLINE) -> bool:
        """Wait for a subscription and return whether one came."""
        deadline = time.monotonic() + seconds
        while self.socket.poll(max(0, round((deadline - time.monotonic()) * 1_000))):
            if self.socket.recv()[0] == _JOINED:
                return True
        return False

    def said(self) -> list[bytes]:
        """Return the subscriptions, and ends of some, that came since."""
        return [frames[0] for frames in sockets.drain(self.socket)]

    def send(self, message: Message, moment: float) -> None:
        """Send `message` as one whole."""
        self.socket.send_multipart(self.sender.frames(message, moment))

    def lose(self, message: Message) -> None:
        """Number `message` but do not send it."""
        self.sender.frames(message, 0.0)


class Viewer:
    """A display's real client, with the events and the facts that it was told."""

    def __init__(self, target: Target) -> None:
        self._loop = Loop(stops=())
        self.client = Client(target, self._loop, self._hear)
        self.events: list[Event] = []
        self.facts: dict[bytes, Fact] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.client.close()
        self._loop.close()

    @property
    def follower(self) -> Follower:
        nobody = Follower("", boottime)
        return next(iter(self.client.pipeline.hosts.values()), nobody)

    def _hear(self, _: str, frames: wire.Frames) -> None:
        header, body = wire.split(frames)
        if header.kind == "facts":
            message = codec.decode(header.kind, body)
            assert isinstance(message, Facts)
            self.facts.update((fact.address, fact) for fact in message.facts)

    def turn(self) -> bool:
        """Take in what is there; return whether the state is here."""
        self._loop.wait(_TURN_SECONDS)
        for change in self.client.receive():
            self.events += change.events
        return self.client.pipeline.complete

    def join(self) -> Self:
        """Wait until the whole state is here."""
        wait_until(self.turn)
        return self


class Loopback:
    """A server and a client of this process, at loopback addresses that only this test uses.

    Attributes:
        port: where the server listens.
        server: its address.
        client: the client's address.
    """

    def __init__(self) -> None:
        octets = f"127.{random.randrange(1, 255)}.{random.randrange(255)}"  # noqa: S311 - a name
        self.server, self.client = f"{octets}.1", f"{octets}.2"
        self._listening = socket.create_server((self.server, 0))
        self.port: int = self._listening.getsockname()[1]
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def process(self) -> str:
        """How this process is shown."""
        name = Path("/proc/self/comm").read_text("utf-8").strip()
        return f"{name}[{os.getpid()}]"

    def close(self) -> None:
        """Close everything."""
        self.disconnect()
        self._listening.close()

    def connect(self, count: int = 1) -> None:
        """Open connections."""
        for _ in range(count):
            ends = (self.server, self.port)
            self._open.append(socket.create_connection(ends, source_address=(self.client, 0)))
            self._open.append(self._listening.accept()[0])

    def send(self, payload: bytes) -> None:
        """Let the newest client send something that its server takes."""
        client, server = self._open[-2:]
        client.sendall(payload)
        server.recv(len(payload), socket.MSG_WAITALL)

    def disconnect(self) -> None:
        """Close all connections, the client first: the kernel's TIME_WAIT is at its end."""
        for end in self._open:
            end.close()
        self._open.clear()


def stage(program: Program, module: str) -> int:
    """Return the process id of the stage `module` (connmon_…) that `program` has started."""
    found: list[int] = []

    def look() -> bool:
        found[:] = [pid for pid in descendants(program.process.pid) if module in _command(pid)]
        return bool(found)

    wait_until(look)
    return max(found)


def _command(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text("utf-8").split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []
