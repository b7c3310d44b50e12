"""A terminal is drawn on as fast as it takes that, and waited for only while it has not."""

import contextlib
import socket
from collections.abc import Iterator
from typing import cast

import pytest

from connmon_display.options import Options
from connmon_display.refresh.terminal.canvas import Canvas
from connmon_display.refresh.terminal.terminal import Terminal
from connmon_shared.stage.loop import Loop

_LONG = "x" * 1_000_000  # more than is taken at once


class Window:
    """A terminal that takes what is read at its other end."""

    size, colors, wide = (80, 24), 256, False

    def __init__(self) -> None:
        self.ours, self.theirs = socket.socketpair()
        for end in (self.ours, self.theirs):
            end.settimeout(0)
        self.descriptor = self.ours.fileno()
        self.taking = _LONG
        self.times_entered = 0

    def enter(self) -> str:
        return self.taking

    def entered(self) -> None:
        self.times_entered += 1
        self.wide = True

    def close(self) -> None:
        self.ours.close()
        self.theirs.close()

    def read(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self.theirs.recv(65_536):
                pass


@pytest.fixture
def loop() -> Iterator[Loop]:
    with contextlib.closing(Loop()) as loop:
        yield loop


@pytest.fixture
def window() -> Iterator[Window]:
    with contextlib.closing(Window()) as window:
        yield window


@pytest.fixture
def canvas(window: Window, loop: Loop) -> Canvas:
    return Canvas(cast("Terminal", window), loop, Options(unit=10, width=80))


def test_the_loop_is_woken_while_something_is_pending_and_not_after_it(
    canvas: Canvas, window: Window, loop: Loop
) -> None:
    canvas.take()
    assert window.descriptor not in loop.wait(0), "it takes nothing"
    turns = 0
    while canvas.busy:
        window.read()
        assert window.descriptor in loop.wait(10)
        canvas.flush()
        turns += 1
    assert turns, "all was taken at once"
    window.read()
    assert loop.wait(0) == {}


def test_the_answer_of_a_terminal_is_waited_for_once_it_has_taken_the_question(
    canvas: Canvas, window: Window
) -> None:
    canvas.take()
    glyphs = canvas.glyphs
    assert window.times_entered == 0
    while canvas.busy:
        window.read()
        canvas.flush()
    canvas.flush()
    assert window.times_entered == 1
    assert canvas.glyphs is not glyphs, "it draws what is ambiguous over two cells"


def test_taken_again_it_drops_what_was_pending(canvas: Canvas, window: Window) -> None:
    canvas.take()
    window.read()
    window.taking = "anew"
    canvas.take()
    assert not canvas.busy
    assert window.theirs.recv(100) == b"anew"
