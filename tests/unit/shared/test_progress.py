import io
import os
import pty
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import pyte
import pytest

from connmon_shared.stage.progress import Progress


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


class Person:
    """Who sits at a terminal, and what stands there."""

    def __init__(self, columns: int, master: int, stream: TextIO) -> None:
        self._screen = pyte.Screen(columns, 3)
        self._feed = pyte.ByteStream(self._screen)
        self._master = master
        self.stream = stream

    def read(self) -> bytes:
        """Return what came, and let it be seen."""
        data = b""
        while chunk := self._chunk():
            data += chunk
        self._feed.feed(data)
        return data

    @property
    def lines(self) -> list[str]:
        self.read()
        return [line.rstrip() for line in self._screen.display]

    def _chunk(self) -> bytes:
        try:
            return os.read(self._master, 4_096)
        except BlockingIOError:
            return b""


@contextmanager
def person(columns: int = 60) -> Iterator[Person]:
    master, slave = pty.openpty()
    os.set_blocking(master, False)
    termios.tcsetwinsize(slave, (3, columns))
    with open(slave, "w", encoding="utf-8") as stream:  # noqa: PTH123 - a descriptor has no path
        yield Person(columns, master, stream)
    os.close(master)


def test_tells_the_share_and_of_how_much() -> None:
    with person() as at, Progress("list.csv", "{:.0f} kB".format, stream=at.stream) as progress:
        progress(34, 100)
        assert at.lines == ["list.csv  34% of 100 kB", "", ""]


def test_draws_a_shorter_line_over_a_longer_one_and_leaves_nothing_at_the_end() -> None:
    clock = Clock()
    with person() as at:
        with Progress("w", stream=at.stream, now=clock) as progress:
            clock.time += 5
            progress(50, 100)
            assert at.lines[0] == "w  50%  5 s left"
            progress(100, 100)
            assert at.lines[0] == "w  100%"
        assert at.lines == ["", "", ""]
        at.stream.write("done\n")
        at.stream.flush()
        assert at.lines[0] == "done"


def test_an_amount_without_an_end_has_no_share() -> None:
    with person() as at, Progress("rows", "{:.0f}".format, stream=at.stream) as progress:
        progress(7)
        assert at.lines[0] == "rows  7"


def test_says_how_long_it_will_take_only_when_that_can_be_guessed() -> None:
    clock = Clock()
    with person() as at, Progress("w", stream=at.stream, now=clock) as progress:
        clock.time += 1.9
        progress(1, 4)
        assert at.lines[0] == "w  25%"
        clock.time += 1.1
        progress(1, 4)
        assert at.lines[0] == "w  25%  9 s left"


def test_a_thousand_steps_are_drawn_ten_times_a_second() -> None:
    clock = Clock()
    with person() as at, Progress("w", stream=at.stream, now=clock) as progress:
        for step in range(1_000):
            clock.time += 0.001
            progress(step, 10_000)
        assert at.read().count(b"\r") in {10, 11}


def test_a_line_never_wraps() -> None:
    with person(20) as at, Progress("a very long name of a file", stream=at.stream) as progress:
        progress(1, 2)
        assert at.lines == ["a very long name of", "", ""]


def test_what_is_no_terminal_gets_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    with Progress("w", stream=stream) as progress, Progress("w") as to_standard_error:
        progress(1, 2)
        to_standard_error(1, 2)
    assert stream.getvalue() == capsys.readouterr().err == ""


def test_a_terminal_that_is_gone_does_not_stop_the_work() -> None:
    master, slave = pty.openpty()
    with open(slave, "wb", buffering=0) as raw:  # noqa: PTH123 - a descriptor has no path
        stream = io.TextIOWrapper(raw, write_through=True)
        with Progress("w", stream=stream) as progress:
            progress(1, 3)
            os.close(master)
            progress(3, 3)
        with pytest.raises(OSError, match="Input/output error"):
            stream.write("it is gone indeed")
