"""The guard of a terminal, without a view."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("has no terminal like these", allow_module_level=True)

import pty
import termios

from connmon_display.refresh.terminal import guard
from connmon_display.refresh.terminal.guard import Guard, settings


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    master, slave = pty.openpty()
    limit = os.fpathconf(slave, "PC_VDISABLE")
    monkeypatch.setattr(os, "fpathconf", lambda *_: limit)  # that of standard input
    yield slave
    os.close(slave)
    os.close(master)


def test_what_a_view_changes_is_told_as_stty_takes_it(terminal: int) -> None:
    modes = termios.tcgetattr(terminal)
    assert settings(modes) == ["ixon", "echo", "icanon", "intr", "^C", "susp", "^Z"]
    modes[0] &= ~termios.IXON
    modes[3] &= ~termios.ECHO
    modes[6][termios.VINTR], modes[6][termios.VSUSP] = b"\x7f", b"\0"
    assert settings(modes) == ["-ixon", "-echo", "icanon", "intr", "^?", "susp", "^-"]


def test_a_key_that_stty_could_not_be_told_keeps_nothing_else_back(terminal: int) -> None:
    modes = termios.tcgetattr(terminal)
    modes[6][termios.VINTR] = b"\xff" if os.fpathconf(terminal, "PC_VDISABLE") != 0xFF else b"\xfe"
    assert settings(modes) == ["ixon", "echo", "icanon", "susp", "^Z"]


def test_without_a_shell_there_is_none(terminal: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_SHELL", "/nowhere/sh")
    before = len(list(Path("/dev/fd").iterdir()))
    alone = Guard(terminal)
    alone.begin("", termios.tcgetattr(terminal))
    alone.end()
    assert len(list(Path("/dev/fd").iterdir())) == before


def test_one_that_somebody_has_ended(terminal: int) -> None:
    watched = Guard(terminal)
    watched.begin("", termios.tcgetattr(terminal))
    os.kill(watched._pid, 9)  # noqa: SLF001 - as somebody would who looks at all processes
    watched.end()
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
