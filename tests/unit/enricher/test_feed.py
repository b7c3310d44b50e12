from dataclasses import replace

import pytest
from helpers import connection, delta, keyframe

from connmon_enricher.feed import LONGEST_INTERVAL, SILENCE, Feed, Step
from connmon_shared import codec, wire
from connmon_shared.codec import RemoteProtocolError
from connmon_shared.messages import (
    ROWS_PER_PART,
    Connection,
    Counters,
    Delta,
    Ended,
    Fact,
    Facts,
    Keyframe,
    Message,
    Names,
    ObservedName,
    Process,
    Processes,
    StateRequest,
    Status,
    Traffic,
    Wait,
)
from connmon_shared.timelines.history import History, What
from connmon_shared.timelines.memory import Limits
from connmon_shared.wire import Sender, in_parts, new_epoch, split

START = 1_700_000_000.0


class Collector:
    """Numbers messages as a collector does and hands them to a feed."""

    def __init__(self, feed: Feed, host: str = "here") -> None:
        self.feed = feed
        self.sender = Sender(host, new_epoch())

    def sends(self, message: Message, part: wire.Part = wire.WHOLE, moment: float = START) -> Step:
        return self.feed.receive(*split(self.sender.frames(message, moment, part)))

    def loses(self, message: Message) -> None:
        self.sender.frames(message, START)


class Following:
    """A feed with a clock that stands still unless told."""

    def __init__(self) -> None:
        self.moment = 1_000.0
        self.history = History()
        self.feed = Feed(self.history, lambda: self.moment)
        self.collector = Collector(self.feed)


@pytest.fixture
def following() -> Following:
    return Following()


def whats(step: Step) -> list[What]:
    return [event.what for event in step.events]


def kinds(step: Step) -> list[str]:
    return [kind for kind, _ in step.forward]


def test_a_collector_is_followed_from_its_keyframe_on(following: Following) -> None:
    collector = following.collector
    step = collector.sends(keyframe(START, connection(1)))
    assert (whats(step), kinds(step), step.resync) == ([What.ACTIVE], ["keyframe"], False)
    assert "'here'" in step.note
    step = collector.sends(delta(START + 1, connection(2), gone=[1]))
    assert (whats(step), kinds(step), step.note) == ([What.CLOSED, What.NEW], ["delta"], "")


def test_bodies_are_forwarded_as_they_came(following: Following) -> None:
    following.collector.sends(keyframe(START))
    frames = following.collector.sender.frames(delta(START + 1, connection(7)), START)
    step = following.feed.receive(*split(frames))
    assert step.forward == (("delta", frames[2]),)


def test_an_empty_delta_is_forwarded_as_the_heartbeat(following: Following) -> None:
    following.collector.sends(keyframe(START))
    step = following.collector.sends(delta(START + 1))
    assert (step.events, kinds(step)) == ((), ["delta"])


def test_before_a_keyframe_a_delta_only_asks_for_one(following: Following) -> None:
    step = following.collector.sends(delta(START, connection(1)))
    assert (step.events, step.forward, step.resync) == ((), (), True)
    assert not following.history.started


def test_lag_is_what_a_delta_takes_beyond_the_least_whatever_the_clocks_say(
    following: Following,
) -> None:
    collector = following.collector
    collector.sends(keyframe(START))
    lags = []
    for taken in (0.002, 0.5, 0.001, 3.0):
        following.moment += 1
        moment = following.moment + 1e6 - taken  # the collector's clock is another
        collector.sends(delta(START + 1), moment=moment)
        lags.append(following.feed.lag)
    assert lags == pytest.approx([0, 0.498, 0, 2.999], abs=1e-3)


def test_clocks_that_drift_apart_are_no_lag(following: Following) -> None:
    collector = following.collector
    collector.sends(keyframe(START))
    for second in range(10_000):
        following.moment += 1
        collector.sends(delta(START + 1), moment=START + second * 0.99995)
    assert following.feed.lag < 0.01


def test_a_collector_that_is_restarted_has_a_least_lag_of_its_own(following: Following) -> None:
    following.collector.sends(keyframe(START))
    following.collector.sends(delta(START + 1), moment=START + 1_000)
    following.moment += SILENCE + 1
    restarted = Collector(following.feed)
    restarted.sends(keyframe(START + 5))
    restarted.sends(delta(START + 6), moment=START)
    assert following.feed.lag == 0


def test_a_gap_in_the_numbers_asks_for_a_keyframe_until_one_comes(following: Following) -> None:
    collector = following.collector
    collector.sends(keyframe(START, connection(1)))
    collector.loses(delta(START + 1, gone=[1]))
    first = collector.sends(delta(START + 2, connection(2)))
    again = collector.sends(delta(START + 3))
    assert (first.resync, again.resync) == (True, True)
    assert ("lost" in first.note, again.note) == (True, "")
    assert (first.forward, again.forward) == ((), ())
    step = collector.sends(keyframe(START + 4, connection(2, local_port=7)))
    assert (whats(step), kinds(step)) == ([What.CLOSED, What.NEW], ["keyframe"])
    assert kinds(collector.sends(delta(START + 5))) == ["delta"]
    assert following.history.coverage.gaps == [(10, 40)]


def test_a_keyframe_while_in_sync_is_no_news(following: Following) -> None:
    collector = following.collector
    collector.sends(keyframe(START, connection(1)))
    step = collector.sends(keyframe(START + 1, connection(1)))
    assert step == Step()
    assert kinds(collector.sends(delta(START + 2))) == ["delta"]


def test_a_large_keyframe_is_taken_and_forwarded_when_it_is_whole(following: Following) -> None:
    rows = [connection(i, local_port=i % 60_000) for i in range(1, 2 * ROWS_PER_PART)]
    parts = list(in_parts(keyframe(START, *rows)))
    steps = [
        following.collector.sends(part, (index, len(parts))) for index, part in enumerate(parts)
    ]
    assert steps[0].forward == ()
    assert kinds(steps[-1]) == ["keyframe"] * len(parts)
    assert len(following.history.connections) == len(rows)
    for index, part in enumerate(parts):  # once more, now in sync
        assert following.collector.sends(part, (index, len(parts))) == Step()
    assert kinds(following.collector.sends(delta(START + 1))) == ["delta"]


def test_a_keyframe_that_loses_a_part_is_not_taken(following: Following) -> None:
    rows = [connection(i) for i in range(2 * ROWS_PER_PART + 1)]
    first, _lost, last = in_parts(keyframe(START, *rows))
    following.collector.sends(first, (0, 3))
    assert following.collector.sends(last, (2, 3)).forward == ()
    assert following.collector.sends(delta(START + 1)).resync
    assert not following.history.started
    step = following.collector.sends(keyframe(START + 2))
    assert kinds(step) == ["keyframe"]


def began(moment: float) -> Status:
    return Status("collector", "test", "netlink", 1.0, (), started=moment)


def test_a_collector_that_was_started_later_takes_over_at_once(following: Following) -> None:
    following.collector.sends(began(START - 9))
    following.collector.sends(keyframe(START, connection(1)))
    restarted = Collector(following.feed)
    assert "following" in restarted.sends(began(START + 0.1), moment=START + 0.1).note
    step = restarted.sends(keyframe(START + 0.2, connection(99)))
    assert (whats(step), kinds(step)) == ([], ["delta", "keyframe"])
    assert following.collector.sends(delta(START + 1)).forward == ()


@pytest.mark.parametrize("moment", [0.0, START - 10, START - 9], ids=["untold", "earlier", "same"])
def test_one_that_was_not_started_later_does_not(following: Following, moment: float) -> None:
    following.collector.sends(began(START - 9))
    following.collector.sends(keyframe(START, connection(1)))
    other = Collector(following.feed)
    assert "another collector" in other.sends(began(moment)).note
    assert other.sends(keyframe(START + 0.2)).forward == ()
    assert kinds(following.collector.sends(delta(START + 1))) == ["delta"]


def test_a_restarted_collector_takes_over_only_after_silence(following: Following) -> None:
    following.collector.sends(keyframe(START, connection(1)))
    restarted = Collector(following.feed)
    following.moment += SILENCE - 0.1
    assert restarted.sends(keyframe(START + 3)).forward == ()
    following.moment += 0.2
    step = restarted.sends(keyframe(START + 4, connection(99)))
    assert (whats(step), kinds(step)) == ([], ["delta", "keyframe"])
    assert "following" in step.note
    assert kinds(restarted.sends(delta(START + 5))) == ["delta"]


def test_a_slow_collector_is_given_three_of_its_own_intervals(following: Following) -> None:
    following.collector.sends(Status("collector", "1", "netlink", 10.0, ()))
    following.collector.sends(keyframe(START))
    stranger = Collector(following.feed)
    following.moment += 29
    assert stranger.sends(keyframe(START)).forward == ()
    following.moment += 2
    assert kinds(stranger.sends(keyframe(START))) == ["keyframe"]


def test_a_second_collector_is_refused_once_in_words(following: Following) -> None:
    following.collector.sends(keyframe(START, connection(1)))
    second = Collector(following.feed, "there")
    steps = [second.sends(delta(START + i, connection(2), gone=[1])) for i in range(3)]
    assert "'there'" in steps[0].note
    assert [step.note for step in steps[1:]] == ["", ""]
    assert all(step.forward == () and not step.resync for step in steps)
    assert set(following.history.connections) == {1}
    assert kinds(following.collector.sends(delta(START + 1))) == ["delta"]


@pytest.mark.parametrize(
    "message", [Facts((Fact(b"1234"),)), Wait(""), StateRequest()], ids=lambda m: type(m).__name__
)
def test_what_no_collector_sends_is_refused(following: Following, message: Message) -> None:
    with pytest.raises(RemoteProtocolError, match="a collector sends no"):
        following.collector.sends(message)


def test_an_unreadable_body_is_refused_and_leaves_things_as_they_were(
    following: Following,
) -> None:
    collector = following.collector
    collector.sends(keyframe(START, connection(1)))
    header, _ = split(collector.sender.frames(delta(START + 1), START))
    with pytest.raises(RemoteProtocolError):
        following.feed.receive(header, b"\xc1")
    assert set(following.history.connections) == {1}
    assert collector.sends(delta(START + 2)).resync


def test_messages_that_nobody_can_read_do_not_keep_the_place(following: Following) -> None:
    rogue = Collector(following.feed, "rogue")
    for _ in range(3):
        with pytest.raises(RemoteProtocolError):
            rogue.sends(Wait("for ever"))
    assert kinds(following.collector.sends(keyframe(START))) == ["keyframe"]


def test_a_status_is_kept_and_forwarded_in_any_case(following: Following) -> None:
    status = Status("collector", "1", "netlink", 1.0, ("blind",))
    assert kinds(following.collector.sends(status)) == ["status"]
    assert following.feed.status == status


def test_time_is_the_collectors(following: Following) -> None:
    following.collector.sends(keyframe(START))
    following.moment += 2.5
    assert following.feed.time() == START + 2.5


def test_empty_keyframes_and_rows_without_meaning_are_taken(following: Following) -> None:
    odd = Connection(5, 17, 7, b"", 40_000, b"", 0)
    step = following.collector.sends(Keyframe(START, START, START, (odd,)))
    assert (whats(step), kinds(step)) == ([], ["keyframe"])


def test_a_clock_that_went_back_makes_the_history_begin_anew() -> None:
    time = [0.0]
    limits = Limits(transitions=1_000)
    feed = Feed(History(limits), lambda: time[0])
    Collector(feed).sends(keyframe(START, connection(1)))
    before = feed.history
    time[0] += 2 * SILENCE
    step = Collector(feed).sends(keyframe(START - 3_600, connection(1)))
    assert step.fresh
    assert "clock" in step.note
    assert feed.history is not before
    assert feed.history.limits == limits
    assert feed.history.seconds(feed.history.coverage.begin) == START - 3_600


def test_a_restarted_collector_goes_on_with_the_same_history() -> None:
    time = [0.0]
    feed = Feed(History(), lambda: time[0])
    Collector(feed).sends(keyframe(START, connection(1)))
    before = feed.history
    time[0] += 2 * SILENCE
    step = Collector(feed).sends(keyframe(START + 7, connection(1)))
    assert not step.fresh
    assert feed.history is before
    assert feed.history.coverage.gaps == [(1, 70)]


def test_time_between_two_collectors_is_lost_although_the_first_had_vouched_for_it() -> None:
    """A heartbeat is sent as its slot begins; the collector may be killed within that."""
    time = [0.0]
    feed = Feed(History(), lambda: time[0])
    killed = Collector(feed)
    killed.sends(keyframe(START), moment=START)
    killed.sends(Delta(START + 0.3, START, START, (connection(1),), ()), moment=START + 0.3)
    killed.sends(Traffic(START + 0.4, (), ()), moment=START + 0.4)
    time[0] += 2 * SILENCE
    following = Collector(feed)
    following.sends(began(START + 0.6), moment=START + 0.7)
    frame = Keyframe(START + 0.8, START + 0.75, START + 1, (connection(1),))
    step = following.sends(frame, moment=START + 0.8)
    assert feed.history.coverage.gaps == [(5, 7)]
    told = codec.decode("delta", step.forward[0][1])
    assert isinstance(told, Delta)
    viewer = History()
    viewer.keyframe(keyframe(START))
    viewer.delta(told)
    viewer.keyframe(frame)
    assert viewer.coverage.gaps == feed.history.coverage.gaps
    assert kinds(following.sends(keyframe(START + 1), moment=START + 1)) == []


# Processes, traffic, names.

CURL = Processes((Process(4242, "curl"),))
COUNTED = Traffic(START, (Counters(1, 10, 20), Counters(99, 1, 1)))


def test_processes_in_step_are_kept_and_forwarded(following: Following) -> None:
    collector = following.collector
    collector.sends(keyframe(START))
    assert kinds(collector.sends(CURL)) == ["processes"]
    assert following.feed.details.processes == {4242: Process(4242, "curl")}
    assert kinds(collector.sends(delta(START + 1, connection(1)))) == ["delta"]


def test_processes_out_of_step_are_lost_and_ask_for_a_keyframe(following: Following) -> None:
    collector = following.collector
    collector.sends(keyframe(START))
    collector.loses(delta(START + 1))
    step = collector.sends(CURL)
    assert (step.forward, step.resync) == ((), True)
    assert following.feed.details.processes == {}
    collector.sends(keyframe(START + 2))
    assert kinds(collector.sends(CURL)) == ["processes"]


def test_lost_processes_are_noticed_by_the_next_delta(following: Following) -> None:
    following.collector.sends(keyframe(START))
    following.collector.loses(CURL)
    assert following.collector.sends(delta(START + 1)).resync


def test_traffic_is_forwarded_and_kept_of_what_is_open(following: Following) -> None:
    collector = following.collector
    collector.sends(keyframe(START, connection(1)))
    assert kinds(collector.sends(COUNTED)) == ["traffic"]
    assert following.feed.details.counters == {1: Counters(1, 10, 20)}
    told = codec.encode(Ended((Counters(1, 10, 20),)))
    last = collector.sends(delta(START + 1, gone=[1]))
    assert (kinds(last), last.forward[0][1]) == (["ended", "delta"], told)
    assert following.feed.details.counters == {}


def test_last_counters_are_forwarded_with_what_ends_and_not_before(following: Following) -> None:
    collector = following.collector
    collector.sends(keyframe(START, connection(1)))
    final = (Counters(1, 11, 22),)
    forward = collector.sends(replace(COUNTED, final=final)).forward
    assert forward == (("traffic", codec.encode(COUNTED)),)
    told = ("ended", codec.encode(Ended(final)))
    assert collector.sends(delta(START + 1, gone=[1])).forward[0] == told
    collector.sends(Traffic(START + 2, (Counters(3, 5, 6),)))
    collector.sends(delta(START + 2, connection(3)))
    collector.loses(delta(START + 3))
    assert kinds(collector.sends(keyframe(START + 3))) == ["ended", "keyframe"]


def test_traffic_of_a_collector_whose_keyframe_has_not_come_is_dropped(
    following: Following,
) -> None:
    following.collector.sends(keyframe(START, connection(1)))
    restarted = Collector(following.feed)
    following.moment += 2 * SILENCE
    assert restarted.sends(COUNTED).forward == ()
    assert following.feed.details.counters == {}


def test_a_restarted_collector_keeps_no_counters_of_other_connections(
    following: Following,
) -> None:
    following.collector.sends(keyframe(START, connection(1)))
    following.collector.sends(COUNTED)
    following.moment += 2 * SILENCE
    Collector(following.feed).sends(keyframe(START + 7, connection(1, local_port=7)))
    assert following.feed.details.counters == {}


def test_names_are_handed_over_and_not_forwarded(following: Following) -> None:
    names = (ObservedName(b"1234", "a.example", START),)
    step = following.collector.sends(Names(names))
    assert (step.names, step.forward) == (names, ())


def test_a_numbered_kind_that_only_a_later_version_knows_breaks_nothing(
    following: Following,
) -> None:
    collector = following.collector
    collector.sends(keyframe(START))
    header, body = split(collector.sender.frames(CURL, START))
    with pytest.raises(RemoteProtocolError, match="unknown kind"):
        following.feed.receive(replace(header, kind="gossip"), body)
    assert kinds(collector.sends(delta(START + 1))) == ["delta"]


def test_more_connections_than_are_followed_are_refused_and_a_keyframe_is_asked_for() -> None:
    following = Following()
    following.history.limits = Limits(open=2)
    rows = [connection(number, f"203.0.113.{number}") for number in range(1, 5)]
    with pytest.raises(RemoteProtocolError, match="3 connections"):
        following.collector.sends(keyframe(START, *rows[:3]))
    following.collector.sends(keyframe(START, *rows[:2]))
    following.collector.sends(delta(START + 1, rows[2], gone=[1]))
    with pytest.raises(RemoteProtocolError, match="3 connections"):
        following.collector.sends(delta(START + 2, rows[3]))
    assert following.collector.sends(delta(START + 3)).resync
    assert len(following.history.connections) == 2


def test_a_clock_that_is_none_is_refused(following: Following) -> None:
    following.collector.sends(keyframe(START))
    with pytest.raises(RemoteProtocolError, match="after 1970"):
        following.collector.sends(delta(START + 1), moment=1e11)
    assert following.feed.time() < START + 10


def test_a_start_that_is_still_to_come_takes_nothing_over(following: Following) -> None:
    following.collector.sends(began(START - 10))
    impostor = Collector(following.feed)
    impostor.sends(began(START + 1e6))
    assert not following.collector.sends(keyframe(START)).note
    assert impostor.sends(keyframe(START, connection(1))) == Step()


def test_an_interval_of_days_does_not_keep_a_place_for_days(following: Following) -> None:
    following.collector.sends(replace(began(START), interval=86_400.0))
    following.moment += SILENCE * LONGEST_INTERVAL + 1
    assert Collector(following.feed).sends(keyframe(START)).note
