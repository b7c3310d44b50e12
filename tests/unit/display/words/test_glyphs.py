"""The characters that a terminal can show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_display.words.glyphs import (
    ASCII,
    LINUX_CONSOLE,
    UNICODE,
    Glyphs,
    glyphs_for,
    in_ascii,
    is_utf8,
)
from connmon_display.words.theme import styles_of
from connmon_shared.timelines.timeline import Mark


def test_shape_and_style_of_every_mark_differ() -> None:
    assert len(set(styles_of(bytes(Mark)))) == len(Mark)
    for glyphs in (UNICODE, LINUX_CONSOLE, ASCII):
        assert len(set(glyphs.draw(bytes(Mark)))) == len(Mark)


@pytest.mark.parametrize(
    ("encoding", "term", "ascii_only", "expected"),
    [
        ("utf-8", "xterm-256color", False, UNICODE),
        ("UTF-8", "", False, UNICODE),
        ("utf8", "screen", False, UNICODE),
        ("utf-8", "linux", False, LINUX_CONSOLE),
        ("utf-8", "linux-16color", False, LINUX_CONSOLE),
        ("utf-8", "xterm", True, ASCII),
        ("iso-8859-1", "xterm", False, ASCII),
        ("ANSI_X3.4-1968", "xterm", False, ASCII),
        ("ascii", "linux", False, ASCII),
        ("", "xterm", False, ASCII),
    ],
)
def test_which_characters_are_safe(
    encoding: str,
    term: str,
    ascii_only: bool,  # noqa: FBT001 - a table
    expected: Glyphs,
) -> None:
    assert glyphs_for(encoding, term, ascii_only=ascii_only) is expected


def test_the_names_of_utf8() -> None:
    assert is_utf8("UTF-8")
    assert is_utf8("utf8")
    assert not is_utf8("utf-16")


@given(st.text())
def test_ascii_has_as_many_characters(text: str) -> None:
    assert len(in_ascii(text)) == len(text)
    assert in_ascii(text).isascii()


def test_at_least_is_no_question_in_ascii() -> None:
    assert in_ascii("CLOSE_WAIT ≥5m ×3 opened ≥3×") == "CLOSE_WAIT >5m x3 opened >3x"
