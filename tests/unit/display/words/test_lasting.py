"""Connections in states that should not last, and since when they are."""

from dataclasses import replace

import pytest
from helpers import connection, delta, keyframe

from connmon_display.words.lasting import Unusual, unusual
from connmon_shared.endpoints import Peer, parse
from connmon_shared.messages import Connection, Delta
from connmon_shared.timelines.ages import Ages, Since
from connmon_shared.timelines.history import History
from connmon_shared.timelines.states import State

START = 1_700_000_000.0
REMOTE = Peer(parse("198.51.100.7"))


class Watched:
    """A history and what lasts in it, fed as a display feeds them."""

    def __init__(self, *rows: Connection) -> None:
        self.history = History()
        self.ages = Ages()
        self.sees(START, *rows)

    def sees(self, moment: float, *rows: Connection) -> None:
        before, first = self.history.connections, not self.history.started
        self.history.keyframe(keyframe(moment, *rows))
        self.ages.renew(before, self.history.connections, moment, first=first)

    def hears(self, change: Delta) -> None:
        self.ages.follow(change, self.history.delta(change))

    def unusual(self, after: float) -> Unusual | None:
        found = unusual(self.history.tracks[REMOTE], self.ages, self.history, START + after)
        assert found is None or found.connection in self.history.connections.values()
        return found and found._replace(connection=None)


def leak(number: int, local_port: int = 50_000) -> Connection:
    return connection(number, state=State.CLOSE_WAIT, local_port=local_port)


@pytest.mark.parametrize("state", [State.ESTABLISHED, State.TIME_WAIT, State.CLOSING])
def test_what_is_usual_is_not_told(state: State) -> None:
    watched = Watched(connection(1))
    watched.hears(delta(START + 1, connection(1, state=state)))
    assert watched.unusual(5) is None


@pytest.mark.parametrize("state", [State.CLOSE_WAIT, State.SYN_SENT, State.SYN_RECV])
def test_an_unusual_state_is_told_with_its_age(state: State) -> None:
    watched = Watched(connection(1))
    watched.hears(delta(START + 1, connection(1, state=state)))
    watched.hears(delta(START + 2, connection(1, state=state)))  # another owner, say
    seen = state == State.SYN_SENT  # the others are found, some time after they came about
    assert watched.unusual(61) == Unusual(state, 1, 60.0, exact=seen)


def test_what_was_so_before_it_was_found_is_told_with_the_age_that_is_known() -> None:
    watched = Watched(connection(1, local_port=50_003), leak(2))
    for seconds, row, age in ((1, leak(2), 300_000), (2, leak(2), 200_000), (3, leak(1), 4_000)):
        watched.hears(replace(delta(START + seconds, row), changed_ages=(age,)))
    assert watched.unusual(10) == Unusual(State.CLOSE_WAIT, 2, 309.0, exact=False)
    found = watched.ages.in_state(leak(1), watched.history)
    assert found == Since(START - 1, exact=False)


def test_of_what_was_opened_so_the_age_is_that_of_its_opening() -> None:
    watched = Watched(connection(3, local_port=50_003))
    watched.hears(replace(delta(START + 1, leak(1)), changed_ages=(800,)))
    assert watched.ages.in_state(leak(1), watched.history) == Since(START + 1, exact=False)


def test_who_joins_is_told_also_what_was_so_before_the_history_began() -> None:
    watched = Watched(leak(1))
    watched.hears(replace(delta(START + 1, leak(1)), changed_ages=(300_000,)))
    joined = Ages()
    for part in watched.ages.openings(watched.history):
        joined.take(part, watched.history)
    assert joined.in_state(leak(1), watched.history) == Since(START - 299, exact=False)


def test_several_are_counted_and_the_oldest_tells_the_age() -> None:
    watched = Watched(connection(3, local_port=50_003))
    watched.hears(delta(START + 1, leak(1)))
    watched.hears(delta(START + 5, leak(2, 50_001)))
    assert watched.unusual(11) == Unusual(State.CLOSE_WAIT, 2, 10.0, exact=False, others=1)


def test_the_oldest_of_several_is_the_one_that_is_told() -> None:
    watched = Watched(connection(3, local_port=50_003))
    watched.hears(delta(START + 1, leak(2)))
    watched.hears(delta(START + 5, leak(1, 50_001)))
    found = unusual(watched.history.tracks[REMOTE], watched.ages, watched.history, START + 9)
    assert found is not None
    assert found.connection == leak(2)


def test_a_leak_is_told_before_what_is_half_open() -> None:
    half_open = connection(2, state=State.SYN_SENT, local_port=50_001)
    found = Watched(half_open, leak(1)).unusual(0)
    assert found == Unusual(State.CLOSE_WAIT, 1, 0.0, exact=False, others=1)


def test_the_age_begins_anew_with_the_state() -> None:
    watched = Watched(connection(1, state=State.SYN_SENT))
    watched.hears(delta(START + 1, connection(1)))
    watched.hears(delta(START + 9, leak(1)))
    assert watched.unusual(10) == Unusual(State.CLOSE_WAIT, 1, 1.0, exact=False)


def test_a_connection_that_ended_is_forgotten() -> None:
    watched = Watched(leak(1))
    watched.hears(delta(START + 1, gone=[1]))
    watched.hears(delta(START + 9, leak(2)))
    assert watched.unusual(10) == Unusual(State.CLOSE_WAIT, 1, 1.0, exact=False)


def test_a_leak_that_a_restarted_collector_numbers_anew_keeps_its_age() -> None:
    watched = Watched(leak(1), leak(2, 50_001))
    watched.sees(START + 5, leak(2), connection(1, local_port=50_001))
    assert watched.unusual(10) == Unusual(State.CLOSE_WAIT, 1, 10.0, exact=False, others=1)
    watched.sees(START + 6, connection(2), leak(1, 50_001))
    assert watched.unusual(10) == Unusual(State.CLOSE_WAIT, 1, 4.0, exact=False, others=1)


@pytest.mark.parametrize(
    ("unusual", "words"),
    [
        (Unusual(State.SYN_SENT, 1, 3.9), ("SYN_SENT 3s", "SYN_SENT", "SYN_SENT")),
        (
            Unusual(State.CLOSE_WAIT, 2, 305.0),
            ("CLOSE_WAIT×2 5m", "CLOSE_WAIT×2", "CLOSE_WAIT"),
        ),
        (
            Unusual(State.CLOSE_WAIT, 1, 305.0, others=2),
            ("CLOSE_WAIT×1 5m", "CLOSE_WAIT×1", "CLOSE_WAIT×1"),
        ),
    ],
)
def test_wordings_from_long_to_short(unusual: Unusual, words: tuple[str, ...]) -> None:
    assert unusual.wordings == words
