import pytest
from helpers import connection, delta, keyframe

from connmon_enricher.stream import Stream
from connmon_shared import wire
from connmon_shared.codec import decode, encode
from connmon_shared.messages import Header, Message, Processes, RepeatRequest, Status, Traffic

START = 1_700_000_000.0
STATUS = Status("collector", "1", "netlink", 1.0, ())


class Published:
    """A stream, and what it published."""

    def __init__(self, host: str = "here") -> None:
        self.frames: list[wire.Frames] = []
        self.stream = Stream(host, list, lambda: START, self.frames.append)

    @property
    def all(self) -> list[tuple[Header, Message]]:
        split = [wire.split(frames) for frames in self.frames]
        return [(header, decode(header.kind, body)) for header, body in split]

    def asked(self, after: int, count: int = 32, epoch: bytes | None = None) -> object:
        epoch = self.stream.place[1] if epoch is None else epoch
        return self.stream.repeat(RepeatRequest("here", epoch, after, count))


@pytest.fixture
def published() -> Published:
    return Published()


def test_numbered_messages_build_on_each_other_and_others_stand_by_them(
    published: Published,
) -> None:
    for message in (delta(START), STATUS, Processes(()), Traffic(START, ())):
        published.stream.send(message)
    assert [(header.kind, header.base, header.seq) for header, _ in published.all] == [
        ("delta", 0, 1),
        ("status", 1, 1),
        ("processes", 1, 2),
        ("traffic", 2, 2),
    ]
    assert {header.host for header, _ in published.all} == {"here"}
    assert published.stream.place == ("here", published.all[0][0].epoch, 2)


def test_the_topic_names_host_and_kind(published: Published) -> None:
    published.stream.send(delta(START))
    own = Published("")
    own.stream.send(STATUS)
    assert (published.frames[0][0], own.frames[0][0]) == (b"v2/here/delta", b"v2//status")


def test_a_body_is_forwarded_as_it_came(published: Published) -> None:
    body = encode(delta(START, connection(1)))
    published.stream.forward("delta", body)
    assert published.frames[0][2] is body


def test_what_was_missed_is_repeated_as_it_was_sent(published: Published) -> None:
    for second in range(4):
        published.stream.send(delta(START + second))
        published.stream.send(STATUS)
    numbered = published.frames[::2]
    assert published.asked(1) == numbered[1:]
    assert published.asked(1, count=2) == numbered[1:3]
    assert published.asked(4) == []


def test_what_is_not_there_is_not_repeated(published: Published) -> None:
    published.stream.send(delta(START))
    assert published.asked(2) is None
    assert published.asked(0, epoch=wire.new_epoch()) is None


def test_whom_a_keyframe_was_sent_since_needs_the_state(published: Published) -> None:
    stream = published.stream
    stream.send(delta(START))
    for part in ((0, 2), (1, 2)):
        stream.forward("keyframe", encode(keyframe(START + 1)), part)
    stream.send(delta(START + 2))
    assert [header.seq for header, _ in published.all] == [1, 2, 2, 3]
    assert published.asked(1) is None
    assert published.asked(2) == published.frames[3:]
    assert [stream.reaches(seq) for seq in (1, 2, 3)] == [False, True, True]


def test_a_new_epoch_leaves_nothing_of_the_one_before(published: Published) -> None:
    published.stream.send(delta(START))
    _, before, _ = published.stream.place
    published.stream.renew()
    published.stream.send(delta(START + 1))
    assert published.stream.place[1] != before == published.all[0][0].epoch
    assert published.asked(0, epoch=before) is None
    assert published.asked(0) is None
    assert published.asked(1) == published.frames[1:]


def test_what_was_published_is_counted_if_it_is_numbered(published: Published) -> None:
    for message in (delta(START), STATUS, delta(START + 1)):
        published.stream.send(message)
    numbered = published.frames[::2]
    assert published.stream.published == (2, sum(map(len, numbered[0] + numbered[1])))
