"""A large file is written while the view goes on, and can be stopped at any time."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers_processes import short_directory
from terminal_helpers import Collector, Terminal, connection, enricher, program

ROWS, DAY = 2_000, 86_400.0
LARGE = ("-t", "0.2")  # so many rows of a day are gigabytes
MODERATE = ("-t", "12")  # so large that nobody is asked, and written in many turns
CTRL_C = "\x03"
ELSEWHERE = "Save it as (Enter: not at all):"


@pytest.fixture(scope="module")
def old_host() -> Iterator[Path]:
    """A host with many rows that has been watched for a day."""
    rows = (connection(n, f"10.{n >> 8}.{n & 255}.1") for n in range(1, ROWS + 1))
    with short_directory() as directory, enricher(directory):
        collector = Collector(directory, past=DAY)
        collector.has(*rows)
        with collector:
            yield directory


@pytest.fixture
def saving(old_host: Path, tmp_path: Path) -> Iterator[Terminal]:
    """A view that is writing gigabytes."""
    command = program("connmon-display", old_host, *LARGE)
    with Terminal(command, (120, 24), cwd=tmp_path) as terminal:
        terminal.until("10.0.1.1")
        terminal.press("w")
        terminal.until("will be about 2.6 GB: w again saves it")
        assert list(tmp_path.iterdir()) == []
        terminal.press("w")
        terminal.until("% of about 2.6 GB; w stops it")
        yield terminal


def test_the_view_goes_on_and_w_stops_it(saving: Terminal, tmp_path: Path) -> None:
    assert [path.suffix for path in tmp_path.iterdir()] != [".txt"], "there before it is whole"
    saving.press("?")
    saving.until("zoom:")
    saving.press("x")
    saving.until("w stops it")
    saving.press("w")
    saving.until("is not saved")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_it_is_finished_after_the_end_unless_a_signal_gives_it_up(
    saving: Terminal, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    saving.press("q")
    saving.until(lambda: b"?1049l" in saving.raw and "% of 2.6 GB" in saving.text, "progress")
    assert not [*tmp_path.glob("*.txt")], "there before it is whole"
    if number == signal.SIGINT:
        saving.press(CTRL_C)
    else:
        saving.process.send_signal(number)
    assert saving.end() == code
    assert "interrupted" in saving.text
    saving.assert_restored()
    assert list(tmp_path.iterdir()) == []


def test_the_question_at_the_end_tells_how_large_it_will_be(old_host: Path, tmp_path: Path) -> None:
    with Terminal(program("connmon-display", old_host, *LARGE), (120, 24), cwd=tmp_path) as seen:
        seen.until("10.0.1.1")
        seen.press(CTRL_C)
        seen.until("Save timeline (about 2.6 GB) before quitting?")
        seen.press("n\r")
        assert seen.end() == 0


def test_who_has_no_patience_for_the_questions_has_none_for_the_file(
    saving: Terminal, tmp_path: Path
) -> None:
    saving.press(CTRL_C)
    saving.until("before quitting?")
    saving.press(CTRL_C)
    assert saving.end() == 130
    assert "is not saved" in saving.text
    assert "% of 2.6 GB" not in saving.text
    saving.assert_restored()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_does_not_cost_what_is_being_saved(
    old_host: Path, tmp_path: Path, number: signal.Signals
) -> None:
    command = program("connmon-display", old_host, *MODERATE)
    with Terminal(command, (120, 24), cwd=tmp_path) as terminal:
        terminal.until("10.0.1.1")
        terminal.press("w")
        terminal.until(lambda: {"saving", "saved"} & {*terminal.text.split()}, "it has begun")
        terminal.signal(number)
        assert terminal.end() == 128 + number
    [path] = tmp_path.iterdir()
    rows = re.findall(r"^10\.\d+\.\d+\.1 ", path.read_text("utf-8"), re.MULTILINE)
    assert len(rows) == ROWS


def test_what_cannot_be_saved_is_said_and_the_view_goes_on(old_host: Path, tmp_path: Path) -> None:
    command = program("connmon-display", old_host, "-o", "/dev/full")
    with Terminal(command, (120, 24), cwd=tmp_path) as terminal:
        terminal.until("10.0.1.1")
        terminal.press("w")
        terminal.until("will be about")
        terminal.press("w")
        terminal.until("cannot save /dev/full: No space left on device")
        terminal.press("?")
        terminal.until("zoom:")
        terminal.press("xq")
        terminal.until(ELSEWHERE)
        terminal.press("\r")
        assert terminal.end() == 74
        terminal.assert_restored()


@pytest.fixture
def refused(old_host: Path, tmp_path: Path) -> Iterator[Terminal]:
    """A view at its end that could not save its timeline."""
    command = program("connmon-display", old_host, "-t", "3600", "-o", "/dev/full")
    with Terminal(command, (120, 24), cwd=tmp_path) as terminal:
        terminal.until("10.0.1.1")
        terminal.press("q")
        terminal.until("cannot save /dev/full: No space left on device")
        terminal.until(ELSEWHERE)
        yield terminal


def test_what_cannot_be_saved_at_the_end_is_saved_as_one_says(
    refused: Terminal, tmp_path: Path
) -> None:
    refused.press("none/kept.csv\r")
    refused.until("cannot save none/kept.csv: No such file or directory")
    refused.press("kept.pdf\r")
    refused.until("cannot write kept.pdf: its ending is one of")
    assert "--format" not in refused.text, "who is asked can give none"
    refused.press("kept.csv\r")
    refused.until("saved the timeline to kept.csv")
    assert refused.end() == 0
    assert (tmp_path / "kept.csv").read_text("utf-8").count("\n") == 1 + ROWS
    assert [path.name for path in tmp_path.iterdir()] == ["kept.csv"]


def test_another_name_may_be_wrong_and_replaces_no_file(refused: Terminal, tmp_path: Path) -> None:
    there, loop = tmp_path / "there.csv", tmp_path / "loop"
    there.write_text("mine\n", "utf-8")
    loop.symlink_to("loop")
    refused.press("there.csv\r")
    refused.until("there.csv is there already; choose another")
    refused.press("new/\r")
    refused.until("'new/' names a folder; name a file in it")
    refused.press("loop\r")
    refused.until("cannot save loop: Too many levels of symbolic links")
    refused.press("~a\0b\r")
    refused.until("no file can be called that")
    refused.press("x" * 300 + "\r")
    refused.until("File name too long")
    refused.press("kept.csv\r")
    refused.until("saved the timeline to kept.csv")
    assert refused.end() == 0
    assert there.read_text("utf-8") == "mine\n"
    assert loop.is_symlink()


def test_ctrl_c_instead_of_another_name_gives_it_up(refused: Terminal, tmp_path: Path) -> None:
    refused.press(CTRL_C)
    assert refused.end() == 130
    assert "interrupted: what was still to be saved is not" in refused.text
    assert [*tmp_path.iterdir()] == []


def test_the_terminals_end_instead_of_another_name_gives_it_up(refused: Terminal) -> None:
    refused.signal(signal.SIGHUP)
    assert refused.end() == 74


def test_beside_its_stages_a_viewer_asks_for_another_name_too(tmp_path: Path) -> None:
    with short_directory() as directory:
        where = f"--runtime-dir={directory}"
        command = program("connmon", "--no-sudo", "--show-loopback", where, "-o", "/dev/full")
        with Terminal(command, (120, 24), cwd=tmp_path) as terminal:
            terminal.until("LIVE")
            terminal.press("q")
            terminal.until(ELSEWHERE)
            terminal.press("kept.csv\r")
            terminal.until("saved the timeline to kept.csv")
            assert terminal.end() == 0
    assert (tmp_path / "kept.csv").read_text("utf-8").startswith("host,kind")


def test_who_is_ended_by_a_signal_is_asked_for_no_other_name(
    old_host: Path, tmp_path: Path
) -> None:
    command = program("connmon-display", old_host, "-t", "3600", "-o", "/dev/full")
    with Terminal(command, (120, 24), cwd=tmp_path) as terminal:
        terminal.until("10.0.1.1")
        terminal.signal(signal.SIGTERM)
        assert terminal.end() == 74
        assert ELSEWHERE not in terminal.text
