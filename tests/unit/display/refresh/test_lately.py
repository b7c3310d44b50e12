"""Columns are as wide as what was in sight lately needs, and do not jump."""

from connmon_display.refresh.layout.needs import NOTHING, Needs
from connmon_display.refresh.painting.lately import KEPT_SECONDS, Lately

LEAK, TRYING = Needs(state=15, counted=12, word=10), Needs(state=11, counted=8, word=8)
LONG_NAME = Needs(process=15)
START = 10 * KEPT_SECONDS
ADDRESSES, PROCESSES = "address", "process"


def room(lately: Lately, needed: Needs, moment: float, of: str = ADDRESSES) -> Needs:
    lately.learn(needed, moment, of)
    return lately.needs


def test_room_is_kept_for_a_while_after_it_was_needed() -> None:
    lately = Lately()
    assert room(lately, NOTHING, START) == NOTHING
    assert room(lately, TRYING, START + 1) == TRYING
    assert room(lately, NOTHING, START + 2) == TRYING
    assert room(lately, TRYING, START + 10) == TRYING
    assert room(lately, NOTHING, START + 10 + KEPT_SECONDS - 1) == TRYING
    assert room(lately, NOTHING, START + 10 + 2 * KEPT_SECONDS) == NOTHING


def test_more_is_given_at_once_and_less_later() -> None:
    lately = Lately()
    room(lately, TRYING, START)
    assert room(lately, LEAK, START + 1) == LEAK
    assert room(lately, TRYING, START + 2) == LEAK
    assert room(lately, TRYING, START + KEPT_SECONDS) == LEAK
    assert room(lately, TRYING, START + 2 * KEPT_SECONDS) == TRYING


def test_what_comes_and_goes_all_the_time_keeps_its_room() -> None:
    lately = Lately()
    for second in range(100):
        room(lately, LEAK if second % 20 == 0 else LONG_NAME, START + second)
        assert lately.needs == LEAK._replace(process=15 * (second > 0))


def test_an_age_that_is_short_for_a_minute_moves_nothing() -> None:
    lately = Lately()
    shorter = LEAK._replace(state=12)
    for second in range(1_000):
        room(lately, shorter if 300 <= second < 360 else LEAK, START + second)
        assert lately.needs == LEAK


def test_a_picture_that_stands_still_forgets_nothing_and_one_that_goes_back_all() -> None:
    lately = Lately()
    room(lately, LEAK, START)
    assert {room(lately, TRYING, START + 1) for _ in range(100)} == {LEAK}
    assert room(lately, NOTHING, START - KEPT_SECONDS) == NOTHING


def test_others_need_other_room_and_it_is_told_when_it_changes() -> None:
    lately = Lately()
    assert lately.learn(LEAK, START, ADDRESSES)
    assert not lately.learn(TRYING, START, ADDRESSES)
    assert lately.learn(TRYING, START, PROCESSES)
    assert lately.needs == TRYING
