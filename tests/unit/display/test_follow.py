"""Joining an enricher, going on by sequence number, and joining anew."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connmon_display.follow import KEPT_MESSAGES, RETRY_SECONDS, Change, Follower
from connmon_enricher.snapshot import Snapshots
from connmon_shared import codec
from connmon_shared.description import describe
from connmon_shared.details import KEPT_FINAL, KEPT_PROCESSES, Details
from connmon_shared.endpoints import Peer, parse
from connmon_shared.history import History, What
from connmon_shared.messages import (
    KINDS,
    Connection,
    Counters,
    Delta,
    Fact,
    Facts,
    Header,
    Histories,
    Keyframe,
    Message,
    Process,
    Processes,
    Session,
    StateRequest,
    Status,
    Traffic,
    Wait,
)
from connmon_shared.states import Protocol, State
from connmon_shared.wire import Sender, new_epoch, split

STATUS = Status("enricher", "1", "feed", 0.0, (), ("names",))


def row(number: int, remote: str = "8.8.8.8") -> Connection:
    ends = parse("10.0.0.2"), 40_000 + number, parse(remote), 443
    return Connection(number, Protocol.TCP, State.ESTABLISHED, *ends)


def delta(at: float, *changed: Connection, gone: tuple[int, ...] = ()) -> Delta:
    return Delta(at, at, at + 1, changed, gone)


class Enricher:
    """The sending side: a real history, real snapshots, real frames; no sockets."""

    def __init__(self, *rows: Connection) -> None:
        self.sender = Sender("host", new_epoch())
        self.history = History()
        self.history.keyframe(Keyframe(100.0, 100.0, 101.0, rows))
        self.details = Details()
        self.facts = Facts((Fact(parse("8.8.8.8"), "US"),))
        self._snapshots = Snapshots(self.sender, self._describe, lambda: 0.0)

    def _describe(self) -> Iterable[Message]:
        return [*describe(self.history, self.details), self.facts, STATUS]

    def publish(self, message: Message) -> tuple[Header, bytes]:
        match message:
            case Delta():
                self.history.delta(message)
            case Processes():
                self.details.introduce(message, self.history.connections)
            case Traffic():
                self.details.count(message, self.history.connections)
        return split(self.sender.frames(message, 0.0))

    def answer(self, request: StateRequest | None) -> tuple[Header, bytes]:
        assert request is not None
        return split(self._snapshots.answer(request))


class Hurry:
    """A clock on which the time for a repetition has always come."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        self.time += RETRY_SECONDS
        return self.time


class Clock:
    """A clock that goes on when told to."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


def joined(enricher: Enricher) -> Follower:
    follower = Follower(Hurry())
    join(follower, enricher)
    return follower


def join(follower: Follower, enricher: Enricher) -> Change:
    change = Change([])
    while not follower.live:
        change = follower.answer(*enricher.answer(follower.request()))
    return change


def state_of(history: History) -> object:
    tracks = {
        peer: (track.timeline.pack(), track.open, track.opened, track.current, track.failed)
        for peer, track in history.tracks.items()
    }
    return tracks, history.connections, history.session()


def test_joining_takes_the_whole_state_over_in_parts() -> None:
    enricher = Enricher(row(1), row(2, "1.1.1.1"))
    follower = Follower(Hurry())
    first = follower.request()
    assert first == StateRequest()
    header, body = enricher.answer(first)
    assert header.parts > 1
    assert not follower.answer(header, body).joined
    assert join(follower, enricher).joined
    assert follower.live
    assert state_of(follower.history) == state_of(enricher.history)
    assert follower.facts == {parse("8.8.8.8"): Fact(parse("8.8.8.8"), "US")}
    assert follower.statuses == {"enricher": STATUS}
    assert follower.request() is None


def test_the_stream_is_applied_in_order() -> None:
    enricher = Enricher(row(1))
    follower = joined(enricher)
    change = follower.hear(*enricher.publish(delta(101.0, row(2, "1.1.1.1"), gone=(1,))))
    assert [event.what for event in change.events] == [What.NEW, What.CLOSED]
    news = Fact(parse("1.1.1.1"), "AU")
    assert follower.hear(*enricher.publish(Facts((news,)))).facts == (news,)
    assert follower.facts[news.address] == news
    assert state_of(follower.history) == state_of(enricher.history)


def test_messages_that_come_while_joining_are_applied_once_afterwards() -> None:
    enricher = Enricher(row(1))
    follower = Follower(Hurry())
    early = enricher.publish(delta(101.0, row(2, "1.1.1.1")))  # in the snapshot already
    follower.hear(*early)
    follower.answer(*enricher.answer(follower.request()))
    late = enricher.publish(delta(102.0, row(3, "9.9.9.9")))
    follower.hear(*late)
    change = join(follower, enricher)
    assert [event.peer for event in change.events] == [Peer(parse("9.9.9.9"))]
    assert follower.hear(*late).events == []  # a second time
    assert follower.hear(*early).events == []
    assert state_of(follower.history) == state_of(enricher.history)
    assert follower.history.tracks[Peer(parse("9.9.9.9"))].opened == 1


def test_a_lost_message_leads_to_a_new_request_and_the_same_state() -> None:
    enricher = Enricher(row(1))
    follower = joined(enricher)
    enricher.publish(delta(101.0, row(2, "1.1.1.1")))  # lost
    follower.hear(*enricher.publish(delta(102.0, row(3, "9.9.9.9"))))
    assert not follower.live
    assert follower.request() == StateRequest()
    join(follower, enricher)
    follower.hear(*enricher.publish(delta(103.0, gone=(3,))))
    assert state_of(follower.history) == state_of(enricher.history)


def test_a_restarted_enricher_is_joined_anew() -> None:
    follower = joined(Enricher(row(1)))
    second = Enricher(row(7, "1.1.1.1"))
    follower.hear(*second.publish(delta(101.0)))
    assert not follower.live
    join(follower, second)
    follower.hear(*second.publish(delta(102.0, gone=(7,))))
    assert state_of(follower.history) == state_of(second.history)


def test_an_unanswered_request_is_repeated_after_a_second() -> None:
    clock = Clock()
    follower = Follower(clock)
    assert follower.request() == StateRequest()
    assert follower.request() is None
    clock.time += RETRY_SECONDS
    assert follower.request() == StateRequest()


def test_a_part_that_is_lost_is_asked_for_again() -> None:
    clock = Clock()
    enricher, follower = Enricher(row(1)), Follower(clock)
    header, body = enricher.answer(follower.request())
    follower.answer(header, body)
    assert follower.request() == StateRequest(header.seq, 1)
    clock.time += RETRY_SECONDS
    assert follower.request() == StateRequest(header.seq, 1)


def test_parts_of_another_snapshot_are_ignored() -> None:
    enricher, follower = Enricher(row(1)), Follower(Hurry())
    old = enricher.answer(StateRequest())
    later = enricher.answer(StateRequest(old[0].seq, 1))
    follower.answer(*later)  # without its beginning
    assert follower.request() == StateRequest()
    enricher.publish(delta(101.0, row(2, "1.1.1.1")))
    follower.answer(*enricher.answer(StateRequest()))
    follower.answer(*later)
    follower.answer(*old[:1], old[1])  # begins anew, with the older one
    join(follower, enricher)
    assert follower.live


def test_an_enricher_that_begins_a_new_epoch_in_the_middle_is_asked_from_the_beginning() -> None:
    enricher, follower = Enricher(row(1)), Follower(Hurry())
    follower.answer(*enricher.answer(StateRequest()))
    anew = Enricher(row(1))
    anew.sender.seq = enricher.sender.seq
    anew.answer(StateRequest())  # of another viewer: that number is kept there, too
    follower.answer(*anew.answer(follower.request()))
    assert follower.request() == StateRequest()
    join(follower, anew)


def test_a_wait_tells_why_and_begins_anew() -> None:
    enricher, follower = Enricher(row(1)), Follower(Hurry())
    follower.answer(*enricher.answer(follower.request()))
    wait = split(enricher.sender.frames(Wait("no collector yet"), 0.0))
    follower.answer(*wait)
    assert follower.waiting == "no collector yet"
    assert not follower.live
    assert follower.request() == StateRequest()
    join(follower, enricher)
    assert follower.waiting == ""


def test_while_joining_only_so_much_is_kept() -> None:
    enricher, follower = Enricher(row(1)), Follower(Hurry())
    for second in range(2 * KEPT_MESSAGES):
        follower.hear(*enricher.publish(delta(101.0 + second)))
    assert len(follower._kept) == KEPT_MESSAGES  # noqa: SLF001 - nothing else shows it


def test_a_keyframe_in_the_stream_is_taken_when_it_is_whole() -> None:
    enricher = Enricher(row(1))
    follower = joined(enricher)
    parts = [Keyframe(102.0, 102.0, 103.0, (row(2, "1.1.1.1"),)), Keyframe(102.0, 102.0, 103.0, ())]
    events = []
    for index, part in enumerate(parts):
        events.append(follower.hear(*split(enricher.sender.frames(part, 0.0, (index, 2)))).events)
    assert events[0] == []
    assert {event.what for event in events[1]} == {What.NEW, What.CLOSED}


def test_a_status_of_the_stream_is_kept() -> None:
    enricher = Enricher(row(1))
    follower = joined(enricher)
    status = Status("collector", "1", "netlink", 2.0, ("sees little",))
    follower.hear(*split(enricher.sender.frames(status, 0.0)))
    assert follower.statuses["collector"] == status


texts = st.text(max_size=5)
addresses = st.sampled_from([b"", parse("8.8.8.8"), parse("1.1.1.1"), parse("::2")])
times = st.one_of(st.floats(0, 1e11), st.floats(100, 200))
connections = st.builds(
    Connection,
    id=st.integers(0, 5),
    protocol=st.sampled_from(Protocol),
    state=st.sampled_from(State),
    local=addresses,
    local_port=st.sampled_from([0, 22, 40_000]),
    remote=addresses,
    remote_port=st.sampled_from([0, 443]),
)
some = st.lists(connections, max_size=4, unique_by=lambda c: c.id).map(tuple)


def a_delta(
    time: float, begin: float, end: float, changed: tuple[Connection, ...], gone: list[int]
) -> Delta:
    return Delta(time, min(begin, end), max(begin, end), changed, tuple(gone))


def a_keyframe(time: float, begin: float, end: float, rows: tuple[Connection, ...]) -> Keyframe:
    return Keyframe(time, min(begin, end), max(begin, end), rows)


messages: st.SearchStrategy[Message] = st.one_of(
    st.builds(a_delta, times, times, times, some, st.lists(st.integers(0, 5))),
    st.builds(a_keyframe, times, times, times, some),
    st.builds(Facts, st.lists(st.builds(Fact, addresses), max_size=2).map(tuple)),
    st.builds(Wait, texts),
    st.builds(Status, texts, texts, texts, st.floats(0, 10), st.tuples(texts)),
    st.builds(
        Session,
        st.integers(0, 1 << 28),
        st.integers(0, 1 << 20),
        st.integers(1 << 20, 1 << 28),
        st.just(()),
    ),
    st.builds(
        *(Processes, st.lists(st.builds(Process, st.integers(0, 5), texts)).map(tuple)),
    ),
    st.builds(
        Traffic, times, *[st.lists(st.builds(Counters, *[st.integers(0, 5)] * 3)).map(tuple)] * 2
    ),
    st.just(Histories(())),
    st.just(StateRequest()),
)
headers = st.tuples(
    st.sampled_from([b"a" * 8, b"b" * 8]),
    st.integers(0, 3),
    st.integers(0, 3),
    st.sampled_from([(0, 1), (0, 2), (1, 2), (2, 3)]),
)
bodies = st.one_of(
    messages.map(lambda m: (type(m), m)),
    st.tuples(st.sampled_from(list(KINDS.values())), st.binary(max_size=20)),
)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(st.booleans(), headers, bodies), max_size=12))
def test_whatever_a_peer_sends_is_taken_or_a_remote_protocol_error(
    sent: list[tuple[bool, tuple[bytes, int, int, tuple[int, int]], tuple[type, object]]],
) -> None:
    follower = Follower(Hurry())
    names = {kind: name for name, kind in KINDS.items()}
    for is_answer, (epoch, seq, base, part), (kind, content) in sent:
        header = Header(names[kind], "h", epoch, seq, base, 0.0, *part)
        try:
            body = content if isinstance(content, bytes) else codec.encode(content)  # type: ignore[arg-type] # a message of `kind`
        except codec.LocalProtocolError:
            continue
        try:
            (follower.answer if is_answer else follower.hear)(header, body)
        except codec.RemoteProtocolError:
            continue


def test_a_state_that_is_not_whole_is_refused() -> None:
    sender = Sender("host", new_epoch())
    for message in (Facts(()), Delta(1.0, 1.0, 2.0, (), ())):
        header, body = split(sender.frames(message, 0.0))
        with pytest.raises(codec.RemoteProtocolError):
            Follower(Hurry()).answer(header, body)


def test_what_happened_while_messages_were_lost_is_told_after_joining_again() -> None:
    enricher = Enricher(row(1), row(2, "1.1.1.1"))
    follower = joined(enricher)
    enricher.publish(delta(101.0, row(3, "9.9.9.9"), gone=(1,)))  # nobody hears it
    follower.hear(*enricher.publish(delta(102.0)))
    change = join(follower, enricher)
    told = {(event.what, str(event.peer)) for event in change.events}
    assert told == {(What.CLOSED, "8.8.8.8"), (What.NEW, "9.9.9.9")}
    assert change.joined
    assert not change.lost


def test_an_enricher_that_began_anew_is_told_apart() -> None:
    follower = joined(Enricher(row(1)))
    successor = Enricher()
    successor.history = History()
    successor.history.keyframe(Keyframe(500.0, 500.0, 501.0, (row(1),)))
    follower.hear(*successor.publish(delta(501.0)))
    change = join(follower, successor)
    assert change.lost
    assert change.events == []


def test_a_keyframe_that_lost_a_part_is_noticed_by_the_next_message() -> None:
    enricher = Enricher(row(1))
    follower = joined(enricher)
    frame = Keyframe(101.0, 101.0, 102.0, (row(2),))
    follower.hear(*split(enricher.sender.frames(frame, 0.0, (0, 2))))
    assert follower.live
    follower.hear(*enricher.publish(delta(102.0)))
    assert not follower.live


# Processes and traffic.


def with_pid(number: int, pid: int, *holders: int) -> Connection:
    return row(number)._replace(pid=pid, holders=holders)


def counted(number: int, sent: int = 1) -> Counters:
    return Counters(number, sent, 2 * sent)


def test_processes_and_traffic_come_with_the_state_and_then_with_the_stream() -> None:
    enricher = Enricher(row(1), row(2, "1.1.1.1"))
    enricher.publish(Processes((Process(7, "ssh"),)))
    enricher.publish(Traffic(100.5, (counted(1),)))
    follower = joined(enricher)
    assert follower.details.processes == {7: Process(7, "ssh")}
    assert follower.details.counters == {1: counted(1)}
    follower.hear(*enricher.publish(Processes((Process(8, "curl"), Process(7, "sshd")))))
    follower.hear(*enricher.publish(Traffic(101.0, (counted(2),), (counted(1, 9),))))
    follower.hear(*enricher.publish(delta(101.0, gone=(1,))))
    assert follower.live
    assert [*follower.details.processes.values()] == [Process(8, "curl"), Process(7, "sshd")]
    assert follower.details.counters == {2: counted(2)}
    assert follower.details.final == {1: counted(1, 9)}


def test_traffic_of_connections_that_nobody_knows_is_not_kept() -> None:
    enricher = Enricher(row(1))
    follower = joined(enricher)
    follower.hear(*enricher.publish(Traffic(101.0, (counted(1), counted(99)))))
    assert follower.details.counters == {1: counted(1)}


def test_traffic_that_comes_before_its_connection_waits_for_the_next_change() -> None:
    enricher = Enricher()
    follower = joined(enricher)
    follower.hear(*enricher.publish(Traffic(101.0, (counted(1), counted(2)))))
    follower.hear(*enricher.publish(delta(101.0, row(1))))
    assert follower.details.counters == {1: counted(1)}
    follower.hear(*enricher.publish(delta(102.0, row(2))))
    assert follower.details.counters == {1: counted(1)}, "those of another, perhaps"


def test_traffic_of_an_enricher_that_began_anew_waits_for_its_state() -> None:
    follower = joined(Enricher(row(1)))
    follower.hear(*Enricher(row(1)).publish(Traffic(101.0, (counted(1),))))
    assert follower.details.counters == {}


def test_only_so_many_last_counters_are_kept() -> None:
    enricher = Enricher()
    follower = joined(enricher)
    for number in range(KEPT_FINAL + 10):
        follower.hear(*enricher.publish(Traffic(101.0, (), (counted(number),))))
    assert [*follower.details.final] == [*range(10, KEPT_FINAL + 10)]


def test_processes_that_no_connection_names_go_in_time() -> None:
    enricher = Enricher()
    follower = joined(enricher)
    follower.hear(*enricher.publish(Processes((Process(1, "a"), Process(2, "b")))))
    follower.hear(*enricher.publish(delta(101.0, with_pid(1, 1, 1, 2))))
    for pid in range(10, 3 * KEPT_PROCESSES):
        follower.hear(*enricher.publish(Processes((Process(pid, "short"),))))
    kept = follower.details.processes
    assert {1, 2, 3 * KEPT_PROCESSES - 1} <= kept.keys()
    assert len(kept) <= KEPT_PROCESSES + 2
    follower.hear(*enricher.publish(delta(102.0, with_pid(1, 10))))
    for pid in range(10, 3 * KEPT_PROCESSES):
        follower.hear(*enricher.publish(Processes((Process(pid, "short"),))))
    assert not {1, 2} & follower.details.processes.keys()


def test_after_a_keyframe_only_the_same_connections_keep_their_counters() -> None:
    enricher = Enricher(*map(row, range(1, 6)))
    follower = joined(enricher)
    counters = tuple(map(counted, range(1, 6)))
    follower.hear(*enricher.publish(Traffic(101.0, counters, (counted(7),))))
    other = row(2)._replace(local_port=7)
    swapped = row(4)._replace(id=5), row(5)._replace(id=4)
    follower.hear(*enricher.publish(Keyframe(102.0, 102.0, 103.0, (row(1), other, *swapped))))
    assert follower.details.counters == {1: counted(1)}
    assert follower.details.final == {}


def test_a_change_tells_in_which_stretches_events_were_lost() -> None:
    enricher = Enricher(row(1))
    follower = joined(enricher)
    lost = ((100.2, 100.4),)
    change = follower.hear(*enricher.publish(Delta(101.0, 101.0, 102.0, (), (), lost)))
    assert change.unseen == lost
    assert state_of(joined(enricher).history) == state_of(follower.history)


# States that should not last.


def age(follower: Follower, moment: float) -> float | None:
    unusual = follower.lasting.unusual(follower.history.tracks[Peer(parse("8.8.8.8"))], moment)
    return unusual and unusual.seconds


def test_the_age_of_a_leak_is_kept_over_keyframes_and_joining_anew() -> None:
    leak = row(1)._replace(state=State.CLOSE_WAIT)
    enricher = Enricher(row(1), row(2))
    follower = joined(enricher)
    follower.hear(*enricher.publish(delta(101.0, leak)))
    assert age(follower, 111.0) == 10.0
    enricher.history.keyframe(Keyframe(105.0, 105.0, 106.0, (leak, row(2))))
    follower.hear(*enricher.publish(Keyframe(105.0, 105.0, 106.0, (leak, row(2)))))
    assert age(follower, 111.0) == 10.0
    enricher.publish(delta(106.0))  # nobody hears it
    follower.hear(*enricher.publish(delta(107.0)))
    join(follower, enricher)
    assert age(follower, 111.0) == 10.0
    follower.hear(*enricher.publish(delta(108.0, gone=(1,))))
    assert age(follower, 111.0) is None


def test_a_leak_after_another_with_the_same_ends_has_an_age_of_its_own() -> None:
    leak = row(1)._replace(state=State.CLOSE_WAIT)
    enricher = Enricher(leak)
    follower = joined(enricher)
    follower.hear(*enricher.publish(delta(101.0, gone=(1,))))
    follower.hear(*enricher.publish(delta(105.0, leak._replace(id=2))))
    assert age(follower, 106.0) == 1.0


def test_a_leak_that_a_keyframe_tells_of_is_as_old_as_that() -> None:
    enricher = Enricher(row(1))
    follower = joined(enricher)
    leak = row(1)._replace(state=State.CLOSE_WAIT)
    follower.hear(*enricher.publish(Keyframe(105.0, 105.0, 106.0, (leak,))))
    assert age(follower, 106.0) == 1.0


def test_who_joins_late_counts_the_age_of_a_leak_from_then_on() -> None:
    enricher = Enricher(row(1)._replace(state=State.CLOSE_WAIT))
    assert age(joined(enricher), 5.0) == 5.0  # the clock of this enricher stands at 0


# What only a later version knows.


def newer(header: Header) -> Header:
    return replace(header, kind="gossip")


def test_a_kind_that_only_a_later_version_knows_is_dropped() -> None:
    enricher = Enricher(row(1))
    follower = joined(enricher)
    header, _ = enricher.publish(Processes(()))  # numbered
    assert follower.hear(newer(header), b"?") == Change([])
    header, _ = enricher.publish(STATUS)  # not numbered
    assert follower.hear(newer(header), b"?") == Change([])
    assert len(follower.hear(*enricher.publish(delta(101.0, row(2)))).events) == 1


def test_a_part_of_a_state_that_only_a_later_version_knows_is_left_out() -> None:
    enricher = Enricher(row(1))
    follower = Follower(Hurry())
    while not follower.live:
        header, body = enricher.answer(follower.request())
        is_facts = header.kind == "facts"
        follower.answer(newer(header) if is_facts else header, b"?" if is_facts else body)
    assert state_of(follower.history) == state_of(enricher.history)
    assert follower.facts == {}
