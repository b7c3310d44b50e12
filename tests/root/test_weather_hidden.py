"""Bad weather: what the system withholds. Whatever is not seen is said, in words for people."""

import os
import sys
from collections.abc import Iterator

import pytest
from helpers_accounts import python_for_others, stage_for_others
from helpers_processes import Program, short_directory
from helpers_weather import COLLECTOR, Actor, Host, Watcher, is_seen, watching

from connmon_shared.messages import Connection

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs uid 0"),
]

HIDE = "mount -t proc -o hidepid=2 proc /proc"
NO_TRACEFS = "umount -l /sys/kernel/tracing /sys/kernel/debug 2>/dev/null; mount -t tmpfs none /sys"
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
HIDDEN = "process names of other users are hidden: run as root (sudo)"


@pytest.fixture
def host() -> Iterator[Host]:
    made = Host()
    yield made
    made.end()


def mounted(host: Host, commands: str, *then: str) -> tuple[str, ...]:
    """Return a command that runs another where these mounts are, which nobody else sees."""
    script = f'{commands}; exec "$@"'
    return (*host.inside, "unshare", "--mount", "sh", "-c", script, "sh", *then)


def served(host: Host, actor: Actor) -> int:
    """Let the actor serve itself, and return the port."""
    port = actor.number(f"listen('{host.address}')")
    actor.do(f"connect('{host.address}', {port}); accept()")
    return port


def client(watcher: Watcher, host: Host, port: int) -> Connection:
    (row,) = (row for row in watcher.rows(host.address, port) if row.remote_port == port)
    return row


def test_root_sees_everything_although_proc_hides_processes(host: Host) -> None:
    actor = host.actor()
    port = served(host, actor)
    with watching(*mounted(host, HIDE)) as (watcher, _):
        assert client(watcher, host, port).pid == actor.pid
        watcher.until(lambda: watcher.process(actor.pid).executable)
        assert not any("hidden" in text for text in watcher.status.problems)
        is_seen(watcher, host, actor)


def test_nothing_is_made_up_of_processes_that_proc_hides(host: Host) -> None:
    python = python_for_others()
    mine, other = host.actor(*NOBODY, python=python), host.actor()
    my_port, port = served(host, mine), served(host, other)
    command = stage_for_others("connmon_collector")
    before = mounted(host, HIDE, *NOBODY)
    options = ("--source=auto",)
    with watching(*before, options=options, command=command, nobody=True) as (watcher, _):
        assert watcher.status.source == "netlink"
        assert HIDDEN in watcher.status.problems
        assert client(watcher, host, my_port).pid == mine.pid, "of the same user"
        row = client(watcher, host, port)
        assert (row.pid, row.process, row.uid) == (0, "", 0)
        is_seen(watcher, host, mine)


def test_an_ordinary_user_gets_what_there_is_and_is_told_why_not_more(host: Host) -> None:
    other = host.actor()
    port = served(host, other)
    command = stage_for_others("connmon_collector")
    before = (*host.inside, *NOBODY)
    with watching(*before, options=(), command=command, nobody=True) as (watcher, _):
        assert watcher.status.source == "netlink"
        assert HIDDEN in watcher.status.problems
        assert any(
            text.startswith("the kernel's events may not be listened to")
            and "containers are not seen" in text
            and text.endswith("run as root (sudo)")
            for text in watcher.status.problems
        ), watcher.status.problems
        row = client(watcher, host, port)
        assert (row.pid, row.process, row.uid) == (0, "", 0)
        mine = host.actor(*NOBODY, python=python_for_others())
        is_seen(watcher, host, mine)


def test_without_tracefs_it_polls_and_calls_that_a_problem(host: Host) -> None:
    actor = host.actor()
    with watching(*mounted(host, NO_TRACEFS), options=()) as (watcher, _):
        assert watcher.status.source == "netlink"
        (problem,) = watcher.status.problems
        assert "tracefs is not mounted" in problem
        assert "containers are not seen" in problem
        assert problem.endswith("`connmon-collector --check` tells what helps")
        is_seen(watcher, host, actor)


def test_events_without_tracefs_are_one_line(host: Host) -> None:
    command = (*mounted(host, NO_TRACEFS), *COLLECTOR, "--source=events")
    with short_directory() as path, Program(*command, f"--runtime-dir={path}") as program:
        assert program.ended() == 69
        (line,) = program.complaints
        assert line.startswith("connmon-collector: --source events: ")
        assert "tracefs is not mounted" in line
