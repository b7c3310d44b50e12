"""Last counters that come after their connections have ended."""

from helpers import connection, delta, keyframe

from connmon_enricher.late import KEPT, Late
from connmon_shared.endpoints import Peer, parse
from connmon_shared.messages import Addition, Counters
from connmon_shared.timelines.details import Details
from connmon_shared.timelines.history import History

START = 1_700_000_000.0
THERE = parse("198.51.100.7")
DAY = 86_400


class Ending:
    """A history of connections that end."""

    def __init__(self, *numbers: int) -> None:
        rows = [connection(number, local_port=number) for number in numbers]
        self.history, self.details, self.late = History(), Details(), Late()
        self.history.keyframe(keyframe(START, *rows))

    def end(self, after: float, *numbers: int) -> None:
        self.late.note(self.history.delta(delta(START + after, gone=numbers)), self.details)

    def say(self, number: int) -> list[tuple[Counters, Addition]]:
        return self.late.add([Counters(number, 10, 20)], self.history.tracks)


def test_they_count_however_late_they_are() -> None:
    ending = Ending(1, 2)
    ending.end(1, 1)
    ending.end(DAY, 2)
    assert ending.say(1) == [(Counters(1, 10, 20), Addition(THERE, 10, 20))]
    assert ending.history.tracks[Peer(THERE)].received == 20
    assert ending.say(1) == [], "once"


def test_only_so_many_are_waited_for() -> None:
    numbers = range(1, KEPT + 2)
    ending = Ending(*numbers)
    ending.end(1, 1)
    ending.end(2, *numbers[1:])
    assert [bool(ending.say(number)) for number in (1, 2, KEPT + 1)] == [False, True, True]
