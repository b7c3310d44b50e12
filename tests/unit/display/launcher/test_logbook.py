"""The one log: what stages write into their pipes, line by line, in a file that stays small."""

import errno
import os
import re
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from connmon_display.launcher.logbook import Logbook, Voice
from connmon_display.start_error import StartError

STAMPED = "2026-11-23T14:30:15.123+00:00 collector[17] INFO hello"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "connmon.log"


@pytest.fixture
def voice(path: Path) -> Iterator[Voice]:
    made = Voice("collector", Logbook(path))
    made.pid = 17
    yield made
    os.close(made.end)
    os.close(made.fileno())


def logged(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def said(path: Path) -> list[str]:
    """Return the lines without their times."""
    return [line.partition(" ")[2] for line in logged(path)]


def test_a_line_of_a_log_is_put_in_as_it_is(voice: Voice, path: Path) -> None:
    os.write(voice.end, f"{STAMPED}\n".encode())
    voice.take_in()
    assert logged(path) == [STAMPED]
    assert voice.last_words == ""


def test_anything_else_gets_time_stage_and_level(voice: Voice, path: Path) -> None:
    os.write(voice.end, b"Traceback (most recent call last):\n  File x\n\nOSError: no\n")
    voice.take_in()
    assert said(path) == [
        "collector[17] ERROR Traceback (most recent call last):",
        "collector[17] ERROR   File x",
        "collector[17] ERROR OSError: no",
    ]
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d ", logged(path)[0])
    assert voice.last_words == "OSError: no"


def test_a_line_that_comes_in_pieces_is_one_line(voice: Voice, path: Path) -> None:
    for piece in (STAMPED[:20], STAMPED[20:], "\n"):
        os.write(voice.end, piece.encode())
        voice.take_in()
    assert logged(path) == [STAMPED]


def test_a_line_without_an_end_is_taken_at_the_end(voice: Voice, path: Path) -> None:
    os.write(voice.end, b"Aborted")
    voice.finish()
    assert said(path) == ["collector[17] ERROR Aborted"]
    voice.finish()
    assert len(logged(path)) == 1


@pytest.mark.parametrize("text", [f"{STAMPED}\x1b[2J", "\x1b]0;title\a\xff", STAMPED + "\u202e"])
def test_what_could_act_on_a_terminal_is_replaced(voice: Voice, path: Path, text: str) -> None:
    os.write(voice.end, text.encode() + b"\n")
    voice.take_in()
    (line,) = logged(path)
    assert line.isprintable()
    assert "?" in line


def test_a_line_without_end_or_measure_is_cut(voice: Voice, path: Path) -> None:
    for _ in range(3):
        os.write(voice.end, b"x" * 50_000)
        voice.take_in()
    assert max(map(len, logged(path))) < 1_000


def test_a_full_pipe_makes_nobody_wait(voice: Voice) -> None:
    with pytest.raises(BlockingIOError):
        list(iter(lambda: os.write(voice.end, b"x" * 4_000), 0))


def test_the_log_goes_on_where_an_earlier_run_ended(path: Path) -> None:
    Logbook(path).write("first")
    Logbook(path).write("second")
    assert logged(path) == ["first", "second"]


def test_a_large_log_is_put_aside_and_the_oldest_one_forgotten(path: Path) -> None:
    book = Logbook(path)
    for number in range(40_000):
        book.write(f"{number:07} {'x' * 92}")
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == ["connmon.log", "connmon.log.1", "connmon.log.2"]
    assert all(file.stat().st_size <= 1_000_200 for file in files)
    numbers = [int(line[:7]) for file in reversed(files) for line in logged(file)]
    assert numbers == list(range(numbers[0], 40_000))


def test_a_full_disk_is_no_reason_to_stop() -> None:
    book = Logbook(Path("/dev/full"))
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        Path("/dev/full").write_bytes(b"x")
    book.write("nobody will read this")


def test_a_log_that_can_no_longer_be_put_aside_goes_on(path: Path) -> None:
    book = Logbook(path)
    path.with_name("connmon.log.1").mkdir()
    path.with_name("connmon.log.2").mkdir()
    path.with_name("connmon.log.2").joinpath("x").touch()
    for _ in range(3):
        book.write("x" * 600_000)
    book.write("nothing is ended by that")
    assert logged(path)[-1] == "nothing is ended by that"
    assert sum(f"cannot put {path} aside" in line for line in logged(path)) == 1


def test_what_was_lost_is_counted(path: Path) -> None:
    book = Logbook(path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        book.write("one")
        book.write("two")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    book.write("three")
    told, last = logged(path)
    assert told.endswith("WARNING 2 lines lost")
    assert last == "three"


def test_a_log_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"missing/log: No such file .* --log-file") as error:
        Logbook(tmp_path / "missing" / "log")
    assert error.value.code == 74
