"""What is thinned or forgotten when a history reaches its limits."""

from helpers import connection, delta, keyframe
from hypothesis import given
from hypothesis import strategies as st

from connmon_shared.endpoints import Peer, parse
from connmon_shared.history import History
from connmon_shared.memory import Limits
from connmon_shared.messages import Histories

START = 1_700_000_000.0


def address(number: int) -> str:
    return f"10.0.{number >> 8}.{number & 255}"


def begun(limits: Limits) -> History:
    history = History(limits)
    history.keyframe(keyframe(START))
    return history


def restored(history: History, limits: Limits) -> History:
    parts = [Histories(tuple(history.records()))]
    rows = history.connections.values()
    return History.restore(history.session(), parts, rows, limits)


#: Which of twelve addresses each delta opens a connection to, or closes the one that is open.
toggles = st.lists(st.lists(st.integers(0, 11), max_size=4, unique=True), max_size=40)


def toggled(history: History, second: int, numbers: list[int]) -> None:
    gone = [number for number in numbers if number in history.connections]
    rows = [connection(n, address(n)) for n in numbers if n not in history.connections]
    history.delta(delta(START + second, *rows, gone=gone))


@given(toggles, st.integers(0, 9))
def test_what_is_open_stays_and_of_the_rest_what_ended_last(
    sequence: list[list[int]], limit: int
) -> None:
    bounded, whole = begun(Limits(over=limit)), begun(Limits())
    ended: list[int] = []  # the longest first
    for second, numbers in enumerate(sequence, start=1):
        closing = [number for number in numbers if number in whole.connections]
        ended = [n for n in ended if n not in numbers] + closing
        for history in (bounded, whole):
            toggled(history, second, numbers)
    assert bounded.connections == whole.connections
    open_rows = {peer for peer, track in whole.tracks.items() if track.open}
    kept = [Peer(parse(address(n))) for n in ended]
    over = bounded.tracks.keys() - open_rows
    assert open_rows <= bounded.tracks.keys()
    assert over == set(kept[len(kept) - len(over) :])
    assert len(over) <= limit


def test_rows_are_forgotten_some_at_a_time_and_counted() -> None:
    history = begun(Limits(over=64))
    for second in range(65):
        assert history.dropped == 0
        toggled(history, 2 * second + 1, [second])
        toggled(history, 2 * second + 2, [second])
    assert history.dropped == 5
    assert [*history.tracks] == [Peer(parse(address(n))) for n in range(5, 65)]
    assert history.session().dropped == 5


def test_a_row_that_was_forgotten_begins_anew() -> None:
    history = begun(Limits(over=1))
    for second, number in enumerate([1, 1, 2, 2, 1], start=1):
        toggled(history, second, [number])
    assert [track.opened for track in history.tracks.values()] == [1, 1]
    assert history.tracks[Peer(parse(address(1)))].timeline.first_tick == 50


def test_a_restored_history_forgets_the_same_rows() -> None:
    limits = Limits(over=3)
    history = begun(limits)
    for second, number in enumerate([1, 2, 3, 2, 3, 1, 4, 4, 1], start=1):
        toggled(history, second, [number])
    copy = restored(history, limits)
    for each in (history, copy):
        for second, numbers in enumerate([[5], [5, 6], [6], [1]], start=11):
            toggled(each, second, numbers)
    assert copy.dropped == history.dropped == 3
    assert [*copy.tracks] == [*history.tracks]
