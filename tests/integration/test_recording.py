"""`--record` and `connmon replay` beside real stages: what was shown is shown again."""

import os
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from helpers import connection, keyframe, wait_until
from helpers_processes import BIN, FakeCollector, Loopback, Program, short_directory
from terminal_helpers import enricher

from connmon_display.recording.blocks import FIRST_LINE, Channel, Entry, Kind, pack
from connmon_shared.messages import Delta, Status
from connmon_shared.stage.runtime import Runtime

LINES = ("--scroll", "-q", "--show-loopback", "--no-color", "--ts=epoch")
COLLECTOR = Status("collector", "test", "netlink", 1.0, ())


class Recorded(NamedTuple):
    """A recording of a real connmon, and what that wrote meanwhile."""

    file: Path
    seen: list[str]
    complaints: list[str]  # a collector without privilege says what it cannot see

    def said_again(self) -> str:
        """Return what a replay complains about because the recorded run did."""
        return "".join(f"connmon replay:{line.partition(':')[2]}\n" for line in self.complaints)


def replayed(recorded: Recorded | Path, *options: str) -> list[str]:
    """Return the lines of a whole recording."""
    if isinstance(recorded, Recorded):
        file, again = recorded.file, recorded.said_again()
    else:
        file, again = recorded, ""
    done = run_replay(file, "--speed=max", *options)
    assert done.stderr == again
    return done.stdout.splitlines()


def run_replay(file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(BIN / "connmon"), "replay", str(file), *LINES, *options]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)


def events(lines: list[str]) -> list[str]:
    return [line for line in lines if re.search(r"\] (NEW|CLOSED|FAILED|GAP) ", line)]


def refused(*arguments: str | Path) -> tuple[int, str]:
    """Return the exit code and the one line of a command that does not start."""
    command = [BIN / arguments[0], *arguments[1:]]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.returncode, done.stderr


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Return a recording of a real connmon, and what it wrote meanwhile."""
    file = tmp_path_factory.mktemp("recording") / "recording"
    with short_directory() as directory, Loopback() as peer:
        command = (BIN / "connmon", *LINES, "-t0.1", "--no-sudo", f"--record={file}")
        with Program(*command, f"--runtime-dir={directory}") as run:
            run.line(rf"LISTEN → {re.escape(peer.server)}:{peer.port} ")
            for _ in range(2):
                peer.connect()
                run.line(rf"NEW → {re.escape(peer.server)} ")
                peer.disconnect()
                run.line(rf"CLOSED → {re.escape(peer.server)} ")
            run.process.send_signal(signal.SIGTERM)
            assert run.ended() == 143
            return Recorded(file, run.seen, run.complaints)


def test_a_replay_says_what_was_said(recording: Recorded) -> None:
    assert len(events(recording.seen)) >= 4
    assert events(replayed(recording)) == events(recording.seen)


def test_a_replay_complains_under_its_own_name(recording: Recorded) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [str(BIN / "connmon"), "replay", str(recording.file), *LINES, "--speed=max"]
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60
        )
    assert done.returncode == 74
    told = "connmon replay: cannot write output: No space left on device\n"
    assert done.stderr == recording.said_again() + told


def test_a_second_run_adds_to_the_recording(recording: Recorded, tmp_path: Path) -> None:
    file = tmp_path / "twice"
    file.write_bytes(recording.file.read_bytes())
    with short_directory() as directory, Loopback() as peer:
        command = (BIN / "connmon", *LINES, "-t0.1", "--no-sudo", f"--record={file}")
        with Program(*command, f"--runtime-dir={directory}") as run:
            run.line(rf"LISTEN → {re.escape(peer.server)}:{peer.port} ")
            peer.connect()
            line = run.line(rf"NEW → {re.escape(peer.server)} ")
            run.process.send_signal(signal.SIGTERM)
            assert run.ended() == 143
    lines = events(replayed(recording._replace(file=file)))
    assert lines[: len(events(recording.seen))] == events(recording.seen)
    assert line in lines


def test_a_replay_can_be_exported(recording: Recorded, tmp_path: Path) -> None:
    report = tmp_path / "timeline.txt"
    run_replay(recording.file, "--speed=max", f"--output={report}")
    address = re.search(r"NEW → (\S+) ", "\n".join(recording.seen))
    assert address is not None
    assert f"{address[1]} " in report.read_text("utf-8")


def test_a_replay_takes_its_time(recording: Recorded) -> None:
    lines = replayed(recording)
    first, last = (float(line[1 : line.index("]")]) for line in (lines[0], events(lines)[-1]))
    speed = (last - first) / 0.5
    began = time.monotonic()
    done = run_replay(recording.file, f"--speed={max(0.1, speed)}")
    assert time.monotonic() - began >= 0.5
    assert events(done.stdout.splitlines()) == events(lines)


def test_a_replay_can_begin_later(recording: Recorded) -> None:
    first, *_, last = events(recording.seen)
    moment = datetime.fromtimestamp(float(last[1 : last.index("]")]), UTC)
    shown = replayed(recording, f"--from={moment.isoformat()}")
    assert last in shown
    assert first not in shown


@pytest.fixture
def watched() -> Iterator[tuple[Path, FakeCollector]]:
    """Yield the directory of an enricher, and a collector that it follows."""
    with (
        short_directory() as directory,
        enricher(directory),
        FakeCollector(Runtime(directory)) as collector,
    ):
        assert collector.joined()
        now = time.time()
        collector.send(COLLECTOR, now)
        collector.send(keyframe(now, connection(1)), now)
        yield directory, collector


def much(collector: FakeCollector, first: int) -> int:
    """Let many connections come, and return the number of the last."""
    rows = [connection(first + n, f"198.51.{n >> 8}.{n & 255}", local_port=n) for n in range(2_000)]
    now = time.time()
    collector.send(Delta(now, now, now, tuple(rows), ()), now)
    return first + len(rows)


def test_who_is_killed_leaves_all_but_the_last_seconds(
    watched: tuple[Path, FakeCollector], tmp_path: Path
) -> None:
    directory, collector = watched
    file = tmp_path / "killed"
    with Program(BIN / "connmon-display", directory, *LINES, f"--record={file}") as run:
        run.line("ACTIVE → 198.51.100.7 ")
        much(collector, 10)
        last = run.line("NEW → 198.51.7.207 ")
        wait_until(lambda: file.stat().st_size > len(FIRST_LINE))
        wait_until(lambda: last in run_replay(file, "--speed=max").stdout)
        run.process.kill()
    assert last in replayed(file)


def test_a_full_disk_ends_the_recording_and_not_the_view(
    watched: tuple[Path, FakeCollector], tmp_path: Path
) -> None:
    directory, collector = watched
    file = tmp_path / "full"
    display = shlex.join(map(str, (BIN / "connmon-display", directory, *LINES, f"--record={file}")))
    # What it is measured with writes a file as well, and must not run into the limit.
    unmeasured = "unset COVERAGE_PROCESS_START COVERAGE_PROCESS_CONFIG"
    with Program("sh", "-c", f"{unmeasured}; ulimit -f 8; exec {display}") as run:
        run.line("ACTIVE → 198.51.100.7 ")
        wait_until(lambda: file.stat().st_size > len(FIRST_LINE))
        number = 10
        while not run.complaints:
            number = much(collector, number)
            run.line("NEW → 198.51.7.207 ")
        much(collector, number)
        run.line("NEW → 198.51.7.207 ")
        run.process.send_signal(signal.SIGTERM)
        assert run.ended() == 74
    expected = f"connmon-display: cannot write {file}: File too large; recording has stopped"
    assert run.complaints == [expected]
    assert replayed(file)


@pytest.mark.parametrize("program", ["connmon", "connmon-display"])
def test_nothing_starts_that_could_not_record(tmp_path: Path, program: str) -> None:
    other = tmp_path / "other"
    other.write_text("something else\n")
    with short_directory() as directory, enricher(directory):
        where = f"--runtime-dir={directory}"
        for path, code, why in (
            (other, 2, "no recording of connmon"),
            (tmp_path, 74, "Is a directory; choose another --record"),
            (tmp_path / "nowhere" / "file", 74, "No such file or directory; choose another"),
        ):
            found, line = refused(program, "--scroll", f"--record={path}", where)
            assert (found, f"{program}: cannot record to {path}: {why}" in line) == (code, True)
    assert other.read_text() == "something else\n"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--from=tomorrow"], "--from 'tomorrow' is no time: 12:03, "),
        (["--from=99d"], "--from 99d: the recording is from "),
        (["--from=2001-01-01 00:00"], "--from 2001-01-01 00:00: the recording is from "),
        (["--speed=0"], "argument --speed: 0 is not from 0.1 to 1,000"),
        (["--speed=fast"], "argument --speed: 'fast' is no number, and not 'max'"),
    ],
)
def test_what_cannot_be_replayed_is_one_line(
    recording: Recorded, options: list[str], why: str
) -> None:
    code, line = refused("connmon", "replay", "--scroll", *options, recording.file)
    assert (code, line.startswith(f"connmon replay: {why}")) == (2, True)


def test_what_is_no_recording_is_one_line(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("something else\n")
    empty, pipe = tmp_path / "empty", tmp_path / "pipe"
    empty.touch()
    os.mkfifo(pipe)
    for path, why in (
        (other, "no recording of connmon"),
        (empty, "no recording of connmon"),
        (tmp_path, "not a regular file"),
        (pipe, "not a regular file"),
        (tmp_path / "none", "No such file or directory"),
    ):
        code, line = refused("connmon", "replay", "--scroll", path)
        assert (code, line) == (2, f"connmon replay: cannot replay {path}: {why}\n")


def test_an_interrupt_while_a_large_recording_is_opened_is_no_traceback(tmp_path: Path) -> None:
    large = tmp_path / "large"
    block = pack(Kind.SESSION, [Entry(time.time(), Channel.STREAM, [b"", b"", b""])])
    large.write_bytes(FIRST_LINE + block * 300_000)
    with Program(BIN / "connmon", "replay", large, *LINES) as run:
        files = Path(f"/proc/{run.process.pid}/fd")

        def opened() -> bool:
            with suppress(FileNotFoundError):  # another file was closed just then
                return large in [link.readlink() for link in files.iterdir()]
            return False

        wait_until(opened)
        run.process.send_signal(signal.SIGINT)
        assert run.ended() == 130
    assert run.complaints == []
