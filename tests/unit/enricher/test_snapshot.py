from collections.abc import Iterator

import pytest
from helpers import connection, delta, keyframe, listener

from connmon_enricher.snapshot import (
    KEPT_PARTS,
    KEPT_SECONDS,
    SAME_SECONDS,
    SHARED_TIMES,
    Snapshots,
)
from connmon_enricher.stream import Stream
from connmon_shared.codec import decode
from connmon_shared.messages import Header, Keyframe, Message, Session, StateRequest, Status
from connmon_shared.timelines.ages import Ages
from connmon_shared.timelines.description import describe
from connmon_shared.timelines.details import Details
from connmon_shared.timelines.history import History
from connmon_shared.wire import split

START = 1_700_000_000.0
STATUS = Status("collector", "1", "netlink", 1.0, ())
COST = 0.1  # seconds to take a snapshot


class Told:
    """A stream of a host whose history a test changes."""

    def __init__(self, moment: "Moment", host: str = "here", parts: int = 0) -> None:
        self.taken = 0
        self._moment = moment
        self._more = parts
        self.history = History()
        self.history.keyframe(keyframe(START, connection(1), listener(2)))
        self.stream = Stream(host, self.describe, lambda: START, lambda _: None)

    def describe(self) -> Iterator[Message]:
        self.taken += 1
        self._moment.now += COST
        yield from describe(self.history, Details(), Ages())
        yield STATUS
        for _ in range(self._more):
            yield STATUS

    def go_on(self, number: int = 3) -> None:
        change = delta(START + 1, connection(number))
        self.history.delta(change)
        self.stream.send(change)


class Moment:
    now = 1_000.0


class Asking:
    """Who asks for the states of streams."""

    def __init__(self) -> None:
        self.moment = Moment()
        self.snapshots = Snapshots(lambda: self.moment.now)
        self.told = Told(self.moment)

    def ask(
        self, snapshot: int = 0, part: int = 0, count: int = 32, of: Told | None = None
    ) -> list[tuple[Header, Message]]:
        request = StateRequest(snapshot, part, count)
        answers = [*map(split, self.snapshots.answer((of or self.told).stream, request))]
        return [(header, decode(header.kind, body)) for header, body in answers]

    def seq(self) -> int:
        return self.ask()[0][0].seq


@pytest.fixture
def asking() -> Asking:
    return Asking()


def test_the_parts_are_the_messages_in_order(asking: Asking) -> None:
    answers = asking.ask()
    assert [message for _, message in answers] == list(asking.told.describe())
    assert {(header.host, header.epoch) for header, _ in answers} == {asking.told.stream.place[:2]}


def test_as_many_parts_as_are_asked_for_are_answered_as_far_as_there_are(asking: Asking) -> None:
    assert [header.part for header, _ in asking.ask(count=1)] == [0]
    assert [header.part for header, _ in asking.ask(part=1, count=2)] == [1, 2]
    assert [header.part for header, _ in asking.ask(part=3, count=3)] == [3, 4]
    assert asking.ask(part=5) == []
    assert asking.told.taken == 1


def test_every_part_says_which_snapshot_it_belongs_to(asking: Asking) -> None:
    asking.told.go_on()
    headers = [header for header, _ in asking.ask(count=2) + asking.ask(1, part=2, count=3)]
    assert [(h.seq, h.base, h.part, h.parts) for h in headers] == [
        (1, 1, part, 5) for part in range(5)
    ]


def test_part_0_is_of_the_state_as_it_is_and_later_parts_of_the_one_named(asking: Asking) -> None:
    before = asking.seq()
    asking.told.go_on()
    asking.moment.now += SHARED_TIMES * COST * 1.1
    after = asking.seq()
    assert (before, after) == (0, 1)
    old, new = (asking.ask(seq, part=2)[0][1] for seq in (before, after))
    assert isinstance(old, Keyframe)
    assert isinstance(new, Keyframe)
    assert (len(old.connections), len(new.connections)) == (2, 3)


def test_those_who_join_right_after_another_get_the_same_snapshot(asking: Asking) -> None:
    asking.ask()
    asking.moment.now += SHARED_TIMES * COST * 0.9
    asking.told.go_on()
    assert asking.seq() == 0  # what followed they get by its number
    assert asking.told.taken == 1
    asking.moment.now += SHARED_TIMES * COST * 0.2
    assert asking.seq() == 1


def test_the_newest_snapshot_is_shared(asking: Asking) -> None:
    asking.ask()
    asking.told.go_on()
    asking.moment.now += SHARED_TIMES * COST * 1.1
    asking.ask()
    asking.ask(0, part=1)  # somebody still fetches the old one
    asking.told.go_on(4)
    assert asking.seq() == 1


def test_as_long_as_nothing_follows_a_snapshot_is_good_for_a_second(asking: Asking) -> None:
    asking.ask()
    asking.moment.now += SAME_SECONDS * 0.9
    asking.ask()
    assert asking.told.taken == 1
    asking.moment.now += SAME_SECONDS * 0.2
    asking.ask()
    assert asking.told.taken == 2


def test_a_state_that_lacks_what_no_number_tells_is_taken_anew(asking: Asking) -> None:
    other = Told(asking.moment, "other")
    asking.ask()
    asking.ask(of=other)
    asking.snapshots.outdate("here")
    assert asking.ask(snapshot=asking.told.stream.place[2], part=1) == []
    asking.ask()
    asking.ask(of=other)
    assert (asking.told.taken, other.taken) == (2, 1)


def test_a_snapshot_is_not_shared_when_what_followed_is_not_kept(asking: Asking) -> None:
    asking.ask()
    asking.told.stream.keep(0)
    asking.told.go_on()
    assert asking.seq() == 1


@pytest.mark.parametrize(("snapshot", "part"), [(7, 1), (0, 99), (2**64 - 1, 2**53 - 1)])
def test_nothing_answers_for_a_part_that_is_not_kept(
    asking: Asking, snapshot: int, part: int
) -> None:
    asking.ask()
    assert asking.ask(snapshot, part) == []


def test_a_new_epoch_ends_all_snapshots(asking: Asking) -> None:
    asking.ask()
    asking.told.stream.renew()
    assert asking.ask(0, part=1) == []
    assert asking.ask()[0][0].epoch == asking.told.stream.place[1]
    assert asking.told.taken == 2


def test_streams_have_snapshots_of_their_own(asking: Asking) -> None:
    other = Told(asking.moment, "there")
    other.history.keyframe(keyframe(START + 5))
    for told, host in ((asking.told, "here"), (other, "there")):
        header, session = asking.ask(of=told)[0]
        assert header.host == host
        assert session == told.history.session()
        assert isinstance(session, Session)


def test_what_nobody_asks_for_any_more_is_forgotten(asking: Asking) -> None:
    asking.ask()
    for _ in range(3):  # somebody slow
        asking.moment.now += KEPT_SECONDS - 1
        asking.snapshots.forget()
        assert asking.ask(0, part=1)
    asking.moment.now += KEPT_SECONDS + 1
    asking.snapshots.forget()
    assert asking.ask(0, part=1) == []


def test_only_so_many_parts_are_kept_and_of_those_used_last(asking: Asking) -> None:
    third = KEPT_PARTS // 3
    hosts = [Told(asking.moment, str(number), third) for number in range(3)]
    for told in hosts[:2]:
        asking.ask(of=told)
    asking.ask(0, part=1, of=hosts[0])  # is used, and so stays
    asking.ask(of=hosts[2])
    assert [bool(asking.ask(0, part=1, of=told)) for told in hosts] == [True, False, True]


def test_the_newest_is_kept_however_large_it_is(asking: Asking) -> None:
    large = Told(asking.moment, "large", KEPT_PARTS)
    asking.ask(of=large)
    assert asking.ask(0, part=KEPT_PARTS, of=large)
