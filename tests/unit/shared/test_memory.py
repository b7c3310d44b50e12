"""What is thinned or forgotten when a history reaches its limits."""

import random
from dataclasses import replace

import pytest
from helpers import connection, delta, keyframe
from hypothesis import given
from hypothesis import strategies as st

from connmon_shared.endpoints import Peer, parse
from connmon_shared.messages import Histories
from connmon_shared.timelines.history import History
from connmon_shared.timelines.memory import Limits

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
    for second, number in enumerate([1, 2, 3, 4, 4, 3, 2], start=1):
        toggled(history, second, [number])
    copy = restored(history, limits)
    for each in (history, copy):
        for second, numbers in enumerate([[5], [5, 6], [6]], start=11):
            toggled(each, second, numbers)
    assert copy.dropped == history.dropped == 2
    assert [*copy.tracks] == [*history.tracks]


#: A second of a host: (when, which addresses are opened or closed then).
Turns = list[tuple[int, list[int]]]


def busy_host() -> Turns:
    """Return two hours: some addresses of one change every second, most rarely, one once.

    Every seventh second all that changes does so again within the tick.
    """
    chance = random.Random(1)  # noqa: S311 - the same host every time
    turns = []
    for second in range(1, 7_200):
        numbers = [n for n in range(60) if not chance.randrange(2 + n**2)]
        turns += [(second, numbers)] * (1 if second % 7 else 2)
    return turns


def played(limits: Limits, turns: Turns, history: History | None = None) -> History:
    history = history or begun(limits)
    for second, numbers in turns:
        toggled(history, second, numbers)
        total = sum(len(track.timeline) for track in history.tracks.values())
        assert history.transitions == total <= limits.transitions * 1.05
        assert all(len(track.timeline) <= limits.in_row for track in history.tracks.values())
    return history


def drawn(history: History, unit: int, start: int = 0) -> dict[Peer, bytearray]:
    origin, end = history.origin or 0, history.coverage.end
    start += -(start + origin) % unit  # aligned to the wall clock
    count = (end - start) // unit
    return {
        peer: history.coverage.mask(track.timeline.marks(start, unit, count), start, unit)
        for peer, track in history.tracks.items()
    }


@pytest.mark.parametrize("limits", [Limits(transitions=2_000), Limits(in_row=300)])
def test_the_oldest_is_thinned_and_still_shows_what_was_opened_and_open(limits: Limits) -> None:
    whole, bounded = played(Limits(), busy_host()), played(limits, busy_host())
    assert whole.thinned == 0 < bounded.thinned < 72_000
    assert whole.transitions > 4_000 > bounded.transitions
    assert drawn(bounded, 9_000) == drawn(whole, 9_000), "in quarters of an hour"
    for unit in (1, 10, 70):
        later = bounded.thinned + unit
        assert drawn(bounded, unit, later) == drawn(whole, unit, later)
    rare = [peer for peer, track in whole.tracks.items() if len(track.timeline) < 20]
    assert len(rare) > 10
    assert all(bounded.tracks[p].timeline.entries == whole.tracks[p].timeline.entries for p in rare)


def test_a_restored_history_keeps_its_limits_and_shows_the_same() -> None:
    limits, turns = Limits(transitions=2_000, over=40), busy_host()
    first = played(limits, turns[:4_000])
    copy = restored(first, limits)
    assert copy.session() == first.session()
    played(limits, turns[4_000:], copy)
    played(limits, turns[4_000:], first)
    assert drawn(copy, 9_000) == drawn(first, 9_000)
    later = max(copy.thinned, first.thinned) + 10
    assert drawn(copy, 1, later) == drawn(first, 1, later)


def test_a_gap_every_second_fits_as_well() -> None:
    history = begun(Limits(gaps=100))
    for second in range(1, 2_000):
        history.delta(delta(START + second))
        lost = (START + second, START + second + 0.5)
        history.delta(replace(delta(START + second), lost=(lost,)))
        assert len(history.coverage.gaps) <= 101
    assert 0 < history.thinned < 19_500
    assert history.coverage.observed(19_500, 20_000) == 250


def test_rows_that_are_forgotten_leave_room_for_detail() -> None:
    history = begun(Limits(transitions=100, over=10))
    for second, number in enumerate(n for n in range(300) for _ in range(2)):
        toggled(history, second + 1, [number])
    assert history.transitions == 2 * len(history.tracks) <= 20
    assert history.thinned == 0


def test_a_history_that_was_thinned_tells_before_when() -> None:
    history = History(Limits(in_row=40))
    history.keyframe(keyframe(START))
    for second in range(1, 100):
        history.delta(delta(START + second, connection(second), gone=[second]))
    assert START + 50 < history.thinned_before < START + 100


def test_lower_limits_are_reached_bit_by_bit() -> None:
    turns = busy_host()
    history = played(Limits(), turns[:4_000])
    before = history.transitions
    history.limits = Limits(transitions=1_000, over=20)
    toggled(history, 4_001, [0, 59])
    assert history.transitions > before / 2
    for second, numbers in turns[4_000:6_000]:
        toggled(history, second, numbers)
    assert history.transitions < 1_050
    assert sum(not track.open for track in history.tracks.values()) <= 20


def test_what_stands_still_loses_no_detail() -> None:
    limits = Limits(transitions=3_000)
    turns = busy_host()
    history = played(limits, turns[:1_000])
    copy, still = history.copy(), history.still()
    longest = max(history.tracks, key=lambda peer: len(history.tracks[peer].timeline))
    others = [n for n in range(60) if Peer(parse(address(n))) != longest]
    played(
        limits,
        [(at, [n for n in numbers if n in others]) for at, numbers in turns[1_000:]],
        history,
    )
    assert len(history.tracks[longest].timeline) < len(copy.tracks[longest].timeline)
    for peer, track in copy.tracks.items():
        assert still.tracks[peer].timeline.entries == track.timeline.entries
