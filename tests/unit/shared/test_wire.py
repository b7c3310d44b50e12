import pytest
from helpers import connection, delta
from hypothesis import given
from hypothesis import strategies as st

from connmon_shared import wire
from connmon_shared.codec import RemoteProtocolError, decode, encode
from connmon_shared.messages import (
    EPOCH_BYTES,
    KINDS,
    ROWS_PER_PART,
    Facts,
    Header,
    Keyframe,
    Message,
    Names,
    Processes,
    Status,
    Traffic,
    Wait,
)
from connmon_shared.wire import (
    EVERYTHING,
    MAX_KEYFRAME,
    MAX_PARTS,
    Assembly,
    Sender,
    in_parts,
    new_epoch,
    split,
    topic,
)

EPOCH = bytes(range(EPOCH_BYTES))
STATUS = Status("collector", "1", "netlink", 1.0, ())


def place(frames: list[bytes]) -> tuple[int, int]:
    header, _ = split(frames)
    return header.base, header.seq


def test_what_builds_on_the_message_before_is_numbered_and_nothing_else() -> None:
    sender = Sender("here", EPOCH)
    sent: list[Message] = [delta(1), STATUS, Facts(()), Wait(""), delta(2)]
    sent += [Processes(()), Traffic(0.0, ()), Names(())]
    assert [place(sender.frames(message, 0)) for message in sent] == [
        *((0, 1), (1, 1), (1, 2), (2, 2), (2, 3)),
        *((3, 4), (4, 4), (4, 4)),
    ]


def test_all_parts_of_a_keyframe_share_one_number() -> None:
    sender = Sender("here", EPOCH)
    sender.frames(delta(1), 0)
    part = Keyframe(0, 0, 0, ())
    assert [place(sender.frames(part, 0, (i, 3))) for i in range(3)] == [(1, 2)] * 3
    assert place(sender.frames(delta(2), 0)) == (2, 3)


def test_an_answer_describes_the_state_at_its_number() -> None:
    header, body = split(Sender("here", EPOCH).answer("wait", b"x", 7.0, 42, (1, 3)))
    assert header == Header("wait", "here", EPOCH, 42, 42, 7.0, 1, 3)
    assert body == b"x"


def test_a_message_has_topic_header_and_body() -> None:
    first, _, body = Sender("here", EPOCH).frames(STATUS, 0)
    assert first == b"v2/here/status"
    assert decode("status", body) == STATUS


@pytest.mark.parametrize("kind", KINDS)
def test_every_topic_has_the_prefix_of_all(kind: str) -> None:
    assert topic("here", kind).startswith(EVERYTHING)
    assert topic("", kind).startswith(EVERYTHING)


@pytest.mark.parametrize("count", [0, 1, 2, 4, 5])
def test_another_number_of_frames_is_refused(count: int) -> None:
    with pytest.raises(RemoteProtocolError, match=f"not {count}"):
        split([b""] * count)


@given(st.lists(st.binary(max_size=20), max_size=5))
def test_any_frames_split_or_raise_the_peers_error(frames: list[bytes]) -> None:
    try:
        split(frames)
    except RemoteProtocolError as error:
        assert str(error)  # noqa: PT017 - any other error is the failure


def test_every_epoch_is_new() -> None:
    assert len({new_epoch() for _ in range(100)}) == 100
    assert len(new_epoch()) == EPOCH_BYTES


def large(rows: int) -> Keyframe:
    return Keyframe(1, 2, 3, tuple(connection(number) for number in range(rows)))


@pytest.mark.parametrize(
    ("rows", "parts"),
    [(0, 1), (1, 1), (ROWS_PER_PART, 1), (ROWS_PER_PART + 1, 2), (2 * ROWS_PER_PART, 2)],
)
def test_a_keyframe_is_cut_into_parts_and_put_together_again(rows: int, parts: int) -> None:
    whole = large(rows)
    pieces = list(in_parts(whole))
    assert len(pieces) == parts
    assembly = Assembly()
    results = [
        assembly.add(Header("keyframe", "h", EPOCH, 5, 4, 0.0, index, parts), piece, b"")
        for index, piece in enumerate(pieces)
    ]
    assert results == [*[None] * (parts - 1), whole]


def test_a_part_stays_small_enough_for_a_slow_link() -> None:
    part = next(in_parts(large(ROWS_PER_PART)))
    assert len(encode(part)) < 200_000


def test_parts_may_come_in_any_order_but_only_of_one_keyframe() -> None:
    pieces = list(in_parts(large(ROWS_PER_PART + 1)))
    assembly = Assembly()

    def add(seq: int, index: int, epoch: bytes = EPOCH) -> Keyframe | None:
        header = Header("keyframe", "h", epoch, seq, seq - 1, 0.0, index, 2)
        return assembly.add(header, pieces[index], b"")

    assert add(5, 0) is None
    assert add(6, 1) is None  # part 1 of 5 was lost
    assert add(6, 1, bytes(EPOCH_BYTES)) is None
    assert add(6, 1) is None
    assert add(6, 0) == large(ROWS_PER_PART + 1)
    assert add(6, 0) is None  # it begins anew


def test_a_keyframe_that_never_ends_is_refused_before_it_takes_the_memory() -> None:
    assembly, part, body = Assembly(), large(1), bytes(MAX_KEYFRAME // 10)

    def add(index: int, parts: int) -> Keyframe | None:
        return assembly.add(Header("keyframe", "h", EPOCH, 5, 4, 0.0, index, parts), part, body)

    for _ in range(100):  # the same one again takes no room
        assert add(0, MAX_PARTS) is None
    for index in range(10):
        assert add(index, MAX_PARTS) is None
    with pytest.raises(RemoteProtocolError, match="parts of"):
        add(10, MAX_PARTS)
    with pytest.raises(RemoteProtocolError, match="parts of"):
        add(0, MAX_PARTS + 1)


def test_the_numbered_kinds_are_kinds() -> None:
    assert KINDS.keys() > wire.NUMBERED
