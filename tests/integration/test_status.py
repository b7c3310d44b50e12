"""`connmon status` beside real stages, by whomever they were started."""

import contextlib
import json
import os
import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import zmq
from helpers import DEADLINE, connection, delta, keyframe, wait_until
from helpers_processes import BIN, FakeCollector, Program, Viewer, short_directory, stage

from connmon_shared import sockets
from connmon_shared.messages import Status
from connmon_shared.stage.runtime import Runtime


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    with short_directory() as path:
        yield Runtime(path)


@pytest.fixture
def enricher(runtime: Runtime) -> Iterator[Program]:
    where = f"--runtime-dir={runtime.directory}"
    with Program(BIN / "connmon-enricher", where) as program:
        wait_until(lambda: listening(runtime))
        yield program


def listening(runtime: Runtime) -> bool:
    with contextlib.suppress(sockets.EndpointError):
        sockets.probe(runtime.state)
        return True
    return False


def handles_signals(pid: int) -> bool:
    """Return whether a process catches SIGTERM: Python alone does not."""
    words = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    caught = re.search(r"^SigCgt:\s*(\w+)", words, re.MULTILINE)
    return caught is not None and bool(int(caught[1], 16) >> (signal.SIGTERM - 1) & 1)


class Told(NamedTuple):
    """What `connmon status` printed."""

    code: int
    lines: list[str]
    complaints: list[str]

    @property
    def object(self) -> dict[str, object]:
        (line,) = self.lines
        read = json.loads(line)
        assert isinstance(read, dict)
        return read


def status(runtime: Runtime, *options: str) -> Told:
    where = f"--runtime-dir={runtime.directory}"
    with Program(BIN / "connmon", "status", where, *options) as program:
        return Told(program.ended(), program.seen, program.complaints)


def stages_of(told: Told) -> list[dict[str, object]]:
    stages = told.object["stages"]
    assert isinstance(stages, list)
    return stages


def viewers(told: Told) -> object:
    """Return how many viewers the enricher counts; None if there are not both stages yet."""
    *collectors, enricher = stages_of(told)
    figures = enricher["figures"]
    assert isinstance(figures, dict)
    return figures["viewers"] if collectors else None


class Host(FakeCollector):
    """The collector of a host, which has said what it is."""

    def __init__(self, runtime: Runtime, host: str, *problems: str) -> None:
        super().__init__(runtime, host)
        assert self.joined()
        self.send(Status("collector", "1", "poll", 1.0, (), problems=problems, started=1.0), 1.0)
        self.send(keyframe(1.0, connection(1)), 1.0)

    def lives(self, ended: threading.Event) -> None:
        """Send heartbeats until `ended`."""
        moment = 2.0
        while not ended.wait(0.2):
            self.send(delta(moment), moment)
            moment += 1


@contextlib.contextmanager
def alive(*hosts: Host) -> Iterator[None]:
    """Let hosts send heartbeats for a while."""
    ended = threading.Event()
    threads = [threading.Thread(target=host.lives, args=(ended,)) for host in hosts]
    for thread in threads:
        thread.start()
    yield
    ended.set()
    for thread in threads:
        thread.join()


def test_of_a_real_pipeline_every_stage_is_told(runtime: Runtime) -> None:
    where = f"--runtime-dir={runtime.directory}"
    with Program(BIN / "connmon", "--scroll", "-q", "--no-sudo", where) as program:
        wait_until(lambda: listening(runtime))
        wait_until(lambda: viewers(status(runtime, "--json")) == 1)  # the one that is shown
        told = status(runtime, "--json")
        collector, enricher = stages_of(told)
        pids = [stage(program, module) for module in ("connmon_collector", "connmon_enricher")]
        assert [collector["pid"], enricher["pid"]] == pids
        assert (collector["stale"], enricher["stale"]) == (False, False)
        assert collector["host"]
        assert viewers(told) == 1
        assert told.code == (1 if collector["problems"] else 0)
        assert any(line.startswith("stage ") for line in status(runtime).lines)


def test_stages_that_were_started_alone_are_told_by_their_hosts(
    runtime: Runtime, enricher: Program
) -> None:
    with Host(runtime, "web2") as second, Host(runtime, "web1", "no luck") as first:
        with alive(first, second), Viewer(runtime) as viewer:
            viewer.join()
            told = status(runtime, "--json")
        assert [each["host"] for each in stages_of(told)] == ["web1", "web2", ""]
        assert told.object["wrong"] == ["collector of web1: no luck"]
        assert stages_of(told)[-1]["pid"] == enricher.process.pid
        assert told.code == 1


@pytest.mark.usefixtures("enricher")
def test_a_silent_collector_is_told(runtime: Runtime) -> None:
    with Host(runtime, "web1"), Host(runtime, "web2") as living, alive(living):
        told = status(runtime, "--json")
        assert {str(each["host"]): each["stale"] for each in stages_of(told)} == {
            "web1": True,
            "web2": False,
            "": False,
        }
        assert told.code == 1


@pytest.mark.usefixtures("enricher")
def test_without_a_collector_it_says_so(runtime: Runtime) -> None:
    told = status(runtime)
    assert told.lines[:2] == ["something is wrong:", "  there is no collector"]
    assert any(line.startswith("enricher ") for line in told.lines)
    assert told.code == 1


def test_an_enricher_that_is_stopped_is_told(runtime: Runtime, enricher: Program) -> None:
    os.kill(enricher.process.pid, signal.SIGSTOP)
    told = status(runtime)
    os.kill(enricher.process.pid, signal.SIGCONT)
    sentence = f"  the enricher, process {enricher.process.pid}, does not answer"
    assert told.lines == ["something is wrong:", sentence]
    assert told.code == 1


def test_where_nothing_runs_one_line_says_so(runtime: Runtime) -> None:
    told = status(runtime, "--json")
    assert told.lines == []
    (line,) = told.complaints
    assert line.startswith(f"connmon status: nothing is running at {runtime.directory};")
    assert told.code == 69


def test_somebody_else_who_answers_is_told(runtime: Runtime) -> None:
    def answer() -> None:
        if server.poll(round(DEADLINE * 1_000)):
            identity, *_ = server.recv_multipart()
            server.send_multipart([identity, b"v9/", b"\xc1", b""])

    with (
        zmq.Context[zmq.Socket[bytes]]() as context,
        sockets.publisher(context) as view,
        sockets.server(context) as server,
    ):
        sockets.bind(view, runtime.view)
        sockets.bind(server, runtime.state)
        answering = threading.Thread(target=answer)
        answering.start()
        told = status(runtime)
        answering.join()
    assert told.lines[0] == "something is wrong:"
    assert told.complaints == []
    assert told.code == 1


def test_ctrl_c_ends_it_without_a_word(runtime: Runtime, enricher: Program) -> None:
    os.kill(enricher.process.pid, signal.SIGSTOP)  # so that it waits
    with Program(BIN / "connmon", "status", f"{runtime.directory}") as program:
        wait_until(lambda: handles_signals(program.process.pid))
        program.process.send_signal(signal.SIGINT)
        assert program.ended() == 130
        assert program.complaints == []
    os.kill(enricher.process.pid, signal.SIGCONT)


def test_a_bad_option_is_one_line_and_2(runtime: Runtime) -> None:
    told = status(runtime, "--bogus")
    assert told.code == 2
    assert len(told.complaints) == 1
