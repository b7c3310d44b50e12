"""What is kept of the traffic of connections, and for how long."""

from helpers import connection, delta, keyframe

from connmon_shared.messages import Counters, Traffic
from connmon_shared.timelines.details import Details
from connmon_shared.timelines.history import History

START = 1_700_000_000.0
OTHER = "198.51.100.9"


def counting(history: History, *rows: Counters) -> Details:
    details = Details()
    details.count(Traffic(START, rows), history.connections)
    return details


def test_of_what_is_over_nothing_that_moves_is_kept() -> None:
    history = History()
    history.keyframe(keyframe(START, connection(1), connection(2, OTHER)))
    details = counting(history, Counters(1, 9, 9, 700), Counters(2, 9, 9, 500))
    details.follow(delta(START + 1, gone=[1]))
    assert set(details.counters) == set(details.moving) == {2}


def test_where_a_collector_begins_anew_only_what_is_the_same_connection_moves_on() -> None:
    history = History()
    history.keyframe(keyframe(START, connection(1), connection(2, OTHER)))
    details = counting(history, Counters(1, 9, 9, 700), Counters(2, 9, 9, 500))
    before = dict(history.connections)
    history.keyframe(keyframe(START + 1, connection(1), connection(2, "203.0.113.5")))
    details.renumber(before, history.connections)
    assert set(details.counters) == set(details.moving) == {1}
