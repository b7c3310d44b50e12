"""What is pasted, in whatever pieces it comes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_display.questions import Questions
from connmon_display.refresh.controls import Controls, edit, paste
from connmon_display.refresh.pasting import Paste, Pasted

END = "\x1b[201~"


@given(st.text(max_size=40).filter(lambda text: "\x1b" not in text), st.text(max_size=9), st.data())
def test_a_text_ends_at_its_bracket_wherever_it_is_cut(
    text: str, behind: str, data: st.DataObject
) -> None:
    whole, pasted, left = Paste(), None, ""
    rest = whole.begin(f"200~{text}{END}{behind}")
    assert rest is not None
    while pasted is None:
        assert whole.open
        at = data.draw(st.integers(1, max(1, len(rest))))
        piece, rest = rest[:at], rest[at:]
        pasted, left = whole.take(piece)
    assert pasted == Pasted(text)
    assert left + rest == behind
    assert not whole.open


def test_of_a_long_text_the_beginning_is_kept() -> None:
    whole = Paste()
    whole.begin("200~")
    for _ in range(1_000):
        assert whole.take("x" * 999 + "\x1b[20") == (None, "")
    pasted, _ = whole.take(END)
    assert pasted is not None
    assert len(pasted.text) < 1_000


def test_a_text_without_an_end_can_be_ended() -> None:
    whole = Paste()
    assert whole.take(whole.begin("200~10.0.0.1") or "") == (None, "")
    assert whole.end() == Pasted("10.0.0.1")
    assert not whole.open


@pytest.mark.parametrize("tail", ["", "2", "201~", "<0;1;1M", "200", "1200~"])
def test_other_sequences_begin_none(tail: str) -> None:
    assert Paste().begin(tail) is None


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
