"""A network namespace with its loopback, held by a process that waits."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from connmon_collector.syscalls import setns

CLONE_NEWNET = 0x4000_0000


class Network:
    """A network of its own.

    Attributes:
        pid: of a process that is in it.
        inside: what lets a command run there.
    """

    def __init__(self) -> None:
        command = ["unshare", "--net", "sh", "-c", "ip link set lo up && echo; exec cat"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        if not self._process.stdout.read(1):
            pytest.skip("no network namespaces here")
        self.pid = self._process.pid
        self.inside = ("nsenter", f"--net=/proc/{self.pid}/ns/net")

    def run(self, *command: str) -> None:
        subprocess.run([*self.inside, *command], check=True)

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Let this thread's new sockets and processes be of that network."""
        with Path("/proc/thread-self/ns/net").open("rb") as home:
            with Path(f"/proc/{self.pid}/ns/net").open("rb") as there:
                setns(there.fileno(), CLONE_NEWNET)
            try:
                yield
            finally:
                setns(home.fileno(), CLONE_NEWNET)

    def end(self) -> None:
        self._process.communicate()
