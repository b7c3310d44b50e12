import itertools
from collections import Counter

import pytest
from helpers import connection, delta, keyframe, listener
from hypothesis import given, settings
from hypothesis import strategies as st

from connmon_shared.endpoints import Peer, parse
from connmon_shared.messages import (
    UNKNOWN_NAMESPACE,
    Connection,
    Delta,
    Direction,
    Histories,
    Keyframe,
)
from connmon_shared.timelines.history import Event, History, What
from connmon_shared.timelines.memory import Limits
from connmon_shared.timelines.rows import MAX_PORTS, peer_of
from connmon_shared.timelines.states import CLOSED, OPEN, Protocol, State
from connmon_shared.timelines.timeline import MAX_TICK, Mark

START = 1_700_000_000.0
REMOTE = Peer(parse("198.51.100.7"))
SSH = Peer(b"", 22)


def whats(events: list[Event]) -> list[What]:
    return [event.what for event in events]


def marks(history: History, peer: Peer, count: int, unit: int = 10) -> str:
    track = history.tracks[peer]
    drawn = history.coverage.mask(track.timeline.marks(0, unit, count), 0, unit)
    return "".join(" ·○■×▲"[mark] for mark in drawn)


def begun(*rows: Connection) -> History:
    history = History()
    history.keyframe(keyframe(START, *rows))
    return history


def test_what_is_there_at_the_beginning_is_active_and_not_new() -> None:
    history = History()
    events = history.keyframe(keyframe(START, connection(1), listener(2)))
    assert whats(events) == [What.LISTEN, What.ACTIVE]  # servers first
    assert history.tracks[REMOTE].opened == 0
    assert marks(history, REMOTE, 1) == "■"
    assert marks(history, SSH, 1) == "○"


def test_a_connection_that_comes_and_goes() -> None:
    history = begun()
    assert whats(history.delta(delta(START + 1, connection(1)))) == [What.NEW]
    assert history.delta(delta(START + 2)) == []
    assert whats(history.delta(delta(START + 3, gone=[1]))) == [What.CLOSED]
    assert marks(history, REMOTE, 5) == "·▲■× "
    assert history.tracks[REMOTE].opened == 1


def test_a_connection_in_changed_and_gone_is_seen_whole() -> None:
    history = begun()
    events = history.delta(delta(START + 1, connection(1), gone=[1]))
    assert whats(events) == [What.NEW, What.CLOSED]
    history.delta(delta(START + 2))
    assert marks(history, REMOTE, 3) == "·▲×"
    assert history.connections == {}


def test_a_connection_that_was_never_established_has_failed() -> None:
    history = begun()
    history.delta(delta(START + 1, connection(1, state=State.SYN_SENT)))
    assert whats(history.delta(delta(START + 2, gone=[1]))) == [What.FAILED]
    assert history.tracks[REMOTE].failed
    history.delta(delta(START + 3, connection(2, state=State.SYN_SENT)))
    assert not history.tracks[REMOTE].failed
    history.delta(delta(START + 4, connection(2, state=State.ESTABLISHED)))
    assert whats(history.delta(delta(START + 5, gone=[2]))) == [What.CLOSED]
    assert not history.tracks[REMOTE].failed


@pytest.mark.parametrize("state", sorted(CLOSED))
def test_a_connection_that_changes_into_a_closed_state_is_closed(state: State) -> None:
    history = begun(connection(1))
    assert whats(history.delta(delta(START + 1, connection(1, state=state)))) == [What.CLOSED]
    assert len(history.tracks[REMOTE].open) == 0
    assert history.delta(delta(START + 2, gone=[1])) == []
    assert marks(history, REMOTE, 3) == "■×·"


@pytest.mark.parametrize("state", sorted(OPEN))
def test_a_change_among_open_states_is_no_event(state: State) -> None:
    history = begun(connection(1))
    assert history.delta(delta(START + 1, connection(1, state=state))) == []
    assert history.tracks[REMOTE].current.state == state
    assert marks(history, REMOTE, 2) == "■■"


@pytest.mark.parametrize("state", sorted(CLOSED | {State.CLOSE, State.LISTEN}))
def test_kernel_leftovers_have_no_row(state: State) -> None:
    assert begun(connection(1, state=state)).tracks == {}


def test_a_second_connection_to_the_same_address_is_new_in_the_same_row() -> None:
    history = begun(connection(1))
    assert whats(history.delta(delta(START + 1, connection(2, local_port=50_001)))) == [What.NEW]
    assert whats(history.delta(delta(START + 2, gone=[1]))) == [What.CLOSED]
    assert marks(history, REMOTE, 3) == "■▲■"
    assert len(history.tracks[REMOTE].open) == 1


def test_an_address_that_returns_is_new_again() -> None:
    history = begun(connection(1))
    history.delta(delta(START + 1, gone=[1]))
    history.delta(delta(START + 2))
    assert whats(history.delta(delta(START + 3, connection(9)))) == [What.NEW]
    assert marks(history, REMOTE, 4) == "■×·▲"


def test_two_sockets_that_listen_on_one_port_are_one_row() -> None:
    history = begun(listener(1), listener(2))
    assert len(history.tracks[SSH].open) == 2
    assert whats(history.delta(delta(START + 1, gone=[1]))) == [What.CLOSED]
    assert marks(history, SSH, 2) == "○○"
    history.delta(delta(START + 2, gone=[2]))
    assert marks(history, SSH, 3) == "○○·"


def test_listeners_do_not_count_as_opened() -> None:
    history = begun()
    assert whats(history.delta(delta(START + 1, listener(1)))) == [What.LISTEN]
    assert history.tracks[SSH].opened == 0


@pytest.mark.parametrize(
    ("port", "row"), [(53, Peer(b"", 53)), (32_767, Peer(b"", 32_767)), (32_768, None), (0, None)]
)
def test_a_bound_udp_socket_is_a_service_below_the_ephemeral_ports(
    port: int, row: Peer | None
) -> None:
    assert peer_of(listener(1, port, Protocol.UDP)) == row


def test_a_connected_udp_socket_is_a_connection() -> None:
    assert peer_of(connection(1, protocol=Protocol.UDP, port=443)) == REMOTE


def test_a_delta_needs_a_keyframe_before_it() -> None:
    with pytest.raises(ValueError, match="keyframe"):
        History().delta(delta(START))


@pytest.mark.parametrize(
    ("direction", "ours", "theirs", "port"),
    [
        (Direction.IN, 60_000, 22, 60_000),
        (Direction.OUT, 22, 60_000, 60_000),
        (Direction.UNKNOWN, 22, 60_000, 22),
        (Direction.UNKNOWN, 60_000, 22, 22),
        (Direction.UNKNOWN, 60_000, 0, 0),
    ],
)
def test_what_a_connection_is_for_is_told_by_its_direction(
    direction: Direction, ours: int, theirs: int, port: int
) -> None:
    row = connection(1, port=theirs, local_port=ours)._replace(direction=direction)
    history = begun(row)
    assert history.tracks[REMOTE].current.port == port
    assert list(history.tracks[REMOTE].ports) == ([port] if port else [])


def test_a_direction_that_is_known_stays_and_one_that_gets_known_is_taken_over() -> None:
    row = connection(1, port=50_000, local_port=60_000)._replace(direction=Direction.UNKNOWN)
    history = begun(row)
    came = row._replace(direction=Direction.IN)
    history.delta(delta(START + 1, came))
    assert history.tracks[REMOTE].current == came
    assert list(history.tracks[REMOTE].ports) == [50_000, 60_000], "after what was guessed"
    for direction in (Direction.OUT, Direction.UNKNOWN):
        history.delta(delta(START + 2, row._replace(direction=direction)))
        assert history.connections == {1: came}
    anew = row._replace(id=7, direction=Direction.OUT)  # of a collector that began after us
    assert history.keyframe(keyframe(START + 3, anew)) == []
    assert history.connections == {7: came._replace(id=7)}
    (closed,) = history.delta(delta(START + 4, gone=[7]))
    assert closed.connection.port == 60_000


def test_only_the_newest_ports_of_a_row_are_kept() -> None:
    history = begun()
    for port in (*range(1, 2 * MAX_PORTS), 2 * MAX_PORTS - 5):
        history.delta(delta(START + 1, connection(port, port=port), gone=[port]))
    kept = [*range(MAX_PORTS, 2 * MAX_PORTS)]
    kept.remove(2 * MAX_PORTS - 5)
    assert list(history.tracks[REMOTE].ports) == [*kept, 2 * MAX_PORTS - 5]


# After a loss, and from a collector that was restarted.


def test_after_a_loss_connections_are_matched_by_their_two_ends() -> None:
    history = begun(connection(1), connection(2, "203.0.113.5"))
    events = history.keyframe(keyframe(START + 10, connection(71), connection(72, "203.0.113.99")))
    assert [(event.what, str(event.peer)) for event in events] == [
        (What.CLOSED, "203.0.113.5"),
        (What.NEW, "203.0.113.99"),
    ]
    assert marks(history, REMOTE, 11) == "■         ■"
    assert set(history.connections) == {71, 72}
    assert whats(history.delta(delta(START + 11, gone=[71]))) == [What.CLOSED]


def test_sockets_with_the_same_two_ends_are_matched_by_number() -> None:
    history = begun(listener(1), listener(2), listener(3))
    events = history.keyframe(keyframe(START + 5, listener(11), listener(12)))
    assert whats(events) == [What.CLOSED]
    assert len(history.tracks[SSH].open) == 2
    history.delta(delta(START + 6, gone=[11, 12]))
    assert len(history.tracks[SSH].open) == 0


@pytest.mark.parametrize("numbers", [(1, 2), (2, 1)])
def test_sockets_of_two_network_namespaces_are_told_apart(numbers: tuple[int, int]) -> None:
    inside = connection(numbers[0])._replace(namespace="4026532001")
    history = begun(*sorted([inside, connection(numbers[1])]))
    events = history.keyframe(keyframe(START + 5, connection(7)))
    assert [(event.what, event.connection.namespace) for event in events] == [
        (What.CLOSED, "4026532001")
    ]


def test_one_whose_namespace_was_not_known_yet_is_found_again_by_a_restarted_collector() -> None:
    history = begun(connection(1)._replace(namespace=UNKNOWN_NAMESPACE))
    assert history.keyframe(keyframe(START + 5, connection(7))) == []
    assert history.connections[7].namespace == ""


def test_ids_that_a_restarted_collector_gives_to_others_do_no_harm() -> None:
    history = begun(connection(1), connection(2, "203.0.113.5"))
    assert history.keyframe(keyframe(START + 5, connection(2), connection(1, "203.0.113.5"))) == []
    events = history.delta(delta(START + 6, gone=[1]))
    assert [str(event.peer) for event in events] == ["203.0.113.5"]


def test_what_was_not_observed_is_a_gap() -> None:
    history = begun()
    history.delta(delta(START + 5))
    assert history.coverage.gaps == [(10, 50)]
    history.keyframe(keyframe(START + 5))
    assert history.coverage.gaps == [(10, 50)]


def test_a_keyframe_that_holds_an_id_twice_counts_it_once() -> None:
    history = begun(connection(1), connection(1))
    assert len(history.tracks[REMOTE].open) == 1
    history.delta(delta(START + 1, gone=[1]))
    assert len(history.tracks[REMOTE].open) == 0


@pytest.mark.parametrize("moment", [0.0, START - 60, START + 1e9, 1e11])
def test_no_clock_breaks_a_timeline(moment: float) -> None:
    history = begun(connection(1))
    history.delta(Delta(moment, moment, moment, (connection(2),), (1,)))
    history.delta(Delta(moment, moment, moment + 5, (connection(3),), (2,)))
    history.delta(delta(START + 1, gone=[3]))
    session = history.session()
    assert 0 <= session.begin <= session.end <= MAX_TICK
    assert all(record.opened >= 0 for record in history.records())
    assert len(history.tracks[REMOTE].open) == 0


# Against a naive model.

REMOTES = ["198.51.100.7", "203.0.113.5", "2001:db8::9"]
STATES = [*OPEN, *CLOSED]
rows = st.builds(
    lambda number, remote, state, port: connection(number, remote, state, local_port=port),
    st.integers(1, 12),
    st.sampled_from(REMOTES),
    st.sampled_from(STATES),
    st.sampled_from([50_000, 50_001]),
) | st.builds(listener, st.integers(1, 12), st.sampled_from([22, 53]), st.sampled_from(Protocol))
Message = tuple[str, list[Connection], list[int]]
messages = st.lists(
    st.tuples(
        st.sampled_from(["delta", "delta", "delta", "keyframe"]),
        st.lists(rows, max_size=5),
        st.lists(st.integers(1, 12), max_size=4),
    ),
    max_size=12,
)


class Naive:
    """What is there, as a plain table."""

    def __init__(self) -> None:
        self.table: dict[int, Connection] = {}

    def take(self, kind: str, changed: list[Connection], gone: list[int]) -> None:
        if kind == "keyframe":
            self.table = {}
        self.table |= {row.id: row for row in changed}
        if kind == "delta":
            self.table = {n: row for n, row in self.table.items() if n not in gone}

    @property
    def open(self) -> Counter[Peer]:
        return Counter(peer for peer in map(peer_of, self.table.values()) if peer)


def feed(history: History, moment: float, message: Message) -> list[Event]:
    kind, changed, gone = message
    if kind == "keyframe":
        return history.keyframe(Keyframe(moment, moment, moment + 1, tuple(changed)))
    return history.delta(Delta(moment, moment, moment + 1, tuple(changed), tuple(gone)))


def check_against(history: History, naive: Naive) -> None:
    assert history.connections == naive.table
    assert {p: len(t.open) for p, t in history.tracks.items() if t.open} == naive.open
    end = history.coverage.end
    for peer, track in history.tracks.items():
        now = track.timeline.marks(end - 1, 1, 1)[0]
        shown = Mark.EMPTY if not track.open else Mark.LISTEN if peer.listening else Mark.ACTIVE
        assert now == shown


@given(st.lists(rows, max_size=5), messages)
@settings(max_examples=150)
def test_any_sequence_of_messages_equals_a_plain_table(
    first: list[Connection], sequence: list[Message]
) -> None:
    history, naive = History(), Naive()
    for second, message in enumerate([("keyframe", first, list[int]()), *sequence]):
        naive.take(*message)
        feed(history, START + second, message)
        check_against(history, naive)


@given(st.lists(rows, max_size=5), messages)
@settings(max_examples=150)
def test_events_balance_what_is_open(first: list[Connection], sequence: list[Message]) -> None:
    history = History()
    came: Counter[Peer] = Counter()
    for second, message in enumerate([("keyframe", first, list[int]()), *sequence]):
        for event in feed(history, START + second, message):
            ends = event.what in {What.CLOSED, What.FAILED}
            came[event.peer] += -1 if ends else 1
            assert came[event.peer] >= 0
    assert {p: n for p, n in came.items() if n} == {
        p: len(t.open) for p, t in history.tracks.items() if t.open
    }


def looked_at(history: History) -> object:
    return (
        history.session(),
        list(history.records()),
        [(peer, [*track.open.items()], track.current) for peer, track in history.tracks.items()],
    )


def state_of(history: History) -> object:
    return looked_at(history), history.connections


def restored(history: History) -> History:
    found = list(history.records())
    half = len(found) // 2
    parts = [Histories(tuple(found[:half])), Histories(tuple(found[half:]))]
    return History.restore(history.session(), parts, history.connections.values())


@given(st.lists(rows, max_size=5), messages, messages)
@settings(max_examples=150)
def test_a_restored_history_is_the_same_and_goes_on_the_same(
    first: list[Connection], before: list[Message], after: list[Message]
) -> None:
    history = History()
    for second, message in enumerate([("keyframe", first, list[int]()), *before]):
        feed(history, START + second, message)
    copy = restored(history)
    assert state_of(copy) == state_of(history)
    for second, message in enumerate(after, start=100):
        assert feed(copy, START + second, message) == feed(history, START + second, message)
        assert state_of(copy) == state_of(history)


@given(st.lists(rows, max_size=5), messages, messages, messages)
@settings(max_examples=150)
def test_what_stands_still_does_so_while_its_history_goes_on(
    first: list[Connection], before: list[Message], between: list[Message], after: list[Message]
) -> None:
    history = History()
    history.limits = Limits(transitions=20, in_row=4, over=3)
    feed(history, START, ("keyframe", first, []))
    clock = itertools.count(1)
    for message in before:
        feed(history, START + next(clock), message)
    for messages_while in (between, after):  # the second time of rows that were copied before
        copied, still = history.copy(), history.still()
        then = looked_at(copied)
        assert looked_at(still) == then == looked_at(history)
        for message in messages_while:
            feed(history, START + next(clock), message)
        assert looked_at(still) == then


def test_what_stands_still_knows_nothing_of_a_state_that_changed_since() -> None:
    history = begun(connection(1))
    still = history.still()
    [track] = still.tracks.values()
    history.delta(delta(START + 1, connection(1, state=State.CLOSE_WAIT)))
    assert track.current.state == State.ESTABLISHED
    [renewed] = history.tracks.values()
    assert renewed.current.state == State.CLOSE_WAIT


def test_rows_are_copied_only_while_somebody_looks_at_them() -> None:
    history = begun(connection(1), connection(2, "198.51.100.9"))
    one, two = history.tracks.values()
    still = history.still()
    history.delta(delta(START + 1, gone=[1]))
    assert [*still.tracks.values()] == [one, two]
    assert history.tracks[one.peer] is not one
    assert history.tracks[two.peer] is two
    del still
    history.delta(delta(START + 2, gone=[2]))
    assert history.tracks[two.peer] is two


def test_restoring_does_without_sockets_that_have_no_row() -> None:
    original = begun(connection(1))
    history = History.restore(original.session(), [], original.connections.values())
    assert history.delta(delta(START + 1, gone=[1])) == []
    assert whats(history.delta(delta(START + 2, connection(1)))) == [What.NEW]


def test_moments_and_ticks_are_those_of_the_origin() -> None:
    history = begun()
    assert history.seconds(0) == START
    assert history.tick(START + 12.3) == 123
    assert history.started
    assert not History().started


# What a row shows when it has several connections.


def test_a_row_shows_its_newest_open_connection_not_one_that_is_over() -> None:
    ssh = connection(1, port=22, process="ssh")
    history = begun(ssh)
    history.delta(delta(START + 1, connection(2, port=443, process="curl")))
    assert history.tracks[REMOTE].current.process == "curl"
    history.delta(delta(START + 2, gone=[2]))
    assert history.tracks[REMOTE].current == ssh


def test_a_row_holds_no_connection_that_is_over_while_others_are_open() -> None:
    history = begun(connection(1))
    track = history.tracks[REMOTE]
    history.delta(delta(START + 1, connection(2, state=State.SYN_SENT)))
    history.delta(delta(START + 2, gone=[1]))
    assert track.current.id == 2
    history.delta(delta(START + 3, connection(2)))
    assert track.current is track.open[2], "not as it was before"
    history.delta(delta(START + 4, connection(3)))
    history.delta(delta(START + 5, gone=[3]))
    assert track.current is track.open[2]
    history.delta(delta(START + 6, gone=[2]))
    assert track.current.id == 2


def test_an_opening_tells_which_connection_was_the_last_one_of_a_row_that_was_over() -> None:
    history = begun(connection(1))
    history.delta(delta(START + 1, gone=[1]))
    [first] = history.delta(delta(START + 2, connection(2)))
    [second] = history.delta(delta(START + 3, connection(3)))
    [other] = history.delta(delta(START + 4, connection(4, "198.51.100.9")))
    assert first.before == connection(1)
    assert second.before is other.before is None


def test_a_change_of_an_older_connection_does_not_bring_it_to_the_front() -> None:
    history = begun(connection(1, port=22))
    history.delta(delta(START + 1, connection(2, port=443)))
    history.delta(delta(START + 2, connection(1, port=22, state=State.CLOSE_WAIT)))
    assert history.tracks[REMOTE].current.port == 443


# Times of their own, and what was lost.


def timed(*, changed: dict[Connection, int], gone: dict[int, int]) -> Delta:
    """Return a delta of START + 2, with ages in ms."""
    ages = tuple(changed.values()), tuple(gone.values())
    return Delta(START + 2, START + 1, START + 2, tuple(changed), tuple(gone), (), *ages)


def test_events_have_their_own_times_and_come_in_their_order() -> None:
    history = begun(connection(1, "203.0.113.5"))
    young, old = connection(2), connection(3, "203.0.113.99")
    events = history.delta(timed(changed={young: 100, old: 800}, gone={1: 500}))
    assert [(event.what, event.connection.id, event.time) for event in events] == [
        (What.NEW, 3, START + 1.2),
        (What.CLOSED, 1, START + 1.5),
        (What.NEW, 2, START + 1.9),
    ]
    assert marks(history, REMOTE, 20, unit=1) == "·" * 19 + "▲"
    assert marks(history, Peer(parse("203.0.113.5")), 20, unit=1) == "■" * 15 + "×····"


def test_at_one_time_ends_come_first() -> None:
    history = begun(connection(1))
    events = history.delta(timed(changed={connection(2): 500}, gone={1: 500}))
    assert whats(events) == [What.CLOSED, What.NEW]
    assert marks(history, REMOTE, 20, unit=1) == "■" * 15 + "▲■■■■"


def test_a_server_that_is_started_anew_had_stopped_even_if_both_were_over_within_a_moment() -> None:
    history = begun(listener(1))
    changed = {listener(2): 500, listener(3): 500}
    events = history.delta(timed(changed=changed, gone={1: 500, 2: 500}))
    told = [(event.what, event.connection.id) for event in events]
    closed, *opened, over = told
    assert closed == (What.CLOSED, 1)
    assert opened == [(What.LISTEN, 2), (What.LISTEN, 3)]
    assert over == (What.CLOSED, 2)


def test_a_server_of_a_moment_has_its_own_time() -> None:
    history = begun()
    history.delta(timed(changed={listener(2): 490}, gone={2: 480}))
    (track,) = history.tracks.values()
    assert (track.timeline.first_tick, track.timeline.last_tick) == (15, 16)
    assert marks(history, track.peer, 2, unit=10) == "·○"


def test_nothing_is_gone_before_it_came() -> None:
    history = begun()
    events = history.delta(timed(changed={connection(2): 100}, gone={2: 900}))
    assert [(event.what, event.time) for event in events] == [
        (What.NEW, START + 1.9),
        (What.CLOSED, START + 1.9),
    ]
    assert history.connections == {}


def test_a_known_connection_changes_before_it_is_gone_whatever_its_age() -> None:
    history = begun(connection(1))
    leftover = connection(1, state=State.TIME_WAIT)
    events = history.delta(timed(changed={leftover: 0}, gone={1: 600}))
    assert [(event.what, event.time) for event in events] == [(What.CLOSED, START + 1.4)]
    assert history.connections == {}


def test_a_change_of_a_known_connection_is_of_the_time_of_the_look() -> None:
    history = begun(connection(1))
    leftover = connection(1, state=State.TIME_WAIT)
    (closed,) = history.delta(timed(changed={leftover: 86_400_000}, gone={}))
    assert closed.time == START + 2


ages = st.sampled_from([0, 100, 250, 900, 86_400_000])


@given(st.lists(rows, max_size=5), messages, st.data())
@settings(max_examples=150)
def test_ages_change_the_order_but_not_what_is_there(
    first: list[Connection], sequence: list[Message], data: st.DataObject
) -> None:
    history, naive = begun(*first), Naive()
    naive.take("keyframe", first, [])
    for second, (_, changed, gone) in enumerate(sequence, start=1):
        drawn = [
            tuple(data.draw(st.lists(ages, min_size=many, max_size=many)))
            for many in (len(changed), len(gone))
        ]
        spans = (START + second, START + second, START + second + 1)
        events = history.delta(Delta(*spans, tuple(changed), tuple(gone), (), *drawn))
        naive.take("delta", changed, gone)
        assert history.connections == naive.table
        assert {p: len(t.open) for p, t in history.tracks.items() if t.open} == naive.open
        assert [event.time for event in events] == sorted(event.time for event in events)


def losing(moment: float, *lost: tuple[float, float]) -> Delta:
    return Delta(moment, moment, moment + 1, (), (), lost)


def test_a_stretch_in_which_events_were_lost_is_not_observed() -> None:
    history = begun(connection(1))
    history.delta(delta(START + 1))
    history.delta(losing(START + 2, (START + 1.25, START + 2.31)))
    assert history.coverage.gaps == [(12, 24)], "each tick that it touches"
    assert marks(history, REMOTE, 30, unit=1) == "■" * 12 + " " * 12 + "■" * 6
    assert history.coverage.observed(0, 100) == 18


def test_a_message_that_loses_the_time_it_vouches_for_does_not_vouch_for_it() -> None:
    history = begun(connection(1))
    history.delta(losing(START + 1, (START + 0.5, START + 99)))
    assert (history.coverage.gaps, history.coverage.end) == ([(5, 20)], 20)
    history.delta(delta(START + 3, gone=[1]))
    assert history.coverage.gaps == [(5, 30)]
    assert marks(history, REMOTE, 4) == "■  ×"


@pytest.mark.parametrize("lost", [(0.0, 1.0), (START + 5, START + 1), (1e11, 1e11), (0.0, 1e11)])
def test_no_stretch_breaks_a_history(lost: tuple[float, float]) -> None:
    history = begun(connection(1))
    history.delta(losing(START + 1, lost))
    session = history.session()
    assert all(session.begin <= a < b <= session.end for a, b in session.gaps)
    assert whats(history.delta(delta(START + 2, gone=[1]))) == [What.CLOSED]
