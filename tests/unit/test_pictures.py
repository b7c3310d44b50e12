"""The session of the pictures can be played as if it happened now."""

from pictures.__main__ import PICTURES, SECONDS, SESSION
from pictures.places import PLACES
from pictures.playing import begin_of, shifted, told

from connmon_shared.endpoints import parse
from connmon_shared.messages import Delta, Keyframe, Names, Traffic

LATER = 86_400.0


def test_the_session_tells_of_all_its_places_for_longer_than_the_pictures_need() -> None:
    messages = [message for _, message in told(SESSION)]
    opened = [row for each in messages if isinstance(each, Delta) for row in each.changed]
    first = next(each for each in messages if isinstance(each, Keyframe))
    met = {row.remote for row in (*first.connections, *opened)}
    resolver = "9.9.9.9"  # it is asked for so short a time that no look sees it
    assert {parse(address) for address in PLACES if address != resolver} <= met
    end = max(each.end for each in messages if isinstance(each, Delta))
    assert end - begin_of(SESSION) > SECONDS + 10 * len(PICTURES)


def test_all_its_times_are_shifted_by_as_much() -> None:
    for _, message in told(SESSION):
        later = shifted(message, LATER)
        match message, later:
            case (Keyframe() | Delta(), Keyframe() | Delta()):
                assert (later.begin, later.end) == (message.begin + LATER, message.end + LATER)
                assert later.time == message.time + LATER
            case Traffic(), Traffic():
                assert later.time == message.time + LATER
            case Names(), Names():
                times = [
                    (one.time, other.time)
                    for one, other in zip(message.names, later.names, strict=True)
                ]
                assert all(other == one + LATER for one, other in times)
