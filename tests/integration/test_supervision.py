"""`connmon` keeps its stages running, and writes down what they say."""

import os
import random
import re
import signal
import stat
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from helpers import alive, family_of, lives, wait_until
from helpers_processes import BIN, Loopback, Program, Viewer, stage

from connmon_shared.endpoints import Peer, parse
from connmon_shared.stage.runtime import Runtime

KILLS, SEED = 12, 4
STAGES = ("connmon_collector", "connmon_enricher")
STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d"
LINE = re.compile(rf"{STAMP} (connmon|collector|enricher|display)\[\d+\] (DEBUG|INFO|WARNING) .+")


def connmon(directory: Path, *options: str | Path) -> Program:
    where = ("--no-sudo", f"--runtime-dir={directory}")
    return Program(BIN / "connmon", "--scroll", "-q", "--show-loopback", *where, *options)


@pytest.fixture
def running(directory: Path) -> Iterator[Program]:
    with connmon(directory) as program:
        shows_what_is_new(program)
        yield program


def shows_what_is_new(program: Program) -> None:
    """Wait until the display shows a connection that did not exist before."""
    with Loopback() as fresh:
        fresh.connect()
        program.line(rf"(NEW|ACTIVE) → {re.escape(fresh.server)} ")


def kill(program: Program, module: str) -> None:
    """Kill a stage and wait until another one has taken its place."""
    pid = stage(program, module)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not alive(pid) and stage(program, module) != pid)


def knows(viewer: Viewer, peer: Peer, opened: int) -> bool:
    """Return whether a viewer knows that so many connections to `peer` were opened."""
    viewer.turn()
    track = viewer.follower.history.tracks.get(peer)
    return track is not None and track.opened == opened


def logged(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


@pytest.mark.timeout(180)
def test_whatever_stage_is_killed_the_pipeline_is_whole_again(
    running: Program, directory: Path
) -> None:
    chance = random.Random(SEED)  # noqa: S311 - a test that can be repeated
    for _ in range(KILLS):
        module = chance.choice(STAGES)
        kill(running, module)
        if module == "connmon_enricher":
            running.line(r"GAP → history lost .*the enricher was restarted")
        shows_what_is_new(running)
    log = logged(directory / "connmon.log")
    assert sum("has ended (-9)" in line for line in log) == KILLS
    assert running.process.poll() is None


def test_a_killed_collector_costs_no_history(running: Program, directory: Path) -> None:
    with Loopback() as loopback, Viewer(Runtime(directory)) as viewer:
        viewer.join()
        loopback.connect()
        running.line(rf"NEW → {re.escape(loopback.server)} ")
        kill(running, "connmon_collector")
        shows_what_is_new(running)
        loopback.connect()
        with Viewer(Runtime(directory)) as late:
            for each in (viewer, late.join()):
                wait_until(partial(knows, each, Peer(parse(loopback.server)), 2))


@pytest.mark.parametrize("module", STAGES)
def test_a_stage_that_was_stopped_goes_on(running: Program, module: str) -> None:
    pid = stage(running, module)
    os.kill(pid, signal.SIGSTOP)
    with Loopback() as meanwhile:
        meanwhile.connect()
        time.sleep(4)  # longer than it takes a publisher to drop who does not ping
        os.kill(pid, signal.SIGCONT)
        running.line(rf"(NEW|ACTIVE) → {re.escape(meanwhile.server)} ")
    shows_what_is_new(running)
    assert stage(running, module) == pid


@pytest.mark.parametrize("module", STAGES)
def test_a_stopped_stage_does_not_outlive_the_end(running: Program, module: str) -> None:
    family = family_of(running.process.pid)
    os.kill(stage(running, module), signal.SIGSTOP)
    running.process.terminate()
    assert running.ended() == 143
    assert [process for process in family if lives(process)] == []


def test_while_connmon_is_stopped_its_stages_work_on(directory: Path) -> None:
    with connmon(directory, "--verbose") as program:
        shows_what_is_new(program)
        program.process.send_signal(signal.SIGSTOP)
        for _ in range(3):
            shows_what_is_new(program)
        program.process.send_signal(signal.SIGCONT)
        kill(program, "connmon_collector")
        shows_what_is_new(program)


def test_all_stages_have_one_log_of_the_users_own(running: Program, directory: Path) -> None:
    path = directory / "connmon.log"
    kill(running, "connmon_collector")
    shows_what_is_new(running)
    running.process.terminate()
    assert running.ended() == 143
    log = logged(path)
    assert [line for line in log if not LINE.fullmatch(line)] == []
    for said in (r"connmon\[\d+\] INFO started the collector", r"enricher\[\d+\] INFO following"):
        assert any(re.search(said, line) for line in log)
    assert log[-1].endswith("INFO all stages have ended")
    assert stat.S_IMODE(path.stat().st_mode) & stat.S_IWOTH == 0


def test_a_log_can_be_put_elsewhere_and_goes_on_with_the_next_start(
    directory: Path, tmp_path: Path
) -> None:
    for times in (1, 2):
        with connmon(directory, "--log-file", tmp_path / "x.log") as program:
            shows_what_is_new(program)
        log = logged(tmp_path / "x.log")
        assert sum("started the collector" in line for line in log) == times
    assert not (directory / "connmon.log").exists()


def test_a_full_disk_under_the_log_ends_nothing(directory: Path) -> None:
    with connmon(directory, "--verbose", "--log-file=/dev/full") as program:
        shows_what_is_new(program)
        kill(program, "connmon_enricher")
        shows_what_is_new(program)
        program.process.terminate()
        assert program.ended() == 143
    assert not any("Traceback" in line or "log" in line for line in program.complaints)


def test_a_log_that_cannot_be_written_is_said_at_the_start(directory: Path) -> None:
    with connmon(directory, "--log-file", directory / "none" / "x.log") as program:
        assert program.ended() == 74
    (line,) = program.complaints
    assert line.startswith("connmon: cannot write the log ")
    assert "--log-file" in line
