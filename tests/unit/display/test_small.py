"""Colour, characters, durations and the questions at the end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_display.questions import Questions, Step, percent_of
from connmon_display.words.color import wanted
from connmon_display.words.duration import short
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

XTERM = {"TERM": "xterm"}


@pytest.mark.parametrize(
    ("choice", "environ", "is_terminal", "expected"),
    [
        ("never", {"FORCE_COLOR": "1"} | XTERM, True, False),
        ("always", {"NO_COLOR": "1", "TERM": "dumb"}, False, True),
        ("auto", XTERM, True, True),
        ("auto", XTERM, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {}, True, False),
        ("auto", {"NO_COLOR": "1"} | XTERM, True, False),
        ("auto", {"NO_COLOR": ""} | XTERM, True, True),
        ("auto", {"NO_COLOR": "0"} | XTERM, True, False),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"} | XTERM, True, False),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"} | XTERM, False, False),
        ("auto", {"FORCE_COLOR": "0"} | XTERM, True, True),
        ("auto", {"CLICOLOR_FORCE": "1"}, False, True),
        ("auto", {"CLICOLOR_FORCE": "0"}, False, False),
        ("auto", {"FORCE_COLOR": ""}, False, False),
    ],
)
def test_who_decides_on_colour(
    choice: str,
    environ: dict[str, str],
    is_terminal: bool,  # noqa: FBT001 - a table
    expected: bool,  # noqa: FBT001 - likewise
) -> None:
    assert wanted(choice, environ, is_terminal=is_terminal) is expected


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


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.1, "0.1s"),
        (0.5, "0.5s"),
        (0, "0s"),
        (1, "1s"),
        (1.5, "1.5s"),
        (12, "12s"),
        (59.9, "59.9s"),
        (60, "1m"),
        (65, "1m05s"),
        (900, "15m"),
        (3_600, "1h"),
        (5_400, "1h30m"),
        (3_601, "1h"),
        (86_400, "1d"),
        (3 * 86_400 + 4 * 3_600, "3d04h"),
        (400 * 86_400, "400d"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert short(seconds) == text


def answers(*keys: str, ask_percent: bool = True) -> Questions:
    questions = Questions(ask_percent=ask_percent)
    for key in keys:
        questions = questions.key(key)
    return questions


class TestQuestions:
    """The conversation before the end."""

    def test_yes_then_a_percentage(self) -> None:
        done = answers("y", "5", "0", "KEY_ENTER")
        assert (done.step, done.save, done.percent) == (Step.DONE, True, 50.0)

    def test_no_then_enter(self) -> None:
        done = answers("n", "KEY_ENTER")
        assert (done.step, done.save, done.percent) == (Step.DONE, False, None)

    @pytest.mark.parametrize("key", ["Y", "y"])
    def test_capitals_count(self, key: str) -> None:
        assert answers(key).save

    def test_no_to_the_second_question(self) -> None:
        done = answers("y", "n")
        assert (done.step, done.save, done.percent) == (Step.DONE, True, None)

    @pytest.mark.parametrize(
        "keys", [("KEY_ESCAPE",), ("y", "KEY_ESCAPE"), ("n", "5", "KEY_ESCAPE")]
    )
    def test_escape_keeps_running_at_any_point(self, keys: tuple[str, ...]) -> None:
        assert answers(*keys).step is Step.KEEP_RUNNING

    def test_a_known_percentage_is_not_asked_for(self) -> None:
        assert answers("y", ask_percent=False).step is Step.DONE

    @pytest.mark.parametrize("key", ["x", "KEY_ENTER", " ", "KEY_UP", "5"])
    def test_other_keys_leave_the_first_question(self, key: str) -> None:
        assert answers(key) == Questions()

    def test_typing_takes_only_numbers_up_to_100(self) -> None:
        assert answers("n", "1", "0", "1").typed == "10"
        assert answers("n", "7", "x", ".", "5").typed == "7.5"
        assert answers("n", "7", "5", "KEY_BACKSPACE").typed == "7"
        assert answers("n", "7", "KEY_UP").typed == "7"

    def test_the_text_shows_what_is_typed(self) -> None:
        assert answers().text.startswith("Save timeline before quitting?")
        assert answers("y", "4").text.endswith(" 4_")

    @given(st.lists(st.sampled_from([*"yn0159.%x ", "KEY_ENTER", "KEY_BACKSPACE", "KEY_UP"])))
    def test_any_keys_end_in_a_valid_percentage_or_none(self, keys: list[str]) -> None:
        percent = answers(*keys).percent
        assert percent is None or 0 <= percent <= 100


@pytest.mark.parametrize(
    ("typed", "percent"),
    [("50", 50.0), ("50%", 50.0), (" 7.5 ", 7.5), ("0", 0.0), ("100", 100.0)]
    + [(bad, None) for bad in ("", "x", "101", "-1", "nan", "inf", "%", "5%%")],
)
def test_percentages(typed: str, percent: float | None) -> None:
    assert percent_of(typed) == percent
