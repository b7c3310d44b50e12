import itertools
from collections.abc import Iterator

import pytest
from helpers import connection, delta, keyframe, listener

from connmon_enricher.snapshot import KEPT_SECONDS, KEPT_SNAPSHOTS, PART_BYTES, Snapshots, describe
from connmon_shared.codec import decode, encode
from connmon_shared.details import Details
from connmon_shared.history import History
from connmon_shared.messages import (
    ROWS_PER_PART,
    Counters,
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
from connmon_shared.timeline import Run
from connmon_shared.wire import Sender, new_epoch, split

START = 1_700_000_000.0
STATUS = Status("collector", "1", "netlink", 1.0, ())
CURL = Process(4242, "curl", 1_000, "me", "/usr/bin/curl", "curl https://a.example")
COUNTED = Counters(1, 1_000, 2_000)


class Desk:
    """Snapshots of a history that a test changes."""

    def __init__(self) -> None:
        self.moment = 0.0
        self.taken = 0
        self.history = History()
        self.history.keyframe(keyframe(START, connection(1), listener(2)))
        self.details = Details()
        self.details.introduce(Processes((CURL,)), self.history.connections)
        self.details.count(Traffic(START, (COUNTED,)), self.history.connections)
        self.sender = Sender("here", new_epoch())
        self.snapshots = Snapshots(self.sender, self.describe, lambda: self.moment)

    def describe(self) -> Iterator[Message]:
        self.taken += 1
        return describe(self.history, self.details, Facts((Fact(b"1234"),)), [STATUS])

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


def test_all_parts_rebuild_the_history(desk: Desk) -> None:
    session, histories, rows, processes, traffic, facts, status = desk.ask_all()
    assert isinstance(session, Session)
    assert isinstance(histories, Histories)
    assert isinstance(rows, Keyframe)
    assert (processes, traffic) == (Processes((CURL,)), Traffic(0.0, (COUNTED,)))
    assert (facts, status) == (Facts((Fact(b"1234"),)), STATUS)
    rebuilt = History.restore(session, [histories], rows.connections)
    assert list(rebuilt.records()) == list(desk.history.records())
    assert rebuilt.connections == desk.history.connections
    assert desk.taken == 1


def test_every_part_says_which_snapshot_it_belongs_to(desk: Desk) -> None:
    desk.sender.seq = 41
    headers = [desk.ask(41, part)[0] for part in range(7)]
    assert [(h.seq, h.base, h.part, h.parts) for h in headers] == [
        (41, 41, part, 7) for part in range(7)
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


def test_no_part_of_a_large_state_is_too_large_for_a_slow_link() -> None:
    history = History()
    count = 2 * ROWS_PER_PART + 1
    addresses = [f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}" for i in range(count)]
    rows = [connection(i, address) for i, address in enumerate(addresses)]
    history.keyframe(keyframe(START, *rows))
    for track in itertools.islice(history.tracks.values(), 100):
        for tick in range(10, 2_000, 2):
            track.timeline.record(tick, Run.EMPTY)
            track.timeline.record(tick + 1, Run.ACTIVE, opened=True)
    details = Details()
    details.count(
        Traffic(0.0, tuple(Counters(i, i << 30, 1) for i in range(count))), history.connections
    )
    details.introduce(
        Processes(tuple(CURL._replace(pid=i) for i in range(count))), history.connections
    )
    facts = Facts(tuple(Fact(row.remote, "DE", 64_500, "Example") for row in rows))
    parts = list(describe(history, details, facts, [STATUS]))
    assert max(len(encode(part)) for part in parts) < PART_BYTES * 4 / 3
    records = [record for part in parts if isinstance(part, Histories) for record in part.records]
    assert [record.peer for record in records] == list(history.tracks)
    counted = [row.id for part in parts if isinstance(part, Traffic) for row in part.counters]
    assert counted == list(range(count))
    told = [row for part in parts if isinstance(part, Processes) for row in part.processes]
    assert told == list(details.processes.values())
    kept = [fact for part in parts if isinstance(part, Facts) for fact in part.facts]
    assert kept == list(facts.facts)


def test_a_state_without_rows_has_a_session_and_an_empty_keyframe() -> None:
    history = History()
    history.keyframe(keyframe(START))
    kinds = [type(part) for part in describe(history, Details(), Facts(()), [])]
    assert kinds == [Session, Keyframe]
