"""Bad weather: collectors, enrichers and network namespaces that come and go; other clocks."""

import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from helpers import wait_until
from helpers_weather import SAMENESS, Actor, Host, Watcher, is_seen, watching

from connmon_collector.sources.events.networks import Networks
from connmon_shared.messages import Connection

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs uid 0"),
    pytest.mark.skipif(shutil.which("ip") is None, reason="needs ip (apt install iproute2)"),
]

CGROUPS = (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified"))


@pytest.fixture
def host() -> Iterator[Host]:
    made = Host()
    yield made
    made.end()


class Place:
    """A network namespace with a name, made by ip-netns(8) or there already, and a program."""

    def __init__(self, name: str = "") -> None:
        self.name = name or f"cm-{secrets.token_hex(4)}"
        if not name:
            subprocess.run(["ip", "netns", "add", self.name], check=True)
        subprocess.run(["ip", "-n", self.name, "link", "set", "lo", "up"], check=True)
        self.inode = Path("/run/netns", self.name).stat().st_ino
        self.address = f"127.{secrets.randbelow(254) + 1}.{secrets.randbelow(255)}.1"
        self.actor = Actor("ip", "netns", "exec", self.name)

    def delete(self) -> None:
        subprocess.run(["ip", "netns", "delete", self.name], check=False, capture_output=True)

    def end(self) -> None:
        self.actor.end()
        self.delete()


@pytest.fixture
def place() -> Iterator[Callable[[], Place]]:
    made: list[Place] = []

    def make(name: str = "") -> Place:
        made.append(Place(name))
        return made[-1]

    yield make
    for one in made:
        with suppress(OSError, ValueError):  # it has ended already
            one.end()


def connected(one: Host | Place, actor: Actor) -> int:
    """Let the actor serve itself, and return the port."""
    port = actor.number(f"listen('{one.address}')")
    actor.do(f"connect('{one.address}', {port}); accept()")
    return port


def client(watcher: Watcher, one: Host | Place, port: int) -> Connection | None:
    rows = (row for row in watcher.rows(one.address, port) if row.remote_port == port)
    return next(rows, None)


def test_a_collector_that_comes_anew_shows_what_is_open(host: Host) -> None:
    actor = host.actor()
    port = connected(host, actor)
    for _ in range(2):
        with watching(*host.inside) as (watcher, _program):
            row = client(watcher, host, port)
            assert row is not None
            assert (row.pid, len(watcher.rows(host.address, port))) == (actor.pid, 3)


def test_an_enricher_that_comes_anew_is_told_everything(host: Host) -> None:
    actor = host.actor()
    port = connected(host, actor)
    with watching(*host.inside) as (watcher, _):
        before = {row.id for row in watcher.rows(host.address, port)}
        watcher.away()
        other = host.actor()
        late = other.number(f"connect('{host.address}', {port})")
        actor.do("accept()")
        for _ in range(200):  # more than anything keeps for somebody who is gone
            actor.do(f"end = socket.create_connection(('{host.address}', {port})); end.close()")
            actor.do("servers[-1].accept()[0].close()")
        watcher.rebind()
        watcher.until(lambda: watcher.live)
        assert before <= {row.id for row in watcher.rows(host.address, port)}
        assert len(watcher.rows(host.address, port)) == 3 + 2
        (row,) = (r for r in watcher.rows(host.address, port) if r.local_port == late)
        assert row.pid == other.pid
        watcher.until(lambda: watcher.process(other.pid).executable)
        is_seen(watcher, host, host.actor())


def test_a_namespace_that_was_there_before_is_in_the_first_keyframe_by_name(
    host: Host, place: Callable[[], Place]
) -> None:
    there = place()
    port = connected(there, there.actor)
    with watching(*host.inside) as (watcher, _):
        rows = watcher.rows(there.address, port)
        assert len(rows) == 3
        assert {row.namespace for row in rows} == {there.name}
        assert {row.pid for row in rows} == {there.actor.pid}


def test_who_gave_up_an_answer_of_a_namespace_asks_the_same_one_again(
    place: Callable[[], Place],
) -> None:
    there = place()
    many = range(900)  # more than are under way at once
    there.actor.do(f"result = [listen('{there.address}') for _ in {many}]")
    networks = Networks()
    try:
        diag = dict(networks)[there.inode]
        whole = diag.dump()
        assert len(whole) == len(many)
        next(diag.parts(counting=False))  # and no more of it
        assert diag.dump() == whole, "not what is here"
    finally:
        networks.close()


@pytest.mark.timeout(240)
def test_a_namespace_may_come_and_go_and_its_number_be_anothers(
    host: Host, place: Callable[..., Place]
) -> None:
    first = place()
    connected(first, first.actor)
    with watching(*host.inside) as (watcher, _):
        first.end()
        watcher.until(lambda: not watcher.rows(first.address))
        second = place(another_of(first.inode, watcher))
        assert (second.inode, second.name != first.name) == (first.inode, True)
        port = connected(second, second.actor)
        watcher.until(lambda: client(watcher, second, port))
        row = client(watcher, second, port)
        assert row is not None
        assert (row.namespace, row.pid) == (second.name, second.actor.pid)
        second.end()
        watcher.until(lambda: not watcher.rows(second.address))
        is_seen(watcher, host, host.actor())


def another_of(number: int, watcher: Watcher) -> str:
    """Return the name of a new namespace that got the number of one that is gone.

    The kernel gives a number anew only once nothing keeps its namespace alive.
    """
    made: list[str] = []

    def free() -> bool:
        for _ in range(5):
            watcher.turn()  # a namespace takes the kernel a while, both to make and to end
        made.append(f"cm-{secrets.token_hex(4)}")
        subprocess.run(["ip", "netns", "add", made[-1]], check=True)
        return Path("/run/netns", made[-1]).stat().st_ino == number

    try:
        watcher.until(free, 150.0)  # beside many processes empty ones are looked for rarely
    finally:
        for name in made[:-1]:
            subprocess.run(["ip", "netns", "delete", name], check=True)
    return made[-1]


@contextmanager
def container() -> Iterator[tuple[str, Path]]:
    """Yield an id and the cgroup that a container of that id would have."""
    number = secrets.token_hex(32)
    base = next((root for root in CGROUPS if (root / "cgroup.procs").exists()), None)
    if base is None:
        pytest.skip("no cgroups of version 2 here")
    group = base / f"docker-{number}.scope"
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"no cgroup can be made here: {error}")
    try:
        yield number, group
    finally:
        wait_until(lambda: not (group / "cgroup.procs").read_text("utf-8"))
        group.rmdir()


def test_a_container_is_told_by_its_cgroup(host: Host) -> None:
    with container() as (number, group):
        actor = Actor(*host.inside, "sh", "-c", f'echo $$ >{group}/cgroup.procs; exec "$@"', "sh")
        try:
            port = connected(host, actor)
            with watching(*host.inside) as (watcher, _):
                row = client(watcher, host, port)
                assert row is not None
                assert (row.pid, row.container) == (actor.pid, number[:12])
                late = actor.number(f"connect('{host.address}', {port})")
                watcher.until(lambda: watcher.rows(host.address, late))
                (row,) = (r for r in watcher.rows(host.address, late) if r.local_port == late)
                assert row.container == number[:12]
        finally:
            actor.end()


def test_clocks_of_a_namespace_of_their_own_change_no_time(host: Host) -> None:
    script = (
        "unshare",
        "--time",
        "--monotonic",
        "864000",
        "--boottime",
        "864000",
        "--fork",
        "--kill-child",
    )
    if subprocess.run([*script, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no time namespaces here")
    actor = host.actor()
    port = actor.number(f"listen('{host.address}')")
    with watching(*host.inside, *script, forked=True) as (watcher, _):
        before = time.time()
        local = actor.number(f"connect('{host.address}', {port})")
        after = time.time()
        watcher.until(lambda: client(watcher, host, port))
        row = client(watcher, host, port)
        assert row is not None
        assert (row.local_port, row.pid) == (local, actor.pid)
        assert before - SAMENESS < watcher.opened[row.id] < after + SAMENESS


def test_nothing_is_made_up_of_processes_outside_a_namespace_of_processes(host: Host) -> None:
    script = ("unshare", "--pid", "--mount-proc", "--fork", "--kill-child")
    actor = host.actor()
    port = actor.number(f"listen('{host.address}')")
    with watching(*host.inside, *script, forked=True) as (watcher, _):
        subprocess.run(["true"], check=True)  # a name that is nobody's there
        actor.do(f"connect('{host.address}', {port}); accept()")
        actor.do("sender = socket.socket(type=socket.SOCK_DGRAM)")
        actor.do(f"sender.sendto(b'?', ('{host.address}', 9))")
        watcher.until(lambda: watcher.rows(host.address, 9))
        watcher.until(lambda: client(watcher, host, port))
        for row in watcher.all(host.address):
            assert (row.pid, row.process) == (0, ""), row
