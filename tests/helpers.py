"""What the tests of several stages share: made-up sockets and messages, and waiting."""

import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import psutil
import pytest

from connmon_shared.endpoints import parse
from connmon_shared.messages import Connection, Delta, Direction, Keyframe
from connmon_shared.timelines.states import Protocol, State

DEADLINE = 20.0  # seconds: only a broken program needs as long
_LOOK_SECONDS = 0.01
NOBODY = 65_534
LOCAL = parse("192.0.2.1")


def connection(  # noqa: PLR0913 - each is what some test is about
    number: int,
    remote: str = "198.51.100.7",
    state: State = State.ESTABLISHED,
    *,
    port: int = 443,
    local_port: int = 50_000,
    protocol: Protocol = Protocol.TCP,
    process: str = "curl",
) -> Connection:
    """Return a socket of this host that it has connected to `remote`."""
    ends = (LOCAL, local_port, parse(remote), port)
    row = Connection(number, protocol, state, *ends, 4242, process, 1000)
    return row._replace(direction=Direction.OUT.value)


def listener(number: int, port: int = 22, protocol: Protocol = Protocol.TCP) -> Connection:
    """Return a socket that listens on all addresses."""
    state = State.LISTEN if protocol == Protocol.TCP else State.CLOSE
    return Connection(number, protocol, state, b"", port, b"", 0, 1, "sshd", 0)


def keyframe(moment: float, *rows: Connection) -> Keyframe:
    """Return a keyframe that vouches for the second from `moment` on."""
    return Keyframe(moment, moment, moment + 1, rows)


def delta(moment: float, *changed: Connection, gone: Iterable[int] = ()) -> Delta:
    """Return a delta that vouches for the second from `moment` on."""
    return Delta(moment, moment, moment + 1, changed, tuple(gone))


BERLIN = "CET-1CEST,M3.5.0,M10.5.0/3"  # 2026 its clocks are changed on 29 March and 25 October


@contextlib.contextmanager
def clocks_of(zone: str) -> Iterator[None]:
    """Let local time be that of `zone`, as TZ says it, for a while."""
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TZ", zone)
            time.tzset()
            yield
    finally:
        time.tzset()


def wait_until(true: Callable[[], object], seconds: float = DEADLINE) -> None:
    """Wait until `true()` is, and fail if it does not become so."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(_LOOK_SECONDS)


@contextlib.contextmanager
def ordinary_user(path: Path) -> Iterator[None]:
    """Let root be nobody for a while, as far as files go; `path` is made nobody's own."""
    if os.geteuid() != 0:
        yield
        return
    os.chown(path, NOBODY, NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def descendants(pid: int) -> set[int]:
    """Return the processes that `pid` has started, and those that these have."""
    found: set[int] = set()
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = {int(child) for child in path.read_text().split()}
        except (FileNotFoundError, ProcessLookupError):
            continue
        found |= children.union(*map(descendants, children))
    return found


def alive(pid: int) -> bool:
    """Return whether the process `pid` runs (a zombie does not)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return fields[0] not in {"Z", "X"}


def family_of(pid: int) -> set[psutil.Process]:
    """Return `descendants` as what is told apart from later processes with the same numbers.

    There are 32,768 numbers on a small machine, and storms of processes among the tests.
    """
    found = set()
    for each in descendants(pid):
        with contextlib.suppress(psutil.NoSuchProcess):
            found.add(psutil.Process(each))
    return found


def lives(process: psutil.Process) -> bool:
    """Return whether `process` itself runs (a zombie does not)."""
    return process.is_running() and alive(process.pid)


def has_ipv6() -> bool:
    """Return whether there is an IPv6 loopback address."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


IPV6 = pytest.mark.skipif(not has_ipv6(), reason="no ::1 here")
