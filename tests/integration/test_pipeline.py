"""The real `connmon`: launcher, collector, enricher and the scroll view, on loopback."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import DEADLINE, alive, connection, descendants, wait_until
from helpers_processes import BIN, Loopback, Program, Viewer, stage

from connmon_shared.endpoints import Peer, parse
from connmon_shared.stage.exits import by_signal
from connmon_shared.stage.runtime import Runtime
from connmon_shared.timelines.rows import Track

OPTIONS = ("--scroll", "--show-loopback", "--no-sudo", "--no-color", "-t", "0.1")
GONE_SECONDS = 5.0
#: A process of another name, with a connection until it is told to end.
OTHER = """
import pathlib, socket, sys
pathlib.Path("/proc/self/comm").write_text("other")
with socket.create_connection((sys.argv[1], int(sys.argv[2]))):
    sys.stdin.read()
"""
STAGES = ("connmon_collector", "connmon_enricher", "connmon_display")


def connmon(directory: Path, *options: str | Path) -> Program:
    return Program(BIN / "connmon", *OPTIONS, "-q", f"--runtime-dir={directory}", *options)


@pytest.fixture
def running(directory: Path, loopback: Loopback) -> Iterator[Program]:
    """Yield a pipeline that sees the sockets of `loopback`."""
    with connmon(directory) as program:
        sees(program, loopback)
        yield program


def sees(program: Program, loopback: Loopback) -> None:
    program.line(rf"LISTEN → {re.escape(loopback.server)}:{loopback.port} ")


def all_gone(family: set[int], since: float) -> bool:
    wait_until(lambda: not any(map(alive, family)), GONE_SECONDS)
    return time.monotonic() - since < GONE_SECONDS


def test_a_real_connection_is_new_and_closed_with_its_process(
    running: Program, loopback: Loopback
) -> None:
    loopback.connect()
    line = running.line(rf"NEW → {re.escape(loopback.server)} ")
    assert re.fullmatch(r"\[\d\d:\d\d:\d\d\] NEW → \S+  ESTABLISHED:\d+  \S+\[\d+\]", line)
    assert f"ESTABLISHED:{loopback.port}" in line
    assert loopback.process in line
    loopback.disconnect()
    assert loopback.process in running.line(rf"CLOSED → {re.escape(loopback.server)} ")


def test_an_address_that_returns_is_logged_again(running: Program, loopback: Loopback) -> None:
    for _ in range(3):
        loopback.connect()
        running.line(rf"NEW → {re.escape(loopback.server)} ")
        loopback.disconnect()
        running.line(rf"CLOSED → {re.escape(loopback.server)} ")


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="only root is told of last counters")
def test_the_bytes_of_a_burst_of_short_connections_are_all_in_the_sums(
    directory: Path, loopback: Loopback
) -> None:
    """The kernel tells many of their last counters only after it has told of their end."""
    with connmon(directory, "--source=events") as program:
        sees(program, loopback)
        with Viewer(Runtime(directory)) as viewer:
            viewer.join()
            for _ in range(1_000):
                loopback.connect()
                loopback.send(bytes(100))
                loopback.disconnect()
            wait_until(lambda: track_of(viewer, loopback.server).sent == 100_000)
            wait_until(lambda: track_of(viewer, loopback.client).received == 100_000)


def test_who_attaches_later_is_told_whether_one_process_alone_had_an_address(
    directory: Path, loopback: Loopback
) -> None:
    with connmon(directory) as program:
        sees(program, loopback)
        for _ in range(2):
            loopback.connect()
            program.line(rf"NEW → {re.escape(loopback.server)} ")
            loopback.disconnect()
            program.line(rf"CLOSED → {re.escape(loopback.server)} ")
        name = loopback.process.partition("[")[0]
        with Viewer(Runtime(directory)) as viewer:
            assert track_of(viewer.join(), loopback.server).process == name
        other = subprocess.Popen(
            [sys.executable, "-Ic", OTHER, loopback.server, str(loopback.port)],
            stdin=subprocess.PIPE,
        )
        program.line(rf"NEW → {re.escape(loopback.server)} .* other\[{other.pid}\]")
        other.communicate()
        with Viewer(Runtime(directory)) as viewer:
            assert track_of(viewer.join(), loopback.server).process is None


def track_of(viewer: Viewer, address: str) -> Track:
    """Return what a viewer knows of an address by now."""
    viewer.turn()
    peer = Peer(parse(address))
    return viewer.follower.history.tracks.get(peer) or Track(peer, connection(0))


def test_a_killed_collector_is_restarted_and_the_log_goes_on_with_a_gap(
    running: Program, loopback: Loopback
) -> None:
    first = stage(running, "connmon_collector")
    loopback.connect()
    running.line(rf"NEW → {re.escape(loopback.server)} ")
    os.kill(first, signal.SIGKILL)
    running.line(r"GAP → not observed ")
    loopback.connect()
    running.line(rf"NEW → {re.escape(loopback.server)} ")
    assert stage(running, "connmon_collector") != first
    assert not any("CLOSED" in line and loopback.server in line for line in running.seen)


def test_a_killed_enricher_is_restarted_and_the_log_goes_on(
    running: Program, loopback: Loopback
) -> None:
    first = stage(running, "connmon_enricher")
    os.kill(first, signal.SIGKILL)
    sees(running, loopback)
    loopback.connect()
    running.line(rf"NEW → {re.escape(loopback.server)} ")
    assert stage(running, "connmon_enricher") != first


def test_a_killed_launcher_leaves_nobody_behind(running: Program) -> None:
    family = {stage(running, module) for module in STAGES}
    assert len(family) == len(STAGES)
    running.process.kill()
    assert all_gone(family, time.monotonic())


def test_a_killed_display_ends_everything(running: Program) -> None:
    family = descendants(running.process.pid)
    os.kill(stage(running, "connmon_display"), signal.SIGKILL)
    assert running.ended() == 137
    assert all_gone(family, time.monotonic())


def test_a_reader_that_leaves_ends_it_with_0(directory: Path, loopback: Loopback) -> None:
    command = [str(BIN / "connmon"), *OPTIONS, "-q", f"--runtime-dir={directory}"]
    assert loopback.port
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        family = descendants(process.pid)
        process.stdout.close()
        assert process.wait(20) == 0
        assert all_gone(family, time.monotonic())
        assert b"Traceback" not in process.stderr.read()


def test_a_full_device_ends_it_with_74(directory: Path, loopback: Loopback) -> None:
    assert loopback.port
    command = (BIN / "connmon", *OPTIONS, f"--runtime-dir={directory}")
    with Path("/dev/full").open("wb") as full, Program(*command, stdout=full) as program:
        assert program.ended() == 74
    assert any("No space left on device" in line for line in program.complaints)
    assert not any("Traceback" in line for line in program.complaints)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_it_and_the_timeline_is_saved(
    directory: Path, loopback: Loopback, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    output = tmp_path / "timeline.txt"
    with connmon(directory, "-o", output) as program:
        sees(program, loopback)
        loopback.connect()
        program.line(rf"NEW → {re.escape(loopback.server)} ")
        family = descendants(program.process.pid)
        program.process.send_signal(number)
        assert program.ended() == code
        assert all_gone(family, time.monotonic())
    assert re.search(rf"^{re.escape(loopback.server)} .*▲", output.read_text("utf-8"), re.MULTILINE)
    assert any(str(output) in line for line in program.complaints)


def test_a_second_start_is_refused_in_one_line_that_says_how_to_attach(
    running: Program, directory: Path, loopback: Loopback
) -> None:
    with connmon(directory) as second:
        assert second.ended() == 75
    [line] = second.complaints
    assert re.fullmatch(r"connmon: .*already running \(process \d+\).*connmon-display.*", line)
    assert second.seen == []
    loopback.connect()
    running.line(rf"NEW → {re.escape(loopback.server)} ")


def test_of_two_starts_at_the_same_moment_one_runs(directory: Path, loopback: Loopback) -> None:
    with connmon(directory) as one, connmon(directory) as other:
        wait_until(lambda: one.process.poll() is not None or other.process.poll() is not None)
        loser, winner = (one, other) if one.process.poll() is not None else (other, one)
        assert loser.ended() == 75
        said = [line for line in loser.complaints if line.startswith("connmon: ")]
        assert len(said) == 1
        assert "already running" in said[0]
        sees(winner, loopback)
        loopback.connect()
        winner.line(rf"NEW → {re.escape(loopback.server)} ")


def test_a_second_viewer_gets_the_history(
    running: Program, directory: Path, loopback: Loopback, tmp_path: Path
) -> None:
    loopback.connect()
    running.line(rf"NEW → {re.escape(loopback.server)} ")
    output = tmp_path / "second.txt"
    with Program(BIN / "connmon-display", directory, *_view_options(output)) as viewer:
        viewer.line(rf"ACTIVE → {re.escape(loopback.server)} .*{re.escape(loopback.process)}")
        loopback.disconnect()
        for each in (running, viewer):
            each.line(rf"CLOSED → {re.escape(loopback.server)} ")
        viewer.process.send_signal(signal.SIGTERM)
        assert viewer.ended() == 143
    row = re.search(
        rf"^{re.escape(loopback.server)} +(.*)", output.read_text("utf-8"), re.MULTILINE
    )
    assert row is not None
    assert re.match(r"·*▲■*×", row[1]), "opened before this viewer came, closed after"
    assert running.process.poll() is None


def _view_options(output: Path) -> tuple[str | Path, ...]:
    return ("--scroll", "--show-loopback", "--no-color", "-q", "-t", "0.1", "-o", output)


# What is wrong is said at the start.


def ends_at_once(*arguments: str | Path) -> tuple[int, list[str]]:
    with Program(BIN / "connmon", *arguments) as program:
        code = program.ended()
    assert program.seen == []
    return code, program.complaints


@pytest.mark.parametrize(
    "options",
    [
        *(["-t", "0.05"], ["-t", "x"], ["-t", "nan"], ["-t", "0.15"], ["-t", "-1"]),
        *(["-w", "19"], ["-w", "501"], ["-w", "80.5"], ["--save-threshold", "101"]),
        *(["--save-threshold", "-1"], ["--color", "mauve"], ["--bogus"], ["extra"]),
    ],
    ids=" ".join,
)
def test_a_bad_option_is_one_line_and_2(directory: Path, options: list[str]) -> None:
    code, complaints = ends_at_once(f"--runtime-dir={directory}", "--scroll", *options)
    assert code == 2
    [line] = complaints
    assert line.startswith("connmon: ")
    assert list(directory.iterdir()) == []


@pytest.mark.parametrize("output", ["missing/out.txt", "."])
def test_an_output_that_cannot_be_written_is_said_at_the_start(
    directory: Path, tmp_path: Path, output: str
) -> None:
    where = (f"--runtime-dir={directory}", "--scroll", "-o", tmp_path / output)
    code, complaints = ends_at_once(*where)
    assert code == 74
    [line] = complaints
    assert str(tmp_path) in line


def test_a_filter_file_that_is_missing_is_said_at_the_start(
    directory: Path, tmp_path: Path
) -> None:
    where = (f"--runtime-dir={directory}", "--scroll", "--filter-file", tmp_path / "none")
    code, complaints = ends_at_once(*where)
    assert code == 2
    [line] = complaints
    assert f"{tmp_path / 'none'}: No such file" in line


def test_bad_lines_of_a_filter_file_are_told_and_good_ones_used(
    directory: Path, loopback: Loopback, tmp_path: Path
) -> None:
    listed = tmp_path / "list"
    listed.write_text(f"# hidden:\n{loopback.client}\n300.1.2.3\n\nnonsense\n", "utf-8")
    with connmon(directory, "--filter-file", listed) as program:
        sees(program, loopback)
        loopback.connect()
        program.line(rf"NEW → {re.escape(loopback.server)} ")
        loopback.disconnect()
        program.line(rf"CLOSED → {re.escape(loopback.server)} ")
        program.process.send_signal(signal.SIGTERM)
        assert program.ended() == 143
    told = [line for line in program.complaints if str(listed) in line]
    assert [re.findall(r"line (\d+)", line) for line in told] == [["3"], ["5"]]
    assert not any(f" {loopback.client} " in line for line in program.seen)


def test_a_runtime_directory_open_to_others_is_said_at_the_start(directory: Path) -> None:
    directory.chmod(0o777)
    code, complaints = ends_at_once(f"--runtime-dir={directory}", "--scroll")
    assert code == 69
    [line] = complaints
    assert "open to others" in line


def test_a_viewer_without_a_pipeline_is_told_in_one_line(directory: Path) -> None:
    with Program(BIN / "connmon-display", directory, "--scroll") as viewer:
        assert viewer.ended() == 69
    [line] = viewer.complaints
    assert f"nothing is running at {directory}" in line


def test_ctrl_c_before_there_is_anything_to_see_ends_without_a_word(tmp_path: Path) -> None:
    filter_file = tmp_path / "filter"
    os.mkfifo(filter_file)
    command = [str(BIN / "connmon-display"), "--scroll", "--filter-file", str(filter_file)]
    with (
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as viewer,
        filter_file.open("w"),  # waits for the viewer, which then waits for us
    ):
        viewer.send_signal(signal.SIGINT)
        _, said = viewer.communicate(timeout=DEADLINE)
    assert (viewer.returncode, said) == (by_signal(signal.SIGINT), "")
