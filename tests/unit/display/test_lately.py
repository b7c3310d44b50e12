"""Columns are as wide as what was in sight lately needs, and do not jump."""

from connmon_display.refresh.lately import KEPT_SECONDS, Lately

LEAK, TRYING, NOTHING = (15, 12, 10), (11, 8, 8), ()


def test_room_is_kept_for_a_while_after_it_was_needed() -> None:
    lately = Lately()
    assert lately.room(NOTHING, 100.0) == NOTHING
    assert lately.room(TRYING, 101.0) == TRYING
    assert lately.room(NOTHING, 102.0) == TRYING
    assert lately.room(TRYING, 110.0) == TRYING
    assert lately.room(NOTHING, 110.0 + KEPT_SECONDS - 1) == TRYING
    assert lately.room(NOTHING, 110.0 + KEPT_SECONDS) == NOTHING


def test_more_is_given_at_once_and_less_later() -> None:
    lately = Lately()
    lately.room(TRYING, 100.0)
    assert lately.room(LEAK, 101.0) == LEAK
    assert lately.room(TRYING, 102.0) == LEAK
    assert lately.room(TRYING, 101.0 + KEPT_SECONDS) == TRYING


def test_a_picture_that_stands_still_forgets_nothing_and_one_that_goes_back_all() -> None:
    lately = Lately()
    lately.room(LEAK, 100.0)
    assert {lately.room(TRYING, 101.0) for _ in range(100)} == {LEAK}
    assert lately.room(NOTHING, 50.0) == NOTHING
