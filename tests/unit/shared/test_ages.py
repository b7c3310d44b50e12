"""Since when connections are there: what is remembered of those that are over."""

from helpers import connection, delta, keyframe

from connmon_shared.timelines.ages import Ages
from connmon_shared.timelines.history import History

START = 1_700_000_000.0


def test_what_is_over_is_no_more_known_by_its_number_where_a_collector_begins_anew() -> None:
    history, ages = History(), Ages()
    history.keyframe(keyframe(START))
    for change in (delta(START + 1, connection(1)), delta(START + 2, gone=[1])):
        ages.follow(change, history.delta(change))
    assert ages.closed(connection(1)) == START + 2
    before = dict(history.connections)
    history.keyframe(keyframe(START + 3, connection(2, "198.51.100.9")))
    ages.renew(before, history.connections, START + 3)
    assert ages.closed(connection(1)) is None
