from hypothesis import given
from hypothesis import strategies as st

from connmon_collector.sources.base import Change, Sample
from connmon_collector.sources.polled import Tracker
from connmon_shared.messages import Connection, Direction
from connmon_shared.timelines.states import State


def row(number: int, state: int = State.ESTABLISHED, pid: int = 0) -> Connection:
    return Connection(number, 6, state, b"\x7f\0\0\1", 40_000, b"\x7f\0\0\1", 80, pid)


def told(number: int, state: int = State.ESTABLISHED, pid: int = 0) -> Connection:
    return row(number, state, pid)._replace(direction=Direction.OUT)


def sample(*rows: Connection, passed: tuple[Connection, ...] = ()) -> Sample:
    return Sample({each.id: each for each in rows}, list(passed))


def test_what_appears_is_changed_and_what_disappears_is_gone() -> None:
    tracker = Tracker()
    assert tracker.step(sample(row(1), row(2))) == Change([told(1), told(2)], [])
    assert tracker.step(sample(row(2), row(3))) == Change([told(3)], [1])


def test_equal_rows_did_not_change_even_as_new_objects() -> None:
    tracker = Tracker()
    tracker.step(sample(row(1)))
    assert tracker.step(sample(row(1))) == Change()


def test_another_state_or_owner_is_a_change() -> None:
    tracker = Tracker()
    tracker.step(sample(row(1), row(2)))
    change = tracker.step(sample(row(1, State.CLOSE_WAIT), row(2, pid=7)))
    assert change == Change([told(1, State.CLOSE_WAIT), told(2, pid=7)], [])


def test_what_came_and_went_stands_in_both() -> None:
    tracker = Tracker()
    tracker.step(sample(row(1)))
    assert tracker.step(sample(passed=(row(9),))) == Change([told(9)], [1, 9])
    assert list(tracker) == []
    assert tracker.step(sample()) == Change()


STATES = st.sampled_from([State.SYN_SENT, State.ESTABLISHED, State.CLOSE_WAIT])
TABLES = st.dictionaries(st.integers(0, 20), STATES, max_size=20)


@given(st.lists(st.tuples(TABLES, st.sets(st.integers(100, 120), max_size=5)), max_size=10))
def test_changes_applied_give_the_sample(steps: list[tuple[dict[int, State], set[int]]]) -> None:
    tracker, receiver = Tracker(), dict[int, Connection]()
    for table, short in steps:
        now = sample(*(row(n, state) for n, state in table.items()), passed=tuple(map(row, short)))
        change = tracker.step(now)
        receiver |= {each.id: each for each in change.changed}
        assert short <= receiver.keys(), "told before it goes"
        for number in change.gone:
            del receiver[number]
        assert receiver == {each.id: each for each in tracker}
        assert receiver.keys() == now.connections.keys()
