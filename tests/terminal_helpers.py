"""A real terminal for tests: a pty, an emulator behind it, and a collector that we play."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte
import zmq
from helpers_processes import listening, short_directory

from connmon_shared import sockets
from connmon_shared.endpoints import parse
from connmon_shared.messages import Connection, Delta, Keyframe, Message, Status
from connmon_shared.stage.runtime import Runtime
from connmon_shared.timelines.states import Protocol, State
from connmon_shared.wire import Sender, new_epoch

PATIENCE = 30.0  # seconds until something that must happen counts as not happening
_POLL = 0.05  # seconds between two looks at what nobody announces
_CHUNK = 65_536
#: What would change how a terminal program draws, other than what a test asks for.
_HIDDEN = re.compile(
    "LC_.*|LANG|LANGUAGE|NO_COLOR|FORCE_COLOR|CLICOLOR.*|COLORTERM|TERM.*|COLUMNS|LINES|TMUX.*|STY"
    "|CONNMON_RUNTIME_DIR|XDG_RUNTIME_DIR|ANSICON|PYTHONUNBUFFERED|PYTHONUTF8|PYTHONIOENCODING"
    "|MAKEFLAGS|MAKELEVEL|MFLAGS"
)
#: Makes the terminal on its standard input its controlling one, then becomes the command.
_TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execvp(sys.argv[1], sys.argv[1:])"
)


def environment(**extra: str) -> dict[str, str]:
    """Return our environment with a known terminal and locale, and `extra`."""
    plain = {name: value for name, value in os.environ.items() if not _HIDDEN.fullmatch(name)}
    return plain | {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "TZ": "UTC"} | extra


def program(name: str, *arguments: object) -> list[str]:
    """Return the command for one of our programs, as it was installed."""
    return [str(Path(sys.executable).with_name(name)), *map(str, arguments)]


def stages(directory: Path) -> dict[str, int]:
    """Return the process id of each stage that runs in `directory`."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode(errors="replace").split("\0")
        except OSError:  # it has ended
            continue
        if f"--runtime-dir={directory}" in words and "-m" in words:
            found[words[words.index("-m") + 1].removeprefix("connmon_")] = int(path.parent.name)
    return found


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Return once `condition` holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"still waiting: {what}"
        time.sleep(_POLL)


class Emulator(pyte.Screen):
    """Pyte's screen, which can be made to answer what a program asks the terminal."""

    def __init__(self, columns: int, lines: int, descriptor: int | None) -> None:
        super().__init__(columns, lines)
        self._answer_to = descriptor

    def write_process_input(self, data: str) -> None:
        if self._answer_to is not None:
            os.write(self._answer_to, data.encode())


class Terminal:
    """A program on a pty of its own, as the leader of a session.

    Attributes:
        screen: what a person would see.
        raw: every byte that the program has written.
        descriptor: of the terminal, as the program has it.
    """

    def __init__(
        self,
        command: list[str],
        size: tuple[int, int] = (80, 24),
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        answers: bool = True,
    ) -> None:
        self._master, slave = pty.openpty()
        self._size(size)
        self.raw = bytearray()
        self.screen = Emulator(*size, self._master if answers else None)
        self._stream = pyte.ByteStream(self.screen)
        self.modes = termios.tcgetattr(slave)
        self._open = True
        self.process = subprocess.Popen(
            [sys.executable, "-ISc", _TAKE_TERMINAL, *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment() if env is None else dict(env),
            cwd=cwd,
            start_new_session=True,
        )
        self.descriptor = slave  # kept, or the last writer's end would lose what we have not read

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self._open:
            self.hang_up()

    @property
    def text(self) -> str:
        """The screen as text."""
        return "\n".join(self.screen.display)

    @property
    def lines(self) -> list[str]:
        """The screen's lines."""
        return list(self.screen.display)

    def row(self, word: str) -> str:
        """Return the first line that holds `word`, empty if none does."""
        return next((line for line in self.lines if word in line), "")

    @property
    def full(self) -> bool:
        """Whether it takes nothing more until somebody reads."""
        return not select.select([], [self.descriptor], [], 0)[1]

    @property
    def echoes(self) -> bool:
        """Whether it shows what is typed, as for a shell."""
        return bool(termios.tcgetattr(self.descriptor)[3] & termios.ECHO)

    def fill(self, key: str) -> None:
        """Type `key`, which draws much, until the terminal is full."""
        while not self.full:
            self.press(key)
            time.sleep(_POLL)

    def read(self, seconds: float = _POLL) -> bool:
        """Show what the program writes within `seconds`; return whether it wrote."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return False
        data = os.read(self._master, _CHUNK)
        self.raw += data
        self._stream.feed(data)
        return True

    def until(self, condition: str | Callable[[], object], what: str = "") -> None:
        """Return once the screen shows a text, or a condition holds."""
        deadline = time.monotonic() + PATIENCE
        while not (condition in self.text if isinstance(condition, str) else condition()):
            assert time.monotonic() < deadline, f"still waiting: {what or condition}\n{self.text}"
            ended = self.process.poll() is not None
            assert self.read() or not ended, (
                f"ended with {self.process.returncode}, waiting: {what or condition}\n{self.text}"
            )

    def press(self, keys: str) -> None:
        """Type `keys`."""
        self.send(keys.encode())

    def send(self, data: bytes) -> None:
        """Let the keyboard send `data`."""
        os.write(self._master, data)

    def resize(self, columns: int, lines: int) -> None:
        """Change the size of the window, of which the kernel tells the program."""
        while self.read(0):  # what was drawn for the old size
            pass
        self.screen.resize(lines, columns)
        self._size((columns, lines))

    def signal(self, number: int) -> None:
        """Send a signal to the program alone."""
        self.process.send_signal(number)

    def end(self) -> int:
        """Read on until the program has ended; return its exit code."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"does not end\n{self.text}"
            self.read()
        while self.read(0):
            pass
        return self.process.returncode

    def hang_up(self) -> None:
        """Close the window."""
        self._open = False
        os.close(self.descriptor)
        os.close(self._master)

    def assert_restored(self) -> None:
        """Check that the terminal is as it was before the program started."""
        raw = bytes(self.raw)
        assert raw.rfind(b"\x1b[?1049h") < raw.rfind(b"\x1b[?1049l"), "still the alternate screen"
        assert raw.rfind(b"\x1b[?2026h") < raw.rfind(b"\x1b[?1049l"), "a picture after the end"
        assert raw.rfind(b"\x1b[?25l") < raw.rfind(b"\x1b[?25h"), "the cursor is hidden"
        assert raw.rfind(b"\x1b[?1000h") <= raw.rfind(b"\x1b[?1000l"), "the mouse is reported"
        assert raw.rfind(b"\x1b[?2004h") < raw.rfind(b"\x1b[?2004l"), "what is pasted is bracketed"
        assert raw.rfind(b"\x1b[?2026h") < raw.rfind(b"\x1b[?2026l"), "inside an update"
        modes = termios.tcgetattr(self.descriptor)
        assert modes == self.modes, f"other terminal modes: {modes} instead of {self.modes}"

    def _size(self, size: tuple[int, int]) -> None:
        window = struct.pack("HHHH", size[1], size[0], 0, 0)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, window)


@contextmanager
def enricher(
    directory: Path, *arguments: str, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run the real enricher."""
    command = program("connmon-enricher", "--runtime-dir", directory, *arguments)
    with (directory / "log").open("ab") as log:
        process = subprocess.Popen(command, stderr=log, env=environment(**env or {}))
    try:
        wait_until(lambda: listening(Runtime(directory)), "the enricher listens")
        yield process
    finally:
        process.terminate()
        process.wait()


@contextmanager
def ended_by(command: list[str], env: Mapping[str, str]) -> Iterator[None]:
    """Run `command` at the end, also of a test that fails: nothing stays in the background."""
    try:
        yield
    finally:
        subprocess.run(command, env=env, capture_output=True, check=False, timeout=PATIENCE)


def connection(
    number: int,
    remote: str = "192.0.2.1",
    port: int = 443,
    *,
    state: int = State.ESTABLISHED,
    process: str = "curl",
) -> Connection:
    """Return a connection from us to `remote`."""
    local, tcp = parse("10.0.0.2"), Protocol.TCP
    return Connection(number, tcp, state, local, 40_000, parse(remote), port, 4242, process, 1000)


def listener(number: int, port: int, local: str = "0.0.0.0") -> Connection:  # noqa: S104 - no bind
    """Return a listening socket."""
    return Connection(number, Protocol.TCP, State.LISTEN, parse(local), port, b"", 0, 99, "sshd", 0)


class Collector:
    """A collector whose sockets are what a test says; it speaks the real protocol.

    A thread sends the heartbeat; `silent` stops it.
    """

    def __init__(
        self,
        directory: Path,
        *,
        host: str = "testhost",
        past: float = 20.0,
        interval: float = 1.0,
    ) -> None:
        self._interval = interval
        self._sender = Sender(host, new_epoch())
        self._context: zmq.Context[sockets.Socket] = zmq.Context()
        self._socket = sockets.publisher(self._context)
        self._socket.connect(Runtime(directory).feed)
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._rows: dict[int, Connection] = {}
        self._covered = time.time() - past
        self._synced = False
        self.silent = False
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._context.destroy(linger=0)

    def has(self, *rows: Connection) -> None:
        """Let `rows` be there from the beginning."""
        self._rows |= {row.id: row for row in rows}

    def opens(self, *rows: Connection) -> None:
        """Let `rows` be opened now."""
        with self._lock:
            self._rows |= {row.id: row for row in rows}
            self._delta(rows, ())

    def closes(self, *rows: Connection) -> None:
        """Let `rows` be closed now."""
        with self._lock:
            for row in rows:
                del self._rows[row.id]
            self._delta((), tuple(row.id for row in rows))

    def tells(self, *messages: Message) -> None:
        """Send what is no change of the sockets."""
        with self._lock:
            for message in messages:
                self._send(message)

    def _run(self) -> None:
        while not self._ended.wait(self._interval / 4):
            with self._lock:
                joined = self._joined()
                if joined:
                    self._keyframe()
                    self._synced = True
                elif self._synced and not self.silent and time.time() >= self._covered:
                    self._delta((), ())

    def _joined(self) -> bool:
        joined = False
        with suppress(zmq.Again):
            while True:
                joined = self._socket.recv(zmq.DONTWAIT)[:1] == b"\x01" or joined
        return joined

    def _keyframe(self) -> None:
        self._send(Status("collector", "test", "netlink", self._interval, ()))
        begin, end = self._vouch()
        self._send(Keyframe(begin, begin, end, tuple(self._rows.values())))

    def _delta(self, changed: tuple[Connection, ...], gone: tuple[int, ...]) -> None:
        begin, end = self._vouch()
        self._send(Delta(time.time(), begin, end, changed, gone))

    def _vouch(self) -> tuple[float, float]:
        """Return the time since the last message, up to an interval from now.

        A silence between was observed by nobody.
        """
        now = time.time()
        late = self._synced and now - self._covered > self._interval
        begin = now if late else self._covered
        self._covered = max(begin, now + self._interval)
        return begin, self._covered

    def _send(self, message: Message) -> None:
        self._socket.send_multipart(self._sender.frames(message, time.time()))


@contextmanager
def pipeline(*arguments: str) -> Iterator[tuple[Path, Collector]]:
    """Run a real enricher with a collector of ours; give the directory and the collector."""
    with (
        short_directory() as directory,
        enricher(directory, *arguments),
        Collector(directory) as collector,
    ):
        yield directory, collector
