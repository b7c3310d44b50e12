"""Bad weather: processes with hostile names, too many, too short, or with each other's number."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import descendants, wait_until
from helpers_weather import Actor, Host, Watcher, is_seen, watching

from connmon_collector.sources.events.source import EventSource
from connmon_shared.messages import Connection
from connmon_shared.text import clean
from connmon_shared.timelines.states import State

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(sys.platform != "linux", reason="events are Linux's"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs uid 0"),
]

HOSTILE = b"\xff\xfe\x1b[31m"
PROCESSES = 10_000
MOST_GROWTH = 16 << 10  # KiB: what is remembered of 10,000 processes that were told of
CONNECT = "exec 3<>/dev/tcp/{}/{}"  # in bash


@pytest.fixture
def host() -> Iterator[Host]:
    made = Host()
    yield made
    made.end()


def shell(directory: Path, name: bytes) -> bytes:
    """Return the path of a program of that name, which does what bash does."""
    found = shutil.which("bash")
    if found is None:
        pytest.skip("needs bash")
    path = os.fsencode(directory) + b"/" + name
    shutil.copy(os.fsencode(found), path)
    return path


def clients(rows: list[Connection], port: int) -> list[Connection]:
    return [row for row in rows if row.remote_port == port]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_hostile_name_is_shown_cleaned(host: Host, tmp_path: Path, when: str) -> None:
    actor = host.actor()
    port = actor.number(f"listen('{host.address}')")
    path = shell(tmp_path, HOSTILE)
    script = CONNECT.format(host.address, port) + "; read"
    command: list[str | bytes] = [*host.inside, path, "-c", script, b"\x1b]0;x\x07\n\xe2\x80\xae"]

    def shown(watcher: Watcher) -> None:
        watcher.until(lambda: clients(watcher.rows(host.address, port), port))
        (row,) = clients(watcher.rows(host.address, port), port)
        assert row.process == clean(HOSTILE) == "???[31m"
        watcher.until(lambda: watcher.process(row.pid).command)
        process = watcher.process(row.pid)
        assert process.name == "???[31m"
        assert process.executable == clean(path)
        assert process.command.endswith("'?]0;x???'"), process.command
        assert all(map(str.isprintable, (process.name, process.executable, process.command)))

    first: list[str | bytes] = command if when == "before" else ["true"]
    with subprocess.Popen(first, stdin=subprocess.PIPE) as one:
        actor.do("accept()" if when == "before" else "")
        with watching(*host.inside) as (watcher, _):
            if when == "before":
                shown(watcher)
            else:
                with subprocess.Popen(command, stdin=subprocess.PIPE) as late:
                    shown(watcher)
                    late.communicate()
            one.communicate()
            is_seen(watcher, host, actor)


def test_a_hostile_name_that_lives_for_a_moment_is_shown_cleaned(
    host: Host, tmp_path: Path
) -> None:
    actor = host.actor()
    port = actor.number(f"listen('{host.address}')")
    path = shell(tmp_path, HOSTILE)
    with watching(*host.inside) as (watcher, _):
        subprocess.run([*host.inside, path, "-c", CONNECT.format(host.address, port)], check=True)
        watcher.until(lambda: clients(watcher.all(host.address, port), port))
        (row,) = clients(watcher.all(host.address, port), port)
        assert row.process == "???[31m"
        watcher.until(lambda: watcher.process(row.pid).executable == clean(path))


MANY = """
def many(count, start, octets, port):
    pids = []
    for number in range(start, start + count):
        pid = os.fork()
        if not pid:
            with open("/proc/self/comm", "w") as file:
                file.write(f"many-{number}")
            end = socket.socket()
            end.bind((f"{octets}.{number % 200 + 2}", 20_000 + number // 200))
            end.connect((f"{octets}.1", port))
            os._exit(0)
        servers[-1].accept()[0].close()
        os.waitpid(pid, 0)
        pids.append(pid)
    return pids
"""


def ended(watcher: Watcher, host: Host, port: int) -> int:
    """Return how many clients have come and gone."""
    return sum(row.id in watcher.closed for row in clients(watcher.all(host.address), port))


def anonymous(pid: int) -> int:
    """Return how much memory a process has for itself, KiB."""
    found = re.search(r"RssAnon:\s*(\d+)", Path(f"/proc/{pid}/status").read_text("utf-8"))
    assert found is not None
    return int(found[1])


@pytest.mark.timeout(180)
def test_every_one_of_10000_short_processes_is_seen_and_forgotten(host: Host) -> None:
    actor = host.actor()
    actor.do(MANY)
    port = actor.number(f"listen('{host.address}')")
    with watching(*host.inside) as (watcher, program):
        before = anonymous(program.process.pid)
        actor.start(f"result = many({PROCESSES}, 0, '{host.octets}', {port})")
        watcher.until(actor.answers, 120)
        pids = actor.answer()
        assert isinstance(pids, list)
        watcher.until(lambda: watcher.lost or ended(watcher, host, port) == PROCESSES, 60)
        assert not watcher.lost
        rows = clients(watcher.all(host.address, port), port)
        told = {(row.local[3] - 2 + 200 * (row.local_port - 20_000)): row for row in rows}
        assert len(rows) == len(told) == PROCESSES
        for number, pid in enumerate(pids):
            row = told[number]
            assert (row.pid, row.process) == (pid, f"many-{number}")
            assert row.id in watcher.closed
        is_seen(watcher, host, actor)
        assert anonymous(program.process.pid) - before < MOST_GROWTH


def test_no_process_is_remembered_after_its_end(host: Host) -> None:
    actor = host.actor()
    actor.do(MANY)
    port = actor.number(f"listen('{host.address}')")
    with host.entered():
        source = EventSource()
    try:
        source.begin()
        pids = actor.do(f"result = many(300, 0, '{host.octets}', {port})")
        assert isinstance(pids, list)
        programs = source._programs  # noqa: SLF001 - nothing else shows what is remembered

        def forgotten() -> bool:
            source.drain()
            return not {program.pid for program in programs} & set(pids)

        wait_until(forgotten)
    finally:
        source.close()


REUSE = """
def execute(pid, path, script):
    while True:
        with open("/proc/sys/kernel/ns_last_pid", "w") as file:
            file.write(str(pid - 1))
        child = os.fork()
        if not child:
            if os.getpid() == pid:
                os.execv(path, [path, "-c", script])
            os._exit(0)
        if child != pid:
            os.waitpid(child, 0)
            continue
        servers[0].accept()[0].close()
        servers.append(servers.pop(0))
        os.waitpid(child, 0)
        return
"""


def test_two_programs_of_one_number_are_told_apart(host: Host, tmp_path: Path) -> None:
    actor = host.actor()
    actor.do(REUSE)
    paths = [os.fsdecode(shell(tmp_path, name)) for name in (b"the-first", b"the-second")]
    ports = [actor.number(f"listen('{host.address}')") for _ in paths]
    scripts = [CONNECT.format(host.address, port) for port in ports]
    with subprocess.Popen(["true"]) as ended:
        pid = ended.pid
    rounds = 20
    with watching(*host.inside) as (watcher, _):
        for _ in range(rounds):
            for path, script in zip(paths, scripts, strict=True):
                actor.do(f"execute({pid}, {path!r}, {script!r})")
        for name, port in zip(("the-first", "the-second"), ports, strict=True):

            def seen(port: int = port) -> bool:
                return len(clients(watcher.all(host.address, port), port)) == rounds

            watcher.until(seen)
            rows = clients(watcher.all(host.address, port), port)
            assert {(row.pid, row.process) for row in rows} == {(pid, name)}
        details = [told for told in watcher.told if told.pid == pid]
        assert details
        for told in details:
            if told.name not in {"the-first", "the-second"}:
                continue  # it is about to execute one: the kernel changes path and name in turn
            assert told.executable == f"{tmp_path}/{told.name}"
            mine = scripts[told.name == "the-second"]
            assert told.command in {"", f"{told.executable} -c '{mine}'"}
        is_seen(watcher, host, actor)


PREFORK = """
def work(server):
    told = os.pipe()
    pid = os.fork()
    if pid:
        os.close(told[1])
        workers[pid] = told[0]
        return pid
    signal.signal(signal.SIGUSR1, lambda *_: accepted.append(server.accept()))
    os.close(0)
    accepted = []
    while True:
        signal.pause()

workers = {}
"""


@pytest.mark.timeout(240)
def test_all_workers_own_the_server_and_each_what_it_accepts(host: Host) -> None:
    actor = host.actor()
    actor.do(PREFORK)
    with watching(*host.inside) as (watcher, _):
        port = actor.number(f"listen('{host.address}')")
        workers = [actor.number("work(servers[-1])") for _ in range(3)]

        def server() -> Connection:
            rows = watcher.rows(host.address, port)
            return next((row for row in rows if row.state == State.LISTEN), NONE)

        watcher.until(lambda: set(server().holders) == {actor.pid, *workers})
        for worker in workers:
            local = actor.number(f"connect('{host.address}', {port})")
            os.kill(worker, signal.SIGUSR1)

            def owner(local: int = local) -> Connection:
                rows = watcher.rows(host.address, local)
                return next((row for row in rows if row.remote_port == local), NONE)

            watcher.until(lambda owner=owner, pid=worker: owner().pid == pid)  # type: ignore[misc]
            told = [pid for pid, _ in watcher.owners[owner().id]]
            assert set(told) <= {0, worker}, "not known is honest, somebody else is not"
        os.kill(workers[0], signal.SIGKILL)
        watcher.until(lambda: set(server().holders) == {actor.pid, *workers[1:]})
        for worker in workers[1:]:
            os.kill(worker, signal.SIGKILL)
        watcher.until(lambda: server().holders == ())
        assert server().pid == actor.pid
        is_seen(watcher, host, actor)


NONE = Connection(0, 6, State.CLOSE, b"", 0, b"", 0)

INETD = """
def serve():
    end = servers[-1].accept()[0]
    pid = os.fork()
    if not pid:
        os.close(0)
        signal.pause()
    end.close()
    return pid
"""


def test_what_a_child_serves_is_the_childs(host: Host) -> None:
    actor: Actor = host.actor()
    actor.do(INETD)
    with watching(*host.inside) as (watcher, _):
        port = actor.number(f"listen('{host.address}')")
        local = actor.number(f"connect('{host.address}', {port})")
        child = actor.number("serve()")

        def served() -> Connection:
            rows = watcher.rows(host.address, local)
            return next((row for row in rows if row.remote_port == local), NONE)

        watcher.until(lambda: served().pid == child)
        told = [pid for pid, _ in watcher.owners[served().id]]
        assert set(told) <= {0, actor.pid, child}
        assert child in descendants(actor.pid)
        os.kill(child, signal.SIGKILL)
        watcher.until(lambda: served() is NONE)
        is_seen(watcher, host, actor)
