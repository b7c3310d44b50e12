"""The scroll view with a person before it: what Ctrl-C asks, and what is then saved."""

import shlex
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers_processes import short_directory
from terminal_helpers import (
    Collector,
    Terminal,
    connection,
    enricher,
    program,
)

from connmon_shared.timelines.states import State

CTRL_C, ENTER = "\x03", "\r"


@pytest.fixture(scope="module")
def host() -> Iterator[Path]:
    with short_directory() as directory, enricher(directory):
        collector = Collector(directory)
        collector.has(connection(1, "192.0.2.1", state=State.ESTABLISHED))
        with collector:
            yield directory


def scroll(host: Path, cwd: Path, *options: str) -> Terminal:
    command = program("connmon-display", host, "--scroll", *options)
    terminal = Terminal(command, (100, 24), cwd=cwd)
    terminal.until("192.0.2.1")
    return terminal


def test_yes_and_a_percentage_write_both_files(host: Path, tmp_path: Path) -> None:
    with scroll(host, tmp_path) as terminal:
        terminal.press(CTRL_C)
        terminal.until("Save timeline before quitting? [y/N]")
        terminal.press("y" + ENTER)
        terminal.until("Save frequent addresses?")
        terminal.press("50" + ENTER)
        assert terminal.end() == 130
        assert "saved the timeline to connection_timeline_" in terminal.text
    (timeline,) = tmp_path.glob("connection_timeline_*.txt")
    (frequent,) = tmp_path.glob("frequent_ips_50pct_*.txt")
    assert "192.0.2.1" in timeline.read_text(encoding="utf-8")
    assert "192.0.2.1" in frequent.read_text(encoding="utf-8")


def test_enter_twice_saves_nothing(host: Path, tmp_path: Path) -> None:
    with scroll(host, tmp_path) as terminal:
        terminal.press(CTRL_C)
        terminal.until("Save timeline")
        terminal.press(ENTER)
        terminal.until("Save frequent addresses?")
        terminal.press(ENTER)
        assert terminal.end() == 130
    assert list(tmp_path.iterdir()) == []


def test_a_second_ctrl_c_ends_at_once(host: Path, tmp_path: Path) -> None:
    with scroll(host, tmp_path) as terminal:
        terminal.press(CTRL_C)
        terminal.until("Save timeline")
        terminal.press(CTRL_C)
        assert terminal.end() == 130
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("answers", [0, 1])
def test_a_signal_ends_it_at_each_question(
    host: Path, tmp_path: Path, number: signal.Signals, answers: int
) -> None:
    with scroll(host, tmp_path) as terminal:
        terminal.press(CTRL_C)
        terminal.until("Save timeline")
        if answers:
            terminal.press("y" + ENTER)
            terminal.until("Save frequent addresses?")
        terminal.signal(number)
        assert terminal.end() == 128 + number
    assert list(tmp_path.iterdir()) == []


def test_with_an_output_there_is_no_question(host: Path, tmp_path: Path) -> None:
    with scroll(host, tmp_path, "-o", "out.txt") as terminal:
        terminal.press(CTRL_C)
        assert terminal.end() == 130
        assert "Save" not in terminal.text
    assert "192.0.2.1" in (tmp_path / "out.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "code"), [("kept.txt", 130), ("", 74)])
def test_what_cannot_be_saved_is_saved_as_one_says(
    host: Path, tmp_path: Path, name: str, code: int
) -> None:
    with scroll(host, tmp_path, "-o", "/dev/full") as terminal:
        terminal.press(CTRL_C)
        terminal.until("cannot save /dev/full: No space left on device")
        terminal.until("Save it as (Enter: not at all):")
        terminal.press(name + ENTER)
        assert terminal.end() == code
    assert [path.name for path in tmp_path.iterdir()] == [name] * bool(name)


def test_a_reader_that_goes_on_after_ctrl_c_is_not_talked_over(host: Path, tmp_path: Path) -> None:
    """`less` takes Ctrl-C for itself: the terminal and what is typed are its own."""
    view = shlex.join(program("connmon-display", host, "--scroll", "-q"))
    reader = "{ trap '' INT; cat; echo all of it; }"
    with Terminal(["bash", "-c", f"{view} | {reader}"], (100, 24), cwd=tmp_path) as terminal:
        terminal.until("192.0.2.1")
        terminal.press(CTRL_C)
        terminal.until("all of it")
        assert "Save" not in terminal.text
    assert list(tmp_path.iterdir()) == []


def test_events_are_coloured_on_a_terminal_and_not_with_no_color(
    host: Path, tmp_path: Path
) -> None:
    with scroll(host, tmp_path) as terminal:
        assert b"\x1b[34mACTIVE" in terminal.raw
    with scroll(host, tmp_path, "--no-color") as terminal:
        assert b"\x1b[" not in terminal.raw
