"""What a display knows of its hosts: joining, following, and what is kept beside the history."""

import itertools
from contextlib import nullcontext
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.display.sender import (
    COLLECTOR,
    HOST,
    STATUS,
    Hurry,
    SendingEnricher,
    SendingHost,
    SendingStream,
    delta,
    row,
)

from connmon_display.following.change import Change
from connmon_display.following.follow import Follower
from connmon_display.following.pipeline import KEPT_FACTS, Pipeline
from connmon_display.words.lasting import unusual
from connmon_shared import codec
from connmon_shared.codec.limits import MAX_HOSTS
from connmon_shared.endpoints import Peer, parse
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
    RepeatRequest,
    Session,
    StateRequest,
    Status,
    Traffic,
    Wait,
)
from connmon_shared.timelines.details import KEPT_FINAL, KEPT_PROCESSES
from connmon_shared.timelines.history import History, What
from connmon_shared.timelines.memory import LIMITS
from connmon_shared.timelines.states import Protocol, State
from connmon_shared.wire import split

GOOGLE = Fact(parse("8.8.8.8"), "US")


class Viewer(Pipeline):
    """A display without sockets."""

    def __init__(self) -> None:
        super().__init__(Hurry())

    @property
    def follower(self) -> Follower:
        return self.hosts[HOST]


def join(viewer: Viewer, *senders: SendingStream) -> Change:
    """Answer what `viewer` asks until it has the state of all senders; return the last joining."""
    joined = Change()
    by_host = {sender.sender.host: sender for sender in senders}
    for _ in range(20):
        for request in viewer.requests():
            if request.host in by_host:
                changes = [viewer.answer(*one) for one in by_host[request.host].answers(request)]
                joined = next((change for change in changes if change.joined), joined)
    return joined


def joined(sender: SendingHost) -> Viewer:
    viewer = Viewer()
    join(viewer, sender, SendingEnricher(GOOGLE))
    return viewer


def state_of(history: History) -> object:
    tracks = {
        peer: (track.timeline.pack(), track.open, track.opened, track.current, track.failed)
        for peer, track in history.tracks.items()
    }
    return tracks, history.connections, history.session()


def test_joining_takes_the_state_of_all_hosts_over() -> None:
    enricher = SendingEnricher(GOOGLE)
    enricher.hosts = ["web1", "web2"]
    senders = [SendingHost(row(1), row(2, "1.1.1.1"), host="web1"), SendingHost(host="web2")]
    viewer = Viewer()
    assert next(viewer.requests()).host == ""
    join(viewer, enricher, *senders)
    assert viewer.live
    assert [*viewer.hosts] == ["web1", "web2"]
    for sender in senders:
        follower = viewer.hosts[sender.sender.host]
        assert follower.live
        assert state_of(follower.history) == state_of(sender.history)
        assert follower.history.limits == LIMITS.shared(2), "all together remember as much as one"
    assert viewer.facts == {GOOGLE.address: GOOGLE}
    assert viewer.statuses.keys() == {
        ("", "enricher"),
        ("web1", "collector"),
        ("web2", "collector"),
    }
    assert [*viewer.requests()] == []


def test_a_host_that_comes_later_is_known_by_its_stream() -> None:
    viewer, late = joined(SendingHost(row(1))), SendingHost(row(5), host="late")
    viewer.hear(*late.publish(delta(101.0)))
    assert [request.host for request in viewer.requests()] == ["late"]
    join(viewer, late)
    assert state_of(viewer.hosts["late"].history) == state_of(late.history)


def test_what_is_followed_of_one_host_is_nothing_to_another() -> None:
    one, other = SendingHost(row(1)), SendingHost(row(1), host="other")
    viewer = joined(one)
    viewer.hear(*other.publish(delta(101.0)))
    join(viewer, other)
    change = viewer.hear(*other.publish(delta(102.0, gone=(1,))))
    assert (change.host, [event.what for event in change.events]) == ("other", [What.CLOSED])
    assert viewer.follower.history.connections == {1: row(1)}
    assert state_of(viewer.hosts["other"].history) == state_of(other.history)


def test_only_so_many_hosts_are_followed() -> None:
    viewer = joined(SendingHost(row(1)))
    for number in range(2 * MAX_HOSTS):
        header, body = SendingHost(host=f"h{number}").publish(Traffic(1.0, ()))
        refused = number >= MAX_HOSTS - 1
        with pytest.raises(codec.RemoteProtocolError) if refused else nullcontext():
            viewer.hear(header, body)
    assert len(viewer.hosts) == MAX_HOSTS


def test_facts_come_with_the_state_and_then_with_the_stream() -> None:
    enricher, viewer = SendingEnricher(GOOGLE), Viewer()
    join(viewer, enricher)
    news = Fact(parse("1.1.1.1"), "AU")
    assert viewer.hear(*enricher.publish(news)).facts == (news,)
    enricher.publish(Fact(parse("9.9.9.9"), "CH"))  # nobody hears it
    viewer.hear(*enricher.publish(GOOGLE._replace(country="CH")))
    join(viewer, enricher)
    assert viewer.facts == enricher.facts


def test_what_says_nothing_of_an_address_takes_no_room_and_undoes_what_was_said_before() -> None:
    addresses = [number.to_bytes(4, "big") for number in range(1, 1_000)]
    enricher, viewer = SendingEnricher(GOOGLE, *map(Fact, addresses)), Viewer()
    join(viewer, enricher)
    assert viewer.facts == {GOOGLE.address: GOOGLE}
    nothing = Fact(GOOGLE.address)
    assert viewer.hear(*enricher.publish(nothing)).facts == (nothing,), "whoever waits hears of it"
    assert viewer.facts == {}


def test_facts_of_addresses_that_have_no_row_any_more_go_in_time() -> None:
    addresses = [number.to_bytes(4, "big") for number in range(1, 3 * KEPT_FACTS)]
    enricher, sender = SendingEnricher(GOOGLE), SendingHost(row(1), row(2, "0.0.0.1"))
    viewer = Viewer()
    join(viewer, enricher, sender)
    for start in range(0, len(addresses), 100):
        viewer.hear(*enricher.publish(*(Fact(at, "DE") for at in addresses[start : start + 100])))
    assert len(viewer.facts) <= 2 * KEPT_FACTS + 100
    assert {GOOGLE.address, addresses[0]} < viewer.facts.keys(), "these have rows"
    assert viewer.facts.keys() > {*addresses[-KEPT_FACTS:]}


def test_no_facts_go_before_the_rows_are_here() -> None:
    enricher, viewer = SendingEnricher(GOOGLE), Viewer()
    join(viewer, enricher)
    for start in range(0, 3 * KEPT_FACTS, 2_048):
        addresses = (number.to_bytes(4, "big") for number in range(start, start + 2_048))
        viewer.hear(*enricher.publish(*(Fact(address, "DE") for address in addresses)))
    assert viewer.facts.keys() == enricher.facts.keys()


def test_the_state_of_a_host_is_asked_for_once_the_facts_are_here() -> None:
    sender, viewer = SendingHost(row(1)), Viewer()
    viewer.hear(*sender.publish(delta(101.0)))
    assert [request.host for request in viewer.requests()] == [""]
    join(viewer, SendingEnricher(GOOGLE))
    assert viewer.facts
    assert [request.host for request in viewer.requests()] == [HOST]


def test_a_status_of_the_stream_is_kept() -> None:
    viewer = joined(SendingHost())
    problem = replace(COLLECTOR, problems=("ill",), limits=("short ones",))
    viewer.hear(*SendingHost().publish(problem))
    viewer.hear(*SendingEnricher().send(replace(STATUS, problems=("also ill",))))
    assert {problem.text for problem in viewer.problems} == {"ill", "also ill"}
    assert viewer.limits == ("short ones",)
    assert viewer.features == {"names"}
    assert viewer.follower.collector == problem


def test_why_there_is_nothing_yet_is_told() -> None:
    viewer, sender = Viewer(), SendingEnricher()
    assert viewer.waiting == ""
    viewer.answer(*sender.wait("not yet"))
    assert viewer.waiting == "not yet"


def test_a_keyframe_in_the_stream_is_taken_when_it_is_whole() -> None:
    sender = SendingHost(row(1))
    viewer = joined(sender)
    parts = [Keyframe(102.0, 102.0, 103.0, (row(2, "1.1.1.1"),)), Keyframe(102.0, 102.0, 103.0, ())]
    events = []
    for index, part in enumerate(parts):
        events.append(viewer.hear(*split(sender.sender.frames(part, 0.0, (index, 2)))).events)
    assert events[0] == []
    assert {event.what for event in events[1]} == {What.NEW, What.CLOSED}


def test_what_happened_while_messages_were_lost_is_told_after_joining_again() -> None:
    sender = SendingHost(row(1), row(2, "1.1.1.1"))
    viewer = joined(sender)
    sender.publish(delta(101.0, row(3, "9.9.9.9"), gone=(1,)))  # nobody hears it
    viewer.hear(*sender.publish(delta(102.0)))
    sender.sent.clear()  # the enricher cannot send it again
    change = join(viewer, sender)
    told = {(event.what, str(event.peer)) for event in change.events}
    assert told == {(What.CLOSED, "8.8.8.8"), (What.NEW, "9.9.9.9")}
    assert change.joined
    assert not change.lost


def test_an_enricher_that_began_anew_is_told_apart() -> None:
    viewer = joined(SendingHost(row(1)))
    successor = SendingHost()
    successor.history = History()
    successor.history.keyframe(Keyframe(500.0, 500.0, 501.0, (row(1),)))
    viewer.hear(*successor.publish(delta(501.0)))
    change = join(viewer, successor)
    assert change.lost
    assert change.events == []


# Processes and traffic.


def with_pid(number: int, pid: int, *holders: int) -> Connection:
    return row(number)._replace(pid=pid, holders=holders)


def counted(number: int, sent: int = 1) -> Counters:
    return Counters(number, sent, 2 * sent)


def test_processes_and_traffic_come_with_the_state_and_then_with_the_stream() -> None:
    sender = SendingHost(row(1), row(2, "1.1.1.1"))
    sender.publish(Processes((Process(7, "ssh"),)))
    sender.publish(Traffic(100.5, (counted(1),)))
    viewer = joined(sender)
    assert viewer.follower.details.processes == {7: Process(7, "ssh")}
    assert viewer.follower.details.counters == {1: counted(1)}
    viewer.hear(*sender.publish(Processes((Process(8, "curl"), Process(7, "sshd")))))
    viewer.hear(*sender.publish(Traffic(101.0, (counted(2),), (counted(1, 9),))))
    viewer.hear(*sender.publish(delta(101.0, gone=(1,))))
    assert viewer.follower.live
    assert [*viewer.follower.details.processes.values()] == [Process(8, "curl"), Process(7, "sshd")]
    assert viewer.follower.details.counters == {2: counted(2)}
    assert viewer.follower.details.final == {1: counted(1, 9)}


def test_traffic_of_connections_that_nobody_knows_is_not_kept() -> None:
    sender = SendingHost(row(1))
    viewer = joined(sender)
    viewer.hear(*sender.publish(Traffic(101.0, (counted(1), counted(99)))))
    assert viewer.follower.details.counters == {1: counted(1)}


def test_traffic_that_comes_before_its_connection_waits_for_the_next_change() -> None:
    sender = SendingHost()
    viewer = joined(sender)
    viewer.hear(*sender.publish(Traffic(101.0, (counted(1), counted(2)))))
    viewer.hear(*sender.publish(delta(101.0, row(1))))
    assert viewer.follower.details.counters == {1: counted(1)}
    viewer.hear(*sender.publish(delta(102.0, row(2))))
    assert viewer.follower.details.counters == {1: counted(1)}, "those of another, perhaps"


def test_traffic_of_an_enricher_that_began_anew_waits_for_its_state() -> None:
    viewer = joined(SendingHost(row(1)))
    viewer.hear(*SendingHost(row(1)).publish(Traffic(101.0, (counted(1),))))
    assert viewer.follower.details.counters == {}


@pytest.mark.usefixtures("unmeasured")
def test_only_so_many_last_counters_are_kept() -> None:
    sender = SendingHost()
    viewer = joined(sender)
    for number in range(KEPT_FINAL + 10):
        viewer.hear(*sender.publish(Traffic(101.0, (), (counted(number),))))
    assert [*viewer.follower.details.final] == [*range(10, KEPT_FINAL + 10)]


def test_processes_that_no_connection_names_go_in_time() -> None:
    sender = SendingHost()
    viewer = joined(sender)
    viewer.hear(*sender.publish(Processes((Process(1, "a"), Process(2, "b")))))
    viewer.hear(*sender.publish(delta(101.0, with_pid(1, 1, 1, 2))))
    for pid in range(10, 3 * KEPT_PROCESSES):
        viewer.hear(*sender.publish(Processes((Process(pid, "short"),))))
    kept = viewer.follower.details.processes
    assert {1, 2, 3 * KEPT_PROCESSES - 1} <= kept.keys()
    assert len(kept) <= KEPT_PROCESSES + 2
    viewer.hear(*sender.publish(delta(102.0, with_pid(1, 10))))
    for pid in range(10, 3 * KEPT_PROCESSES):
        viewer.hear(*sender.publish(Processes((Process(pid, "short"),))))
    assert not {1, 2} & viewer.follower.details.processes.keys()


def test_after_a_keyframe_only_the_same_connections_keep_their_counters() -> None:
    sender = SendingHost(*map(row, range(1, 6)))
    viewer = joined(sender)
    counters = tuple(map(counted, range(1, 6)))
    viewer.hear(*sender.publish(Traffic(101.0, counters, (counted(7),))))
    other = row(2)._replace(local_port=7)
    swapped = row(4)._replace(id=5), row(5)._replace(id=4)
    viewer.hear(*sender.publish(Keyframe(102.0, 102.0, 103.0, (row(1), other, *swapped))))
    assert viewer.follower.details.counters == {1: counted(1)}
    assert viewer.follower.details.final == {}


def test_a_change_tells_in_which_stretches_events_were_lost() -> None:
    sender = SendingHost(row(1))
    viewer = joined(sender)
    lost = ((100.2, 100.4),)
    change = viewer.hear(*sender.publish(Delta(101.0, 101.0, 102.0, (), (), lost)))
    assert change.unseen == lost
    assert state_of(joined(sender).follower.history) == state_of(viewer.follower.history)


def test_only_what_happened_is_news() -> None:
    sender = SendingHost(row(1))
    viewer = joined(sender)
    assert not viewer.hear(*sender.publish(Delta(101.0, 101.0, 102.0, (), ()))).news
    assert viewer.hear(*sender.publish(Delta(102.0, 102.0, 103.0, (row(2),), ()))).news
    assert viewer.hear(*sender.publish(Delta(103.0, 103.0, 104.0, (), (), ((103.0, 104.0),)))).news


# States that should not last.


def age(follower: Follower, moment: float) -> float | None:
    track = follower.history.tracks[Peer(parse("8.8.8.8"))]
    found = unusual(track, follower.ages, follower.history, moment)
    return found and found.seconds


def test_the_age_of_a_leak_is_kept_over_keyframes_and_joining_anew() -> None:
    leak = row(1)._replace(state=State.CLOSE_WAIT)
    sender = SendingHost(row(1), row(2))
    viewer = joined(sender)
    viewer.hear(*sender.publish(delta(101.0, leak)))
    assert age(viewer.follower, 111.0) == 10.0
    sender.history.keyframe(Keyframe(105.0, 105.0, 106.0, (leak, row(2))))
    viewer.hear(*sender.publish(Keyframe(105.0, 105.0, 106.0, (leak, row(2)))))
    assert age(viewer.follower, 111.0) == 10.0
    sender.publish(delta(106.0))  # nobody hears it
    viewer.hear(*sender.publish(delta(107.0)))
    join(viewer, sender)
    assert age(viewer.follower, 111.0) == 10.0
    viewer.hear(*sender.publish(delta(108.0, gone=(1,))))
    assert age(viewer.follower, 111.0) is None


def test_a_leak_after_another_with_the_same_ends_has_an_age_of_its_own() -> None:
    leak = row(1)._replace(state=State.CLOSE_WAIT)
    sender = SendingHost(leak)
    viewer = joined(sender)
    viewer.hear(*sender.publish(delta(101.0, gone=(1,))))
    viewer.hear(*sender.publish(delta(105.0, leak._replace(id=2))))
    assert age(viewer.follower, 106.0) == 1.0


def test_a_leak_that_a_keyframe_tells_of_is_as_old_as_that() -> None:
    sender = SendingHost(row(1))
    viewer = joined(sender)
    leak = row(1)._replace(state=State.CLOSE_WAIT)
    viewer.hear(*sender.publish(Keyframe(105.0, 105.0, 106.0, (leak,))))
    assert age(viewer.follower, 106.0) == 1.0


def test_who_joins_late_knows_the_age_of_a_leak_and_what_is_only_the_least() -> None:
    leak = row(1)._replace(state=State.CLOSE_WAIT)
    sender = SendingHost(row(1), row(2, "1.1.1.1")._replace(state=State.CLOSE_WAIT))
    sender.publish(delta(101.0, leak))
    follower = joined(sender).follower
    assert age(follower, 111.0) == 10.0
    old = follower.history.tracks[Peer(parse("1.1.1.1"))]
    found = unusual(old, follower.ages, follower.history, 111.0)
    assert found is not None
    assert (found.seconds, found.wordings[0]) == (11.0, "CLOSE_WAIT ≥11s")


def test_what_a_message_missed_before_is_told_with_it() -> None:
    sender = SendingHost(row(1))
    viewer = joined(sender)
    sender.publish(delta(101.0, row(2, "1.1.1.1")))  # nobody hears it
    sender.publish(delta(102.0, gone=(2,)))
    viewer.hear(*sender.publish(delta(103.0)))
    changes = []
    for request in viewer.requests():
        changes = [viewer.answer(*one) for one in sender.answers(request)]
    told = [event.what for change in changes for event in change.events]
    assert told == [What.NEW, What.CLOSED], "also what was over before it was known to be missing"
    assert not any(change.joined for change in changes)
    assert state_of(viewer.follower.history) == state_of(sender.history)


def test_a_state_that_is_none_is_refused_and_asked_for_again() -> None:
    for message in (Wait(""), Facts(()), COLLECTOR):
        sender, viewer = SendingHost(), joined(SendingHost())
        header, body = sender.publish(delta(101.0))
        viewer.hear(header, body)  # of another epoch
        kind, content = next((k, codec.encode(message)) for k in KINDS if KINDS[k] is type(message))
        answer = split(sender.sender.answer(kind, content, 0.0, 0, (0, 1)))
        if isinstance(message, Wait):
            viewer.answer(*answer)
        else:
            with pytest.raises(codec.RemoteProtocolError):
                viewer.answer(*answer)
        assert not viewer.follower.live
        join(viewer, sender)
        assert viewer.follower.live


# What only a later version knows.


def newer(header: Header) -> Header:
    return replace(header, kind="gossip")


def test_a_kind_that_only_a_later_version_knows_is_dropped() -> None:
    sender = SendingHost(row(1))
    viewer = joined(sender)
    header, _ = sender.publish(Processes(()))  # numbered
    assert viewer.hear(newer(header), b"?").events == []
    header, _ = sender.publish(COLLECTOR)  # not numbered
    assert viewer.hear(newer(header), b"?").events == []
    assert len(viewer.hear(*sender.publish(delta(101.0, row(2)))).events) == 1


def test_what_a_numbered_message_that_cannot_be_read_said_is_taken_from_the_state() -> None:
    sender = SendingHost(row(1), row(2))
    viewer = joined(sender)
    header, _ = sender.publish(delta(101.0, gone=(1,)))
    with pytest.raises(codec.RemoteProtocolError):
        viewer.hear(header, b"?")
    assert viewer.follower.place is None
    join(viewer, sender)
    assert state_of(viewer.follower.history) == state_of(sender.history)


def test_a_message_that_is_missing_and_cannot_be_read_is_taken_from_the_state() -> None:
    sender = SendingHost(row(1), row(2))
    viewer = joined(sender)
    sender.publish(delta(101.0, gone=(1,)))  # lost
    viewer.hear(*sender.publish(delta(102.0)))
    for request in viewer.requests():
        for header, _ in sender.answers(request):
            with pytest.raises(codec.RemoteProtocolError):
                viewer.answer(header, b"?")
    assert not viewer.follower.live
    join(viewer, sender)
    assert state_of(viewer.follower.history) == state_of(sender.history)


def test_what_cannot_be_read_while_joining_does_not_put_the_state_off() -> None:
    sender, viewer = SendingHost(row(1)), Viewer()
    join(viewer, SendingEnricher())
    viewer.hear(*sender.publish(COLLECTOR))
    parts = sender.answers(next(viewer.requests()))
    viewer.answer(*next(parts))
    with pytest.raises(codec.RemoteProtocolError):
        viewer.hear(sender.publish(delta(101.0))[0], b"?")
    for part in parts:
        viewer.answer(*part)
    assert viewer.follower.live


def test_a_message_that_cannot_be_read_is_told_about_for_a_while() -> None:
    clock = itertools.count(0.0, 10.0).__next__
    viewer = Pipeline(clock)
    viewer.reject()
    assert any("another version" in problem.text for problem in viewer.problems)
    assert not [viewer.problems for _ in range(5)][-1]


def test_a_part_of_a_state_that_only_a_later_version_knows_is_left_out() -> None:
    sender, viewer = SendingHost(row(1)), Viewer()
    join(viewer, SendingEnricher())
    for header, body in sender.answers(next(viewer.requests())):
        is_status = header.kind == "status"
        viewer.answer(newer(header) if is_status else header, b"?" if is_status else body)
    assert state_of(viewer.follower.history) == state_of(sender.history)


# Whatever comes.

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
    st.just(RepeatRequest("", b"a" * 8, 1)),
)
headers = st.tuples(
    st.sampled_from(["", HOST]),
    st.sampled_from([b"a" * 8, b"b" * 8]),
    st.integers(0, 3),
    st.integers(0, 3),
    st.sampled_from([(0, 1), (0, 2), (1, 2), (2, 3)]),
)
bodies = st.one_of(
    messages.map(lambda m: (type(m), m)),
    st.tuples(st.sampled_from(list(KINDS.values())), st.binary(max_size=20)),
)


@pytest.mark.usefixtures("unmeasured")
@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(st.booleans(), headers, bodies), max_size=12))
def test_whatever_a_peer_sends_is_taken_or_a_remote_protocol_error(
    sent: list[tuple[bool, tuple[str, bytes, int, int, tuple[int, int]], tuple[type, object]]],
) -> None:
    viewer = joined(SendingHost(row(1)))
    names = {kind: name for name, kind in KINDS.items()}
    for is_answer, (host, epoch, seq, base, part), (kind, content) in sent:
        header = Header(names[kind], host, epoch, seq, base, 0.0, *part)
        try:
            body = content if isinstance(content, bytes) else codec.encode(content)  # type: ignore[arg-type] # a message of `kind`
        except codec.LocalProtocolError:
            continue
        try:
            (viewer.answer if is_answer else viewer.hear)(header, body)
        except codec.RemoteProtocolError:
            continue
        [*viewer.requests()]
