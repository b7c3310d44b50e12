"""The time of a replay, by a clock that a hand moves."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_display.recording.playhead import AS_FAST_AS_POSSIBLE, Playhead

START = 1_700_000_000.0


class Hand:
    def __init__(self) -> None:
        self.now = 5.0

    def __call__(self) -> float:
        return self.now


@given(st.floats(0.1, 1_000), st.lists(st.floats(0, 100), max_size=5))
def test_time_goes_on_at_its_speed(speed: float, steps: list[float]) -> None:
    hand = Hand()
    playhead = Playhead(START, speed, hand)
    for step in steps:
        hand.now += step
    assert playhead.position == pytest.approx(START + sum(steps) * speed)
    assert playhead.left(playhead.position + 3 * speed) == pytest.approx(3, abs=1e-3)
    assert playhead.left(START - 1) == 0


def test_a_pause_costs_no_time() -> None:
    hand = Hand()
    playhead = Playhead(START, 10, hand)
    hand.now += 1
    playhead.pause()
    hand.now += 100
    assert playhead.paused
    assert playhead.position == START + 10
    assert playhead.left(START + 20) == math.inf
    playhead.pause()
    hand.now += 1
    assert playhead.position == START + 20


def test_a_jump_keeps_what_it_was_doing() -> None:
    hand = Hand()
    playhead = Playhead(START, 2, hand)
    playhead.go_to(START - 100)
    hand.now += 1
    assert playhead.position == START - 98
    playhead.pause()
    playhead.go_to(START)
    hand.now += 1
    assert playhead.position == START


def test_as_fast_as_possible_moves_only_when_told() -> None:
    hand = Hand()
    playhead = Playhead(START, AS_FAST_AS_POSSIBLE, hand)
    hand.now += 1
    assert playhead.position == START
    assert playhead.left(START + 100) == 0
