"""The collector gives root up: what /proc says of the real one, and who still meets whom."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import zmq
from helpers import DEADLINE, NOBODY, wait_until
from helpers_accounts import python_for_others, stage_for_others
from helpers_processes import BIN, Program, short_directory

from connmon_collector.privilege.capabilities import KEPT, Capability, mask_of
from connmon_shared import codec, sockets, wire
from connmon_shared.endpoints import parse
from connmon_shared.messages import Connection, Keyframe
from connmon_shared.stage.runtime import Runtime

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs uid 0"),
]

COLLECTOR = [sys.executable, "-I", "-m", "connmon_collector"]
SOMEBODY = 54_321  # a user whom nobody has entered
BOTH = mask_of(KEPT)
LISTENING = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}  # the column st
ACCEPTING = 0x1_0000  # the flag of a listening Unix socket
LISTEN = """
import socket
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
input()
"""


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    """Yield root's runtime directory."""
    with short_directory() as path:
        made = Runtime(path / "r")
        made.create()
        yield made


@pytest.fixture
def anywhere() -> Iterator[Runtime]:
    """Yield a runtime directory that is still to be made, by anybody."""
    with short_directory() as path:
        path.chmod(0o777)
        yield Runtime(path / "r")


class Subscriber:
    """An enricher of root's that only listens."""

    def __init__(self, runtime: Runtime) -> None:
        self._context: zmq.Context[sockets.Socket] = zmq.Context()
        self._socket = sockets.subscriber(self._context, wire.EVERYTHING)
        sockets.bind(self._socket, runtime.feed)
        runtime.admit_collector()

    def rows(self) -> tuple[Connection, ...]:
        """Return those of the next keyframe."""
        while True:
            assert self._socket.poll(round(DEADLINE * 1_000)), "nothing came"
            header, body = wire.split(self._socket.recv_multipart())
            message = codec.decode(header.kind, body)
            if isinstance(message, Keyframe):
                return message.connections

    def receives(self) -> bool:
        """Return whether anything comes."""
        return bool(self._socket.poll(round(DEADLINE * 1_000)))

    def close(self) -> None:
        self._context.destroy(linger=0)


@pytest.fixture
def subscriber(runtime: Runtime) -> Iterator[Subscriber]:
    made = Subscriber(runtime)
    yield made
    made.close()


@contextmanager
def collector(
    runtime: Runtime, *options: str, before: tuple[str, ...] = (), command: list[str] | None = None
) -> Iterator[Program]:
    where = f"--runtime-dir={runtime.directory}"
    with Program(*before, *(command or COLLECTOR), where, *options) as program:
        yield program


@contextmanager
def enricher(runtime: Runtime, uid: int, *before: str) -> Iterator[Program]:
    """Run an enricher as `uid` until the block ends, and yield it when it listens."""
    command = [*stage_for_others("connmon_enricher"), f"--runtime-dir={runtime.directory}"]
    become = ("setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups") if uid else ()
    with Program(*before, *become, *command) as program:
        wait_until(lambda: answers(runtime))
        yield program


def answers(runtime: Runtime) -> bool:
    try:
        sockets.probe(runtime.state)
    except sockets.EndpointError:
        return False
    return True


def follows(program: Program) -> bool:
    return any("following the collector" in line for line in program.complaints)


def status_of(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def masks_of(pid: int) -> dict[str, int]:
    status = status_of(pid)
    return {name: int(value, 16) for name, value in status.items() if name.startswith("Cap")}


def uids_of(pid: int) -> set[int]:
    return set(map(int, status_of(pid)["Uid"].split()))


@pytest.fixture(params=["auto", "poll", "psutil"])
def dropped(
    request: pytest.FixtureRequest, runtime: Runtime, subscriber: Subscriber
) -> Iterator[int]:
    """Yield the process id of a collector that root has started and that is at work."""
    with collector(runtime, f"--source={request.param}") as program:
        assert subscriber.receives(), program.complaints
        yield program.process.pid


def test_root_is_given_up_for_an_ordinary_user_with_two_capabilities(dropped: int) -> None:
    status = status_of(dropped)
    assert status["Uid"].split() == status["Gid"].split() == [str(NOBODY)] * 4
    assert status["Groups"] == ""
    assert masks_of(dropped) == {
        "CapInh": 0,
        "CapPrm": BOTH,
        "CapEff": BOTH,
        "CapBnd": 0,
        "CapAmb": 0,
    }
    assert status["NoNewPrivs"] == "1"
    for thread in Path(f"/proc/{dropped}/task").iterdir():  # ZeroMQ's, too
        assert masks_of(int(thread.name))["CapPrm"] == BOTH
    assert "Max core file size        0 " in Path(f"/proc/{dropped}/limits").read_text("utf-8")


def test_it_listens_nowhere(dropped: int) -> None:
    held = set()
    for entry in Path(f"/proc/{dropped}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # it looks into /proc itself meanwhile
            held.add(str(entry.readlink()))
    assert held
    for table, state in LISTENING.items():
        assert not held & {f"socket:[{row[9]}]" for row in table_of(table) if row[3] == state}
    accepting = {f"socket:[{row[6]}]" for row in table_of("unix") if int(row[3], 16) & ACCEPTING}
    assert accepting, "the subscriber's own is there"
    assert not held & accepting


def table_of(name: str) -> list[list[str]]:
    """Return the rows of one of /proc/net's tables."""
    lines = Path(f"/proc/net/{name}").read_text("utf-8").splitlines()
    return [line.split() for line in lines[1:]]


def test_the_same_user_can_neither_trace_nor_read_it(dropped: int) -> None:
    with subprocess.Popen(["sleep", "60"], user=NOBODY, group=NOBODY, extra_groups=[]) as other:
        assert ends(f"/proc/{other.pid}/fd") == 0, "its own may be read"
        other.kill()
    for name in ("fd", "environ", "mem", "maps"):
        assert ends(f"/proc/{dropped}/{name}") != 0


def ends(path: str) -> int:
    """Return the exit code of reading `path` as nobody."""
    command = ["sh", "-c", f"if [ -d {path} ]; then ls {path}/0; else head -c 1 {path}; fi"]
    done = subprocess.run(
        command, user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, check=False
    )
    return done.returncode


@pytest.mark.parametrize("uid", [0, SOMEBODY])
@pytest.mark.parametrize("source", ["auto", "poll", "psutil"])
def test_processes_of_other_users_are_still_seen(
    runtime: Runtime, subscriber: Subscriber, source: str, uid: int
) -> None:
    with subprocess.Popen(
        [python_for_others(), "-I", "-c", LISTEN],
        user=uid,
        extra_groups=[],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        with collector(runtime, f"--source={source}"):
            (row,) = (row for row in subscriber.rows() if row.local_port == port)
        server.communicate(b"\n")
    assert row.local == parse("127.0.0.1")
    assert row.pid == server.pid
    assert row.process.startswith("python")


def test_it_becomes_who_owns_the_directory_and_both_meet_after_each_restart(
    anywhere: Runtime,
) -> None:
    with ExitStack() as stack:
        with enricher(anywhere, SOMEBODY) as first:
            with collector(anywhere) as program:
                wait_until(lambda: follows(first))
                assert uids_of(program.process.pid) == {SOMEBODY}
                assert masks_of(program.process.pid)["CapEff"] == BOTH
            again = stack.enter_context(collector(anywhere))
            wait_until(lambda: sum("following" in line for line in first.complaints) > 1)
        with enricher(anywhere, SOMEBODY) as second:
            wait_until(lambda: follows(second))
        assert again.complaints == []


def test_as_root_both_meet_after_each_restart(anywhere: Runtime) -> None:
    with collector(anywhere) as program:
        for _ in range(2):
            with enricher(anywhere, 0) as root:
                wait_until(lambda: follows(root))
        assert uids_of(program.process.pid) == {NOBODY}
    assert program.complaints == []


def test_started_before_the_enricher_it_becomes_who_called_sudo(anywhere: Runtime) -> None:
    with collector(anywhere, before=("env", f"SUDO_UID={SOMEBODY}")) as program:
        with enricher(anywhere, SOMEBODY) as theirs:
            wait_until(lambda: follows(theirs))
        assert uids_of(program.process.pid) == {SOMEBODY}
        assert program.complaints == []


def test_a_feed_that_it_may_not_enter_is_told_once_and_tried_again(anywhere: Runtime) -> None:
    anywhere.directory.mkdir(0o700)
    os.chown(anywhere.directory, SOMEBODY, SOMEBODY)
    theirs = Subscriber(anywhere)
    feed = anywhere.directory / "feed"
    os.chown(feed, 0, 0)
    feed.chmod(0o600)
    with collector(anywhere, "--interval=0.2") as program:
        wait_until(lambda: program.complaints)
        os.chown(feed, SOMEBODY, SOMEBODY)
        theirs.rows()
    theirs.close()
    assert len(program.complaints) == 1, program.complaints
    assert f"WARNING cannot connect to {feed}: Permission denied" in program.complaints[0]


def test_root_without_the_two_capabilities_works_and_says_what_is_not_seen(
    anywhere: Runtime,
) -> None:
    """This is what root in a container has unless told otherwise."""
    bounds = ("setpriv", "--bounding-set=-sys_ptrace,-dac_read_search")
    with (
        enricher(anywhere, 0, *bounds) as root,
        collector(
            anywhere, before=bounds, command=stage_for_others("connmon_collector")
        ) as program,
    ):
        wait_until(lambda: follows(root))
        assert uids_of(program.process.pid) == {NOBODY}
        assert masks_of(program.process.pid)["CapPrm"] == 0
    (line,) = program.complaints
    assert "root lacks CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH here" in line


@pytest.mark.parametrize("lacking", ["setuid", "setgid"])
def test_root_that_cannot_be_given_up_is_refused(runtime: Runtime, lacking: str) -> None:
    bounds = ("setpriv", f"--bounding-set=-{lacking}")
    with collector(runtime, before=bounds) as program:
        assert program.ended() == 77
    (line,) = program.complaints
    assert line == (
        "connmon-collector: cannot give up root here (Operation not permitted):"
        " run it as an ordinary user"
    )


def test_an_ordinary_user_with_more_capabilities_keeps_only_the_two(anywhere: Runtime) -> None:
    granted = "+sys_ptrace,+dac_read_search,+net_admin,+net_raw"
    ambient = ("setpriv", f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", "--clear-groups")
    before = (*ambient, f"--inh-caps={granted}", f"--ambient-caps={granted}")
    with enricher(anywhere, SOMEBODY) as theirs, collector(anywhere, before=before) as program:
        wait_until(lambda: follows(theirs))
        assert uids_of(program.process.pid) == {SOMEBODY}
        masks = masks_of(program.process.pid)
        assert (masks.pop("CapBnd") >> Capability.NET_ADMIN) & 1, "that takes CAP_SETPCAP"
        assert masks == {"CapInh": 0, "CapPrm": BOTH, "CapEff": BOTH, "CapAmb": 0}
        assert status_of(program.process.pid)["NoNewPrivs"] == "1"


def test_an_ordinary_user_only_loses_the_ability_to_gain(anywhere: Runtime) -> None:
    before = ("setpriv", f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", "--clear-groups")
    command = stage_for_others("connmon_collector")
    with (
        enricher(anywhere, SOMEBODY) as theirs,
        collector(anywhere, before=before, command=command) as program,
    ):
        wait_until(lambda: follows(theirs))
        status = status_of(program.process.pid)
        assert (int(status["CapPrm"], 16), status["NoNewPrivs"]) == (0, "1")
    assert program.complaints == []


@pytest.mark.parametrize(
    ("sabotage", "found"),
    [
        ("drop._become = lambda account: None", "Uid, Gid, Groups, setuid(0)"),
        ("drop.os.setgroups = lambda groups: None", "Groups"),
        ("drop.mask_of = lambda kept: 1 << 7 | 1 << 19", "setuid(0)"),
        ("drop.capset = lambda sets: None", "CapPrm, CapEff, capget, setuid(0)"),
        ("drop._PR_SET_NO_NEW_PRIVS = 3", "NoNewPrivs"),
        ("drop._PR_CAPBSET_DROP = 3", "CapBnd"),
        (
            "from threading import Event, Thread; Thread(target=Event().wait, daemon=True).start()",
            "Threads",
        ),
    ],
)
def test_what_was_not_given_up_is_found(sabotage: str, found: str) -> None:
    program = f"""
import os
os.setgroups([4])
from connmon_collector.privilege import drop
from connmon_shared.stage.runtime import Account
{sabotage}
try:
    drop.drop(Account(65534, 65534))
except drop.PrivilegeError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-I", "-c", program],
        input="\n",
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=True,
    )
    assert done.stdout.removesuffix("\n") == f"root was not given up completely ({found})"


def test_the_whole_pipeline_of_root_names_a_process_of_another_user(runtime: Runtime) -> None:
    options = ("--scroll", "-q", "--show-loopback", "--no-color", "-t", "0.1")
    command = (BIN / "connmon", *options, f"--runtime-dir={runtime.directory}")
    with (
        Program(*command) as program,
        subprocess.Popen(
            [python_for_others(), "-I", "-c", LISTEN],
            user=SOMEBODY,
            extra_groups=[],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as server,
    ):
        assert server.stdout is not None
        port = int(server.stdout.readline())
        line = program.line(rf"LISTEN → 127\.0\.0\.1:{port} ")
        assert f"[{server.pid}]" in line
        server.communicate(b"\n")
        program.process.send_signal(signal.SIGINT)
        assert program.ended() == 130
