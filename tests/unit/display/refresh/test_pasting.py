"""What is pasted, in whatever pieces it comes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_display.questions import Questions
from connmon_display.refresh.input.controls import Controls
from connmon_display.refresh.input.editing import edit, paste
from connmon_display.refresh.input.pasting import END, Paste, Pasted


@given(st.text(max_size=40).filter(lambda text: "\x1b" not in text), st.text(max_size=9), st.data())
def test_a_text_ends_at_its_bracket_wherever_it_is_cut(
    text: str, behind: str, data: st.DataObject
) -> None:
    paste, rest, held, ended = Paste(), text + END + behind, "", False
    while not ended:
        at = data.draw(st.integers(1, len(rest)))
        piece, rest = rest[:at], rest[at:]
        ended, held = paste.take(held + piece)
    assert paste.all() == ([Pasted(text)] if text else [])
    assert held + rest == behind


def test_of_a_long_text_the_beginning_is_kept() -> None:
    paste = Paste()
    for _ in range(1_000):
        assert paste.take("x" * 999) == (False, "")
    assert paste.take(END) == (True, "")
    (pasted,) = paste.all()
    assert len(pasted.text) == 16_384


def test_what_has_come_is_told_and_what_comes_then_is_the_rest() -> None:
    paste = Paste()
    assert paste.so_far() == []
    assert paste.take("10.0.0.1\n") == (False, "")
    assert paste.so_far() == [Pasted("10.0.0.1")]
    assert paste.so_far() == []
    assert paste.take("10.0.0.2" + END) == (True, "")
    assert [pasted.line for pasted in paste.all()] == [" 10.0.0.2"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("10.77.0.3\nq\n", "10.77.0.3 q"),
        ("a\r\nb\rc\td", "a b c d"),
        ("\x03\x1bq\x07 \u202eé", "q é"),
        ("\n\n", " "),
    ],
)
def test_a_line_is_made_of_it(text: str, line: str) -> None:
    assert Pasted(text).line == line


def test_a_filter_takes_it_as_text_even_if_it_is_called_like_a_key() -> None:
    controls = edit(Controls(10, editing=True), "x")
    assert paste(controls, "KEY_ENTER q") == Controls(10, editing=True, typed="xKEY_ENTER q")


def test_of_the_questions_only_the_one_for_a_number_takes_it() -> None:
    asked = Questions()
    assert asked.paste("y") == asked
    number = asked.key("y").paste("50")
    assert number.typed == "50"
    assert number.paste("KEY_ENTER") == number


@pytest.mark.parametrize("before", ["", "proc:ssh "])
def test_a_list_of_addresses_is_cut_between_two_and_that_is_told(before: str) -> None:
    many = " ".join(f"192.0.2.{number % 200}" for number in range(1_000))
    filled = paste(Controls(10, editing=True, typed=before), many)
    assert 1_900 < len(filled.typed) <= 2_000
    assert f"{before}{many} ".startswith(f"{filled.typed} ")
    assert "2,000 characters" in filled.cut
    assert not edit(filled, "KEY_BACKSPACE").cut
    assert not paste(edit(filled, "KEY_CTRL_U"), "192.0.2.1").cut


def test_a_word_that_does_not_fit_is_left_out() -> None:
    filled = paste(Controls(10, editing=True, typed="proc:ssh cu"), "x" * 5_000)
    assert filled.typed == "proc:ssh cu"
    assert filled.cut
