"""What many connections of one row have in common, told as they come and go."""

from helpers import connection
from hypothesis import given
from hypothesis import strategies as st

from connmon_shared.endpoints import Peer
from connmon_shared.messages import Connection
from connmon_shared.timelines.crowd import MANY
from connmon_shared.timelines.rows import Track
from connmon_shared.timelines.states import UNUSUAL

ADDRESS = "192.0.2.1"
PROCESSES, PORTS, STATES = ["", "nginx", "curl"], [22, 443], [1, 2, 8]
#: An id, and what the connection is like; None: it is over.
LIKE = st.tuples(*(st.sampled_from(PROCESSES), st.sampled_from(PORTS), st.sampled_from(STATES)))
STEPS = st.lists(st.tuples(st.integers(0, MANY + 4), LIKE | st.none()), max_size=40)


def row(number: int, like: tuple[str, int, int]) -> Connection:
    process, port, state = like
    namespace = ["", "?", "4026532001"][number % 3]
    made = connection(number, ADDRESS, process=process, port=port)
    return made._replace(state=state, namespace=namespace)


@given(st.integers(0, MANY + 2), STEPS)
def test_what_many_have_in_common_is_what_one_finds_by_looking_at_each(
    there: int, happened: list[tuple[int, tuple[str, int, int] | None]]
) -> None:
    track = Track(Peer(row(0, ("", 22, 1)).remote), row(0, ("", 22, 1)))
    track.renew(row(number, ("nginx", 443, 1)) for number in range(there))
    copy, kinds = track.copy(), {*track.kinds}
    for number, like in happened:
        if like is not None:
            track.hold(row(number, like))
        elif number in track.open:
            track.release(number)
        rows = [*track.open.values()]
        assert {*track.kinds} == {(row.process, row.port) for row in rows}
        found = sorted(row for row in rows if row.state in UNUSUAL)
        assert sorted(track.unusual) == found
        assert sorted(track.elsewhere) == sorted(row for row in rows if row.known_namespace)
    assert ({*copy.kinds}, [*copy.unusual]) == (kinds, [])
