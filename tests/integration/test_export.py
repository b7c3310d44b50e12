"""`--export`: beside a running connmon, as one, and of a recording, without a screen."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers import connection, keyframe, wait_until
from helpers_processes import BIN, FakeCollector, Loopback, Program, short_directory
from terminal_helpers import Collector, enricher

from connmon_shared.messages import Status
from connmon_shared.stage.runtime import Runtime

PAST = 30.0


@pytest.fixture(scope="module")
def host() -> Iterator[Path]:
    """A host that has been watched for half a minute."""
    with short_directory() as directory, enricher(directory):
        collector = Collector(directory, past=PAST)
        collector.has(connection(1, "192.0.2.7"), connection(2, "198.51.100.9"))
        with collector:
            yield directory


def export(*command: str | Path, code: int = 0) -> list[str]:
    """Run a command without a terminal and return what it told people."""
    done = subprocess.run(
        [*map(str, command)],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
        stdin=subprocess.DEVNULL,
    )
    assert done.stdout == ""
    assert done.returncode == code, done.stderr
    return done.stderr.splitlines()


def objects(path: Path, what: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [each for each in found if each["what"] == what]


def test_what_is_known_is_saved_at_once(host: Path, tmp_path: Path) -> None:
    began, path = time.monotonic(), tmp_path / "now.jsonl"
    (said,) = export(BIN / "connmon-display", host, "--export", path)
    assert time.monotonic() - began < PAST / 2
    assert re.fullmatch(rf"connmon-display: saved the timeline to {path} \(.* kB\)", said)
    (seen,) = objects(path, "host")
    assert seen["observed_seconds"] >= PAST
    assert {row["address"] for row in objects(path, "row")} == {"192.0.2.7", "198.51.100.9"}


def test_it_watches_for_as_long_as_it_was_told(host: Path, tmp_path: Path) -> None:
    now, later = tmp_path / "now.jsonl", tmp_path / "later.jsonl"
    export(BIN / "connmon-display", host, "--export", now)
    export(BIN / "connmon-display", host, "--export", later, "--for", "2s")
    (first,), (second,) = objects(now, "host"), objects(later, "host")
    assert second["observed_seconds"] >= first["observed_seconds"] + 2


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.html", "a.svg", "a.jsonl"])
def test_every_format(host: Path, tmp_path: Path, name: str) -> None:
    export(BIN / "connmon-display", host, "--export", tmp_path / name)
    assert "192.0.2.7" in (tmp_path / name).read_text("utf-8")


def test_a_pipe_takes_it(host: Path) -> None:
    for name in ("-", "/dev/stdout"):
        command = [str(BIN / "connmon-display"), str(host), f"--export={name}", "--format=csv"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=50)
        assert done.stdout.splitlines()[0].startswith("host,kind,address")
        assert done.stdout.count("\n") == 3


def test_for_without_export_is_said_before_a_terminal_is_asked_for(host: Path) -> None:
    (said,) = export(BIN / "connmon-display", host, "--for", "5s", code=2)
    assert said == "connmon-display: --for goes with --export"


@pytest.mark.parametrize("name", ["x.pdf", "x.PNG", "x.xlsx", "x.csv.gz", "x.cmr"])
def test_a_format_that_there_is_not_is_refused_by_its_ending(
    host: Path, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    (said,) = export(BIN / "connmon-display", host, "--export", path, code=2)
    assert said.endswith(
        "its ending is one of .txt .html .svg .jsonl .csv, or --format tells what it is"
    )
    export(BIN / "connmon-display", host, "--export", path, "--format", "text")
    assert path.read_text(encoding="utf-8").startswith("connmon timeline")


@pytest.mark.parametrize("option", ["--export", "--output", "--record"])
def test_the_name_of_a_folder_is_refused_whether_it_is_there_or_not(
    host: Path, tmp_path: Path, option: str
) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        (said,) = export(BIN / "connmon-display", host, option, f"{folder}/", code=2)
        assert "names a folder; name a file in it" in said
    assert not any(tmp_path.iterdir())


def test_lines_are_not_shown_beside_it(host: Path, tmp_path: Path) -> None:
    (said,) = export(BIN / "connmon-display", host, "--json", "--export", tmp_path / "y", code=2)
    assert "leave --scroll and --json out" in said


def test_a_named_pipe_takes_it_all(host: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE, text=True) as reader:
        try:
            export(BIN / "connmon-display", host, "--export", pipe, "--format", "csv")
            assert reader.communicate(timeout=20)[0].count("\n") == 3
        finally:
            reader.kill()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_gives_up_what_nobody_reads(
    host: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with Program(BIN / "connmon-display", host, "--export", pipe, "--verbose") as program:
        wait_until(lambda: any("state of 'testhost'" in line for line in program.complaints))

        def ended() -> bool:  # the first one may only end the watching
            program.process.send_signal(number)
            return program.process.poll() is not None

        wait_until(ended)
        assert program.ended() == code
        assert program.complaints[-1].endswith("interrupted: what was still to be saved is not")


def test_without_standard_error_nothing_is_told_elsewhere(host: Path) -> None:
    text = f"{BIN}/connmon-display {host} --export - --format csv 2>&-"
    done = subprocess.run(
        ["bash", "-c", text], capture_output=True, text=True, check=True, timeout=50
    )
    assert "saved" not in done.stdout
    assert done.stdout.count("\n") == 3


def test_an_output_is_written_as_well(host: Path, tmp_path: Path) -> None:
    one, other = tmp_path / "one.csv", tmp_path / "other.html"
    said = export(BIN / "connmon-display", host, "--export", one, "-o", other)
    assert len(said) == 2
    assert one.read_text("utf-8").startswith("host,kind")
    assert other.read_text("utf-8").startswith("<!doctype html>")


def test_a_pipe_that_nobody_reads_to_its_end_is_no_failure(host: Path) -> None:
    text = f"{BIN}/connmon-display {host} --export - -t 0.1 | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", text], capture_output=True, text=True, check=True, timeout=50
    )
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_what_cannot_be_written_is_said_at_the_start(host: Path, tmp_path: Path) -> None:
    path = tmp_path / "none" / "out"
    (said,) = export(BIN / "connmon-display", host, "--export", path, code=74)
    why = "No such file or directory; choose another --export"
    assert said == f"connmon-display: cannot write {path}: {why}"
    (said,) = export(BIN / "connmon-display", host, "--export=/dev/full", code=74)
    assert said == "connmon-display: cannot save /dev/full: No space left on device"


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_it_earlier_and_it_is_saved(
    host: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    path = tmp_path / "out.csv"
    command = (BIN / "connmon-display", host, "--export", path, "--for", "1h", "--verbose")
    with Program(*command) as program:
        wait_until(lambda: any("state of 'testhost'" in line for line in program.complaints))
        program.process.send_signal(number)
        assert program.ended() == code
    assert "192.0.2.7" in path.read_text("utf-8")


def test_where_nothing_is_it_says_so_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with short_directory() as directory:
        (said,) = export(BIN / "connmon-display", directory, "--export", path, code=69)
        assert said.startswith("connmon-display: ")
    assert list(tmp_path.iterdir()) == []


def test_a_host_that_comes_late_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with (
        short_directory() as directory,
        enricher(directory),
        Program(BIN / "connmon-display", directory, "--export", path) as program,
        FakeCollector(Runtime(directory)) as collector,
    ):
        assert collector.joined()
        now = time.time()
        collector.send(Status("collector", "test", "netlink", 1.0, ()), now)
        collector.send(keyframe(now - 1, connection(1, "192.0.2.7")), now)
        assert program.ended() == 0
    assert "192.0.2.7" in path.read_text("utf-8")


def test_a_whole_connmon_and_its_recording(tmp_path: Path, loopback: Loopback) -> None:
    path, again, part = tmp_path / "a.jsonl", tmp_path / "b.jsonl", tmp_path / "c.jsonl"
    common = ("--show-loopback", "--export")
    loopback.connect()
    with short_directory() as directory:
        where = (f"--runtime-dir={directory}", "--no-sudo", f"--record={tmp_path}/tape")
        export(BIN / "connmon", *where, *common, path, "--for=3s")
    replay = (BIN / "connmon", "replay", tmp_path / "tape", *common)
    export(*replay, again)
    (first,), (second,) = objects(path, "host"), objects(again, "host")
    assert first["observed_seconds"] >= 3
    assert second["begin"] == first["begin"]
    assert abs(second["observed_seconds"] - first["observed_seconds"]) <= 1
    for written in (path, again):
        assert any(row["address"] == loopback.server for row in objects(written, "row"))
    export(*replay, part, "--for=1s")
    (third,) = objects(part, "host")
    assert third["observed_seconds"] < first["observed_seconds"]


def test_an_export_never_takes_the_place_of_a_recording(host: Path, tmp_path: Path) -> None:
    tape = tmp_path / "tape"
    export(BIN / "connmon-display", host, "--record", tape, "--export", tmp_path / "out")
    before = tape.read_bytes()
    for command in (
        (BIN / "connmon", "replay", tape),
        (BIN / "connmon-display", host, "--record", tape),
    ):
        (said,) = export(*command, "--export", tape, code=2)
        assert said.endswith(f": --export would write over the recording {tape}; choose another")
    where = (BIN / "connmon", f"--runtime-dir={tmp_path}", "--record", tape, "-o", tape)
    (said,) = export(*where, "--scroll", code=2)
    assert "--output would write over the recording" in said
    assert tape.read_bytes() == before


def test_the_descriptors_of_a_shell_are_handed_on(tmp_path: Path, loopback: Loopback) -> None:
    loopback.connect()
    with short_directory() as directory:
        text = (
            f"{BIN}/connmon --runtime-dir={directory} --no-sudo --show-loopback --for=1s"
            f" --only-file <(echo {loopback.server}) --export /dev/fd/9 --format csv 9>out"
        )
        done = subprocess.run(
            ["bash", "-c", text],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=50,
        )
    assert done.returncode == 0, done.stderr
    _, *rows = (tmp_path / "out").read_text("utf-8").splitlines()
    assert {row.split(",")[2] for row in rows} == {loopback.server}


def test_a_connmon_that_knows_nothing_yet_must_be_told_for_how_long(tmp_path: Path) -> None:
    with short_directory() as directory:
        where = (f"--runtime-dir={directory}", "--no-sudo", "--export", tmp_path / "out")
        (said,) = export(BIN / "connmon", *where, code=2)
    assert said == "connmon: --export needs --for: nothing is known at the start"
