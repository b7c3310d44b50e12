"""A real process that does as it is told, so that sockets have a holder other than pytest."""

import socket
import subprocess
import sys
from collections.abc import Iterable
from types import TracebackType
from typing import Self

_SCRIPT = """
import os, signal, socket, sys
for line in sys.stdin:
    try:
        answer = eval(line)
    except SyntaxError:
        answer = exec(line)
    print(repr(answer), flush=True)
"""


class Child:
    """A Python process that runs one line at a time."""

    def __init__(self, pass_fds: Iterable[int] = ()) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _SCRIPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            pass_fds=tuple(pass_fds),
        )
        self.pid = self._process.pid
        self.ask("None")

    def ask(self, line: str) -> str:
        """Run `line` and return the repr of what it gives."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().rstrip("\n")
        assert answer, f"the child died of {line!r}"
        return answer

    def number(self, line: str) -> int:
        return int(self.ask(line))

    def inode(self, name: str) -> int:
        """Return the inode of the child's socket called `name`."""
        return self.number(f"os.fstat({name}.fileno()).st_ino")

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()


def connect(listener: socket.socket) -> tuple[socket.socket, socket.socket]:
    """Return both ends of a new connection to `listener`."""
    client = socket.socket(listener.family)
    client.connect(listener.getsockname()[:2])
    return client, listener.accept()[0]
