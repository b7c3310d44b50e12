"""How many frames there are for keys, for news and for the clock, and how soon they come."""

import random
from collections.abc import Iterable
from itertools import chain

import pytest

from connmon_display.refresh.frames import FRAMES, NEWS_MARGIN, Frames

MIDNIGHT = 1_790_000_000.0  # by the clock on the screen, when the other one stands at 0
LOOK = 0.001  # seconds between two looks at whether a frame is due


def frames(
    seconds: float, keys: Iterable[float] = (), news: Iterable[float] = (), unit: float = 1.0
) -> list[float]:
    """Return when frames are drawn, if keys and news come at these times."""
    pacing, drawn = Frames(), []
    keyed, told = (sorted(round(at / LOOK) for at in times) for times in (keys, news))
    for look in range(round(seconds / LOOK)):
        now = look * LOOK
        if look in keyed:
            pacing.hasten()
        if look in told:
            pacing.news(now, MIDNIGHT + now)
        if now >= pacing.due:
            drawn.append(now)
            pacing.drawn(now, MIDNIGHT + now, unit)
    return drawn


def every(seconds: float, since: float, until: float) -> list[float]:
    return [since + number * seconds for number in range(int((until - since) / seconds))]


def most_in_a_second(drawn: list[float]) -> int:
    return max(sum(first <= at < first + 1 - LOOK for at in drawn) for first in drawn)


def after(moment: float, drawn: list[float]) -> float:
    """Return how long after a moment the next frame is."""
    return min(at for at in drawn if at >= moment - LOOK / 2) - moment


def test_without_news_and_keys_the_clock_alone_is_drawn() -> None:
    drawn = frames(10.0)
    assert len(drawn) == 10
    assert all(second < at < second + 0.01 for second, at in enumerate(drawn[1:], start=1))


def test_a_time_line_of_short_units_moves_on_with_them() -> None:
    assert len(frames(10.0, unit=0.5)) == 20
    assert most_in_a_second(frames(10.0, unit=0.1)) <= FRAMES


@pytest.mark.parametrize("phase", [0.1, 0.3, 0.7, 0.95])
def test_news_and_the_clock_of_a_second_make_one_frame(phase: float) -> None:
    coming = [second + phase for second in range(10)]
    assert len(frames(10.0, news=coming)) <= 12, "with those of the first second"
    late = [at + NEWS_MARGIN / 2 * (number % 2) for number, at in enumerate(coming)]
    assert len(frames(10.0, news=late)) <= 12, "also if it is now earlier, now later"


@pytest.mark.parametrize("phase", [0.003, 0.02, 0.4])
def test_the_frame_that_the_clock_and_news_wait_for_comes_with_them(phase: float) -> None:
    coming = every(1.0, phase, 10.0)
    assert frames(9.0, news=coming)[-7:] == pytest.approx(coming[-7:])


def test_it_waits_for_all_hosts_of_which_there_is_news_each_second() -> None:
    hosts = [every(1.0, phase, 10.0) for phase in (0.002, 0.003, 0.4)]
    drawn = frames(9.0, news=chain.from_iterable(hosts))
    assert drawn[-7:] == pytest.approx(hosts[-1][-7:])


def test_the_clock_waits_only_for_news_that_may_come() -> None:
    drawn = frames(10.0, news=[1.3, 2.3, 3.3])
    assert max(after(second, drawn) for second in range(5, 10)) < 0.01, "none has come since"


def test_news_that_nobody_expects_is_drawn_soon() -> None:
    assert after(5.1, frames(10.0, news=[5.1])) < 0.1
    assert after(5.7, frames(10.0, news=[5.7])) < 0.5


@pytest.mark.parametrize("behind", [LOOK, 0.005, 0.03, 0.09, 0.5, 0.9])
def test_a_single_key_is_drawn_at_once_however_close_behind_another_frame(behind: float) -> None:
    news = every(1.0, 0.3, 10.0)
    pressed = frames(10.0, news=news)[5] + behind
    assert after(pressed, frames(10.0, [pressed], news)) <= 2 * LOOK


def test_keys_do_not_wait_for_the_clock_and_news_between_them() -> None:
    """Two keys, one close behind the other, four times a second."""
    keys = [second + at for second in range(2, 9) for at in (0.2, 0.21, 0.45, 0.46, 0.7, 0.71)]
    for phase in (0.0, 0.15, 0.4, 0.65):
        drawn = frames(10.0, keys, news=every(1.0, phase, 10.0))
        assert max(after(key, drawn) for key in keys) <= 2 * LOOK
        assert most_in_a_second(drawn) <= FRAMES


def test_however_many_keys_there_are_no_second_has_more_than_ten_frames() -> None:
    """As a key that is held, a wheel, or text that is pasted."""
    held = frames(5.0, keys=every(0.027, 1.0, 4.0), news=every(0.1, 0.05, 5.0))
    assert most_in_a_second(held) == FRAMES
    assert max(after(key, held) for key in every(0.027, 1.0, 3.9)) <= 0.2
    assert most_in_a_second(frames(5.0, keys=every(LOOK, 1.0, 4.0), unit=0.1)) == FRAMES


def test_no_keys_at_any_times_make_more_frames_than_that() -> None:
    chance = random.Random(7)  # noqa: S311 - not a secret
    for _ in range(20):
        keys = [chance.uniform(0, 5) for _ in range(chance.randrange(60))]
        news = [chance.uniform(0, 5) for _ in range(chance.randrange(60))]
        assert most_in_a_second(frames(5.0, keys, news)) <= FRAMES


def test_a_terminal_that_takes_nothing_is_asked_again_soon() -> None:
    pacing = Frames()
    pacing.hasten()
    pacing.put_off(7.0)
    assert 7.0 < pacing.due <= 7.0 + 1 / FRAMES


def test_progress_waits_for_the_next_frame_that_may_come() -> None:
    pacing = Frames()
    pacing.drawn(5.0, MIDNIGHT, 1.0)
    pacing.follow()
    assert pacing.due == pytest.approx(5.1)
