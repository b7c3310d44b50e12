import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_enricher.names.outcome import Question
from connmon_enricher.names.turns import HELD_SECONDS, SILENCES, Turns
from connmon_shared.messages import Lookup

BUDGET = 8
GAVE_UP = 4.0  # seconds until a look-up times out, in these tests


def address(zone: int, host: int) -> bytes:
    return bytes((1, zone >> 8, zone & 255, host))


def neighbours(zone: int, count: int) -> list[Question]:
    return [Question(address(zone, host)) for host in range(count)]


def put(turns: Turns, *questions: Question) -> None:
    for question in questions:
        assert turns.put(question) is None


def taken(turns: Turns, now: float) -> list[Question]:
    return list(iter(lambda: turns.take(now), None))


def end(turns: Turns, questions: list[Question], state: Lookup, now: float) -> None:
    for question in questions:
        turns.ended(question, state, now)


def test_no_more_than_the_budget_are_under_way() -> None:
    turns = Turns(BUDGET)
    put(turns, *(Question(address(zone, 1)) for zone in range(20)))
    first = taken(turns, 0.0)
    assert len(first) == BUDGET
    end(turns, first[:3], Lookup.RESOLVED, 0.1)
    assert len(taken(turns, 0.1)) == 3
    assert turns.pause(0.1) is None  # only an end makes room


def test_what_got_no_answer_counts_as_long_as_a_forwarder_keeps_it() -> None:
    turns = Turns(BUDGET)
    put(turns, *(Question(address(zone, 1)) for zone in range(20)))
    end(turns, taken(turns, 0.0), Lookup.TIMED_OUT, GAVE_UP)
    assert taken(turns, GAVE_UP) == []
    assert turns.pause(GAVE_UP) == HELD_SECONDS - GAVE_UP
    assert taken(turns, HELD_SECONDS - 0.1) == []
    assert len(taken(turns, HELD_SECONDS)) == BUDGET


def test_a_failure_is_an_answer_to_the_forwarder() -> None:
    turns = Turns(BUDGET)
    put(turns, *(Question(address(zone, 1)) for zone in range(20)))
    end(turns, taken(turns, 0.0), Lookup.FAILED, 0.1)
    assert len(taken(turns, 0.1)) == BUDGET


def test_what_took_longer_than_a_forwarder_keeps_it_is_not_held() -> None:
    turns = Turns(BUDGET)
    put(turns, *(Question(address(zone, 1)) for zone in range(20)))
    end(turns, taken(turns, 0.0), Lookup.TIMED_OUT, 16.0)
    assert len(taken(turns, 16.0)) == BUDGET


@pytest.mark.parametrize("state", [Lookup.RESOLVED, Lookup.NOT_FOUND])
def test_one_of_an_unknown_network_is_asked_for_and_opens_it(state: Lookup) -> None:
    turns = Turns(BUDGET)
    put(turns, *neighbours(1, 4), *neighbours(2, 3))
    assert taken(turns, 0.0) == [neighbours(1, 1)[0], neighbours(2, 1)[0]]
    turns.ended(neighbours(1, 1)[0], state, 0.1)
    assert taken(turns, 0.1) == neighbours(1, 4)[1:]


def test_an_ipv6_network_is_a_48() -> None:
    turns = Turns(BUDGET)
    near, far = bytes(5) + b"\1" + bytes(9) + b"\1", bytes(5) + b"\2" + bytes(10)
    put(turns, Question(bytes(5) + b"\1" + bytes(10)), Question(near), Question(far))
    assert [question.address[5] for question in taken(turns, 0.0)] == [1, 2]


@pytest.mark.parametrize("state", [Lookup.TIMED_OUT, Lookup.FAILED])
def test_neighbours_in_a_silent_network_are_asked_for_one_by_one_after_all_others(
    state: Lookup,
) -> None:
    turns = Turns(BUDGET)
    silent = neighbours(1, 4)
    put(turns, *silent)
    assert taken(turns, 0.0) == silent[:1]
    turns.ended(silent[0], state, GAVE_UP)
    put(turns, Question(address(2, 1)))
    assert taken(turns, GAVE_UP) == [Question(address(2, 1)), silent[1]]
    turns.ended(silent[1], Lookup.RESOLVED, GAVE_UP + 1)
    assert taken(turns, GAVE_UP + 1) == silent[2:]


def test_silent_networks_get_only_their_share() -> None:
    turns = Turns(BUDGET)
    zones = [neighbours(zone, 9) for zone in range(6)]
    for zone in zones:
        put(turns, *zone)
    end(turns, taken(turns, 0.0), Lookup.TIMED_OUT, GAVE_UP)
    assert len(taken(turns, HELD_SECONDS)) == BUDGET // 4
    put(turns, *neighbours(9, 2))
    assert taken(turns, HELD_SECONDS) == neighbours(9, 1)


def test_a_network_that_falls_silent_is_asked_one_by_one_again() -> None:
    turns = Turns(BUDGET)
    zone = neighbours(1, 20)
    put(turns, *zone)
    end(turns, taken(turns, 0.0), Lookup.RESOLVED, 0.0)
    under_way = taken(turns, 0.0)
    assert len(under_way) == BUDGET
    end(turns, under_way[:SILENCES], Lookup.FAILED, 1.0)
    assert taken(turns, 1.0) == [zone[BUDGET + 1]]
    turns.ended(under_way[-1], Lookup.NOT_FOUND, 1.0)  # it answers after all
    assert len(taken(turns, 1.0)) == 2


def test_confirmations_know_no_networks() -> None:
    turns = Turns(BUDGET)
    asked = [Question(address(1, host), "a.example") for host in range(4)]
    put(turns, *asked)
    assert taken(turns, 0.0) == asked
    end(turns, asked, Lookup.TIMED_OUT, GAVE_UP)
    put(turns, *neighbours(1, 2))
    assert taken(turns, GAVE_UP) == neighbours(1, 1)


def test_who_is_on_a_screen_goes_first_also_in_a_silent_network() -> None:
    turns = Turns(BUDGET)
    silent, others = neighbours(1, 6), [Question(address(zone, 1)) for zone in range(2, 22)]
    put(turns, *silent, *others)
    turns.prefer(others[-1])
    assert taken(turns, 0.0)[0] == others[-1]
    turns = Turns(BUDGET)
    put(turns, *silent)
    end(turns, taken(turns, 0.0), Lookup.TIMED_OUT, GAVE_UP)
    turns.prefer(silent[4])
    assert taken(turns, GAVE_UP) == [silent[4]]


def test_who_waits_behind_a_probe_counts_as_waiting_and_can_be_dropped() -> None:
    turns = Turns(BUDGET, limit=3)
    zone = neighbours(1, 9)
    dropped = [turns.put(question) for question in zone[:4]]
    assert dropped == [None, None, None, zone[0]]
    assert taken(turns, 0.0) == [zone[1]]
    assert len(turns) == 2
    assert [turns.put(question) for question in zone[4:6]] == [None, zone[4]]
    assert taken(turns, 0.0) == []  # those that are left are behind the probe
    assert turns.put(zone[6]) == zone[6]
    turns.ended(zone[1], Lookup.TIMED_OUT, GAVE_UP)
    assert turns.put(Question(address(2, 1))) == zone[2]  # those in silent networks leave first
    assert taken(turns, GAVE_UP) == [Question(address(2, 1)), zone[3]]


def test_a_silent_network_that_nobody_waits_in_is_forgotten() -> None:
    turns = Turns(BUDGET, limit=1)
    put(turns, *neighbours(1, 1))
    end(turns, taken(turns, 0.0), Lookup.TIMED_OUT, GAVE_UP)
    put(turns, *neighbours(1, 1))
    assert taken(turns, GAVE_UP) == neighbours(1, 1)


def test_after_clearing_nobody_waits() -> None:
    turns = Turns(BUDGET)
    put(turns, *neighbours(1, 3))
    taken(turns, 0.0)
    turns.clear()
    assert len(turns) == 0
    assert taken(turns, 100.0) == []
    assert turns.pause(100.0) is None


@given(
    st.integers(1, 12),
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), unique=True, max_size=50),
    st.randoms(use_true_random=False),
)
def test_everybody_is_asked_once_within_the_budget(
    budget: int, places: list[tuple[int, int]], chance: random.Random
) -> None:
    """Whatever ends how, in whatever order, at whatever time."""
    turns, now = Turns(budget), 0.0
    asked: list[Question] = []
    under_way: dict[Question, float] = {}
    held: list[float] = []
    left = [Question(address(zone, host)) for zone, host in places]
    while left or under_way or len(turns):
        if left and chance.random() < 0.3:
            put(turns, left.pop())
        if len(turns) and chance.random() < 0.2:
            turns.prefer(Question(address(*chance.choice(places))))
        for question in taken(turns, now):
            asked.append(question)
            under_way[question] = now
        held = [until for until in held if until > now]
        assert len(under_way) + len(held) <= budget
        now += chance.random() * 3
        if under_way:
            question = chance.choice(list(under_way))
            state = chance.choice([Lookup.RESOLVED, Lookup.TIMED_OUT, Lookup.FAILED])
            if state is Lookup.TIMED_OUT:
                held.append(under_way[question] + HELD_SECONDS)
            del under_way[question]
            turns.ended(question, state, now)
    assert sorted(asked) == sorted(Question(address(*place)) for place in places)
