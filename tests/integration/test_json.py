"""The real `connmon --json`, read as a program would read it."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers import wait_until
from helpers_processes import BIN, Loopback, Program, stage

OPTIONS = ("--json", "--show-loopback", "--no-sudo", "-t", "0.1")


@pytest.fixture
def running(directory: Path) -> Iterator[Program]:
    with Program(BIN / "connmon", *OPTIONS, f"--runtime-dir={directory}") as program:
        yield program


def told(program: Program, what: str, address: str) -> dict[str, Any]:
    """Return the next object about `address`; its first fields are in a fixed order."""
    line = program.line(rf'^{{"what":"{what}",.*"address":"{re.escape(address)}"')
    found: dict[str, Any] = json.loads(line)
    return found


def test_a_connection_that_comes_and_goes(running: Program, loopback: Loopback) -> None:
    listening = told(running, "listen", loopback.server)
    assert (listening["port"], listening["remote_address"]) == (loopback.port, None)
    loopback.connect()
    new = told(running, "new", loopback.server)
    assert (new["remote_port"], new["port"]) == (loopback.port, loopback.port)
    assert new["direction"] == "out"
    assert f"{new['process']}[{new['pid']}]" == loopback.process
    loopback.disconnect()
    closed = told(running, "closed", loopback.server)
    ends = [f"{end}_{part}" for end in ("local", "remote") for part in ("address", "port")]
    same = ["host", "protocol", "namespace", *ends, "process", "pid", "uid"]
    assert [closed[name] for name in same] == [new[name] for name in same]
    running.line('^{"what":"status",')
    running.process.send_signal(signal.SIGTERM)
    assert running.ended() == 143
    assert all(json.loads(line)["host"] == new["host"] for line in running.seen)


def test_time_that_nobody_saw_is_told_in_band(running: Program, loopback: Loopback) -> None:
    told(running, "listen", loopback.server)
    os.kill(stage(running, "connmon_collector"), signal.SIGKILL)
    gap = json.loads(running.line('^{"what":"gap",'))
    assert gap["seconds"] > 0
    loopback.connect()
    assert told(running, "new", loopback.server)["epoch"] > gap["epoch"]


def test_what_is_wrong_is_told_in_band_and_to_people(directory: Path, tmp_path: Path) -> None:
    geo = ("--lookup-country", f"--geo-path={tmp_path / 'none'}")
    with Program(BIN / "connmon", *OPTIONS, *geo, f"--runtime-dir={directory}") as program:
        problem = json.loads(program.line('^{"what":"problem",'))
        assert str(tmp_path) in problem["text"]
        assert problem["epoch"] > 1e9
        wait_until(lambda: any(problem["text"] in line for line in program.complaints))


def test_a_reader_that_leaves_ends_it_with_0(directory: Path, loopback: Loopback) -> None:
    assert loopback.port
    command = [str(BIN / "connmon"), *OPTIONS, f"--runtime-dir={directory}"]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        json.loads(process.stdout.readline())
        process.stdout.close()
        assert process.wait(20) == 0
        assert b"Traceback" not in process.stderr.read()


def test_quiet_leaves_the_status_out(directory: Path, loopback: Loopback) -> None:
    with Program(BIN / "connmon", *OPTIONS, "-q", f"--runtime-dir={directory}") as program:
        first = told(program, "listen", loopback.server)["epoch"]
        now = first
        while now < first + 2.0:  # one is due every second
            loopback.connect()
            now = told(program, "new", loopback.server)["epoch"]
            loopback.disconnect()
            told(program, "closed", loopback.server)
    assert not any('"what":"status"' in line for line in program.seen)


def test_a_replay_says_the_same_and_how_things_were_then(
    directory: Path, loopback: Loopback, tmp_path: Path
) -> None:
    file = tmp_path / "recording"
    place = (f"--runtime-dir={directory}", f"--record={file}")
    with Program(BIN / "connmon", *OPTIONS, *place) as live:
        told(live, "listen", loopback.server)
        loopback.connect()
        told(live, "new", loopback.server)
        loopback.disconnect()
        told(live, "closed", loopback.server)
        for _ in range(2):
            live.line('^{"what":"status",')
        live.process.send_signal(signal.SIGTERM)
        assert live.ended() == 143
    options = ("--json", "--show-loopback", "-t", "0.1", "--speed", "max")
    with Program(BIN / "connmon", "replay", file, *options) as replay:
        assert replay.ended() == 0
    of_ours = re.compile(rf'"what":"(new|closed)".*"address":"{re.escape(loopback.server)}"')
    assert [*filter(of_ours.search, replay.seen)] == [*filter(of_ours.search, live.seen)]
    assert sum('"what":"status"' in line for line in replay.seen) >= 2
