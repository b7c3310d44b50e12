"""The questions at the end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_display.questions import Questions, Step, percent_of


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

    def test_quitting_asks_no_more(self) -> None:
        done = answers("q")
        assert (done.step, done.save, done.percent) == (Step.DONE, False, None)

    def test_quitting_at_the_second_question_keeps_the_first_answer(self) -> None:
        done = answers("y", "5", "q")
        assert (done.step, done.save, done.percent) == (Step.DONE, True, None)

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
