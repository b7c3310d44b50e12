"""Silence of the other end is told, and no time counts in which we did not look."""

from connmon_display.following.silence import AWAY_SECONDS, SILENT_SECONDS, Silence


def long_after(silence: Silence, *looks: float) -> bool:
    """Return whether the silence is long after `looks`, at which nothing had come."""
    for look in looks:
        silence.look(look)
    return silence.long


def test_who_says_nothing_is_silent_until_something_comes() -> None:
    silence = Silence(100)
    assert not long_after(silence, 101, 102, 103, 104, 105, 106)
    assert long_after(silence, 107)
    silence.end(107.5)
    assert not long_after(silence)


def test_time_in_which_nobody_looked_is_no_silence() -> None:
    silence = Silence(100)
    assert not long_after(silence, 104, 112)
    assert not long_after(silence, 113, 114, 115, 116, 117, 118)
    assert long_after(silence, 119)  # it had its time to say something


def test_a_late_look_is_no_absence() -> None:
    assert AWAY_SECONDS < SILENT_SECONDS
    assert long_after(Silence(0), AWAY_SECONDS, 2 * AWAY_SECONDS, 3 * AWAY_SECONDS)
