from helpers import connection
from hypothesis import given
from hypothesis import strategies as st

from connmon_shared.endpoints import Peer
from connmon_shared.messages import Connection
from connmon_shared.timelines.rows import Track

ADDRESS = "192.0.2.1"

#: An id, and the state in which it is; None: it is over.
steps = st.lists(st.tuples(st.integers(1, 4), st.sampled_from([1, 8, None])), max_size=30)


@given(steps)
def test_a_row_knows_what_is_open_in_order_of_opening_and_which_is_the_newest(
    happened: list[tuple[int, int | None]],
) -> None:
    row = connection(9, ADDRESS)
    track, last = Track(Peer(row.remote), row), row
    expected: dict[int, Connection] = {}
    copies = []
    for number, state in happened:
        if state is not None:
            row = connection(number, ADDRESS)._replace(state=state)
            track.hold(row)
            expected[number] = row
        elif number in expected:
            track.release(number)
            last = expected.pop(number)
        current = [*expected.values()][-1] if expected else last
        copies.append((track.copy(), [*expected.items()], current))
        for known, rows, newest in (copies[-1], (track, *copies[-1][1:]), copies[0]):
            assert [*known.open.items()] == rows
            assert [*known.connections] == [connected for _, connected in rows]
            assert known.is_open == bool(rows)
            assert known.current is newest
    track.renew(expected.values())
    assert [*track.open.items()] == [*expected.items()]
