from collections.abc import Iterator

import pytest
from helpers import connection, delta, keyframe, listener

from connmon_enricher.snapshot import KEPT_SECONDS, KEPT_SNAPSHOTS, Snapshots
from connmon_shared.codec import decode
from connmon_shared.description import describe
from connmon_shared.details import Details
from connmon_shared.history import History
from connmon_shared.messages import (
    Header,
    Keyframe,
    Message,
    StateRequest,
    Status,
    Wait,
)
from connmon_shared.wire import Sender, new_epoch, split

START = 1_700_000_000.0
STATUS = Status("collector", "1", "netlink", 1.0, ())


class Desk:
    """Snapshots of a history that a test changes."""

    def __init__(self) -> None:
        self.moment = 0.0
        self.taken = 0
        self.history = History()
        self.history.keyframe(keyframe(START, connection(1), listener(2)))
        self.sender = Sender("here", new_epoch())
        self.snapshots = Snapshots(self.sender, self.describe, lambda: self.moment)

    def describe(self) -> Iterator[Message]:
        self.taken += 1
        yield from describe(self.history, Details())
        yield STATUS

    def ask(self, snapshot: int = 0, part: int = 0) -> tuple[Header, Message]:
        header, body = split(self.snapshots.answer(StateRequest(snapshot, part)))
        return header, decode(header.kind, body)

    def ask_all(self) -> list[Message]:
        header, first = self.ask()
        rest = [self.ask(header.seq, part)[1] for part in range(1, header.parts)]
        return [first, *rest]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_parts_are_the_messages_in_order(desk: Desk) -> None:
    assert desk.ask_all() == list(desk.describe())
    assert desk.taken == 2  # once by the desk, once by us


def test_every_part_says_which_snapshot_it_belongs_to(desk: Desk) -> None:
    desk.sender.seq = 41
    headers = [desk.ask(41, part)[0] for part in range(4)]
    assert [(h.seq, h.base, h.part, h.parts) for h in headers] == [
        (41, 41, part, 4) for part in range(4)
    ]


def test_part_0_is_of_the_state_as_it_is_now_and_later_parts_of_the_one_named(desk: Desk) -> None:
    before, _ = desk.ask()
    desk.history.delta(delta(START + 1, connection(3)))
    desk.sender.seq += 1
    after, _ = desk.ask(before.seq)
    assert after.seq == before.seq + 1
    old, new = desk.ask(before.seq, 2)[1], desk.ask(after.seq, 2)[1]
    assert isinstance(old, Keyframe)
    assert isinstance(new, Keyframe)
    assert (len(old.connections), len(new.connections)) == (2, 3)


def test_viewers_that_join_at_the_same_moment_share_a_snapshot(desk: Desk) -> None:
    for _ in range(10):
        desk.ask_all()
    assert desk.taken == 1


@pytest.mark.parametrize(("snapshot", "part"), [(7, 1), (0, 99), (2**64 - 1, 2**53 - 1)])
def test_a_part_that_is_not_kept_is_answered_with_wait(
    desk: Desk, snapshot: int, part: int
) -> None:
    desk.ask()
    _, answer = desk.ask(snapshot, part)
    assert isinstance(answer, Wait)
    assert "part 0" in answer.reason


def test_a_new_epoch_ends_all_snapshots(desk: Desk) -> None:
    header, _ = desk.ask()
    desk.sender.epoch = new_epoch()
    _, refused = desk.ask(header.seq, 1)
    assert isinstance(refused, Wait)
    assert desk.ask()[0].epoch == desk.sender.epoch
    assert desk.taken == 2


def test_snapshots_expire(desk: Desk) -> None:
    header, _ = desk.ask()
    desk.moment = KEPT_SECONDS + 1
    desk.sender.seq += 1
    desk.ask()
    assert isinstance(desk.ask(header.seq, 1)[1], Wait)


def test_only_so_many_snapshots_are_kept(desk: Desk) -> None:
    taken = [desk.ask()[0].seq for desk.sender.seq in range(KEPT_SNAPSHOTS + 3)]
    kept = [seq for seq in taken if not isinstance(desk.ask(seq, 1)[1], Wait)]
    assert kept == taken[-KEPT_SNAPSHOTS:]


def test_a_refusal_says_why(desk: Desk) -> None:
    header, body = split(desk.snapshots.refuse("not yet"))
    assert decode(header.kind, body) == Wait("not yet")
    assert desk.sender.seq == 0
