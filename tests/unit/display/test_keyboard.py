"""What a terminal sends comes out as keys, in whatever pieces it arrives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_display.refresh.keyboard import Keyboard
from connmon_display.refresh.mouse import Pointed


def keys(*pieces: bytes, encoding: str = "utf-8") -> list[str | Pointed]:
    keyboard = Keyboard(encoding)
    return [key for piece in pieces for key in keyboard.feed(piece)] + keyboard.give_up()


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"q/", ["q", "/"]),
        ("é▲".encode(), ["é", "▲"]),
        (b"\r\n\t\x7f\b", ["KEY_ENTER", "KEY_ENTER", "KEY_TAB", "KEY_BACKSPACE", "KEY_BACKSPACE"]),
        (b"\x03\x1a\x0c", ["KEY_CTRL_C", "KEY_CTRL_Z", "KEY_CTRL_L"]),
        (b"\x1b[A\x1b[B\x1b[C\x1b[D", ["KEY_UP", "KEY_DOWN", "KEY_RIGHT", "KEY_LEFT"]),
        (b"\x1bOA\x1bOB", ["KEY_UP", "KEY_DOWN"]),
        (b"\x1b[1;5A", ["KEY_UP"]),
        (b"\x1b[H\x1b[F\x1b[1~\x1b[4~", ["KEY_HOME", "KEY_END", "KEY_HOME", "KEY_END"]),
        (b"\x1b[5~\x1b[6~\x1b[3~", ["KEY_PGUP", "KEY_PGDOWN", "KEY_DELETE"]),
        (b"\x1b[5;2~", ["KEY_PGUP"]),
        (b"\x1b[Z", ["KEY_BTAB"]),
        (b"\x1bx\x1bQ", ["KEY_ALT_X", "KEY_ALT_Q"]),
        (b"\x1b\x1b[A", ["KEY_ESCAPE", "KEY_UP"]),
        (b"\x1b", ["KEY_ESCAPE"]),
        (b"\x1b[<0;10;5M", [Pointed(0, 4)]),
        (b"\x1b[<0;10;5m", []),
    ],
)
def test_keys(sent: bytes, expected: list[str | Pointed]) -> None:
    assert keys(sent) == expected
    assert keys(*(bytes((byte,)) for byte in sent)) == expected


@pytest.mark.parametrize(
    "sent",
    [
        b"\x1b[99;99q",  # unknown; its last byte alone would quit
        b"\x1bOR\x1b[13~\x1b[[C",  # F3, by three kinds of terminal
        b"\x1b[1;2R",  # a cursor report, or F3 with a modifier
        b"\x1b[?62;4c",  # what terminal are you
        b"\x1b]11;rgb:0000/0000/0000\x07",
        b"\x1bP>|XTerm(379)\x1b\\",
        b"\x1b[200~",
    ],
)
def test_what_is_no_key_fires_none_and_what_is_behind_it_counts(sent: bytes) -> None:
    assert keys(sent + b"j") == ["j"]
    assert keys(*(bytes((byte,)) for byte in sent), b"j") == ["j"]


@pytest.mark.parametrize("begun", [b"\x1b[", b"\x1b[1;", b"\x1bO", b"\x1b]11;rgb", b"\x1bP>|q"])
def test_a_sequence_that_never_ends_is_no_key(begun: bytes) -> None:
    keyboard = Keyboard("utf-8")
    assert keyboard.feed(begun) == []
    assert (keyboard.waiting, keyboard.give_up(), keyboard.waiting) == (True, [], False)
    assert keyboard.feed(b"j") == ["j"]


def test_the_cursor_report_is_kept() -> None:
    assert Keyboard("utf-8").cursor is None
    keyboard = Keyboard("utf-8")
    assert keyboard.feed(b"a\x1b[2;3Rb") == ["a", "b"]
    assert keyboard.cursor == (2, 3)


def test_another_encoding() -> None:
    assert keys(b"\xe9", encoding="latin-1") == ["é"]


@given(st.lists(st.binary(max_size=12), max_size=8))
def test_whatever_comes_yields_keys(pieces: list[bytes]) -> None:
    whole = keys(b"".join(pieces))
    assert keys(*pieces) == whole
    assert all(isinstance(key, Pointed) or key.isprintable() or len(key) == 1 for key in whole)
