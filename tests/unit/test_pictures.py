"""The session of the pictures can be played."""

from pictures.__main__ import PICTURES, SECONDS, SESSION
from pictures.places import PLACES
from pictures.playing import as_told, begin_of, told

from connmon_shared.endpoints import parse
from connmon_shared.messages import Delta, Keyframe, Names, Traffic


def test_the_session_tells_of_all_its_places_for_longer_than_the_pictures_need() -> None:
    messages = [message for _, message in told(SESSION)]
    opened = [row for each in messages if isinstance(each, Delta) for row in each.changed]
    first = next(each for each in messages if isinstance(each, Keyframe))
    met = {row.remote for row in (*first.connections, *opened)}
    resolver = "9.9.9.9"  # it is asked for so short a time that no look sees it
    assert {parse(address) for address in PLACES if address != resolver} <= met
    end = max(each.end for each in messages if isinstance(each, Delta))
    assert PICTURES[0].second > SECONDS
    assert end - begin_of(SESSION) > PICTURES[-1].second + 10


def test_what_collectors_tell_is_played_with_the_times_of_the_session() -> None:
    for _, message in told(SESSION):
        played = as_told(message)
        if isinstance(message, Keyframe | Delta | Traffic | Names):
            assert played is message
        else:
            assert played is None or not hasattr(played, "time")
