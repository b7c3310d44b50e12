from collections.abc import Iterable

import pytest
from helpers import delta

from connmon_enricher.desk import HEARD_SECONDS, MAX_HEARD, Desk, NoStateError
from connmon_enricher.stream import Stream
from connmon_shared import wire
from connmon_shared.codec import RemoteProtocolError, decode
from connmon_shared.messages import (
    Delta,
    Fact,
    Facts,
    Header,
    Message,
    RepeatRequest,
    Shown,
    StateRequest,
    Status,
    Wait,
)

START = 1_700_000_000.0
STATE: list[Message] = [Status("enricher", "1", "feed", 0.0, ()), Facts((Fact(b"1234"),))]


class Counter:
    """A desk with one stream, and a display before it."""

    def __init__(self) -> None:
        self.stream = Stream("here", lambda: STATE, lambda: START, lambda _: None)
        self.now = START
        self.looked_at: list[Iterable[bytes]] = []
        self.desk = Desk(self._stream_of, lambda: self.now, self.looked_at.append)
        self._display = wire.Sender("display", wire.new_epoch())

    def ask(self, message: Message, viewer: bytes = b"one") -> list[tuple[Header, Message]]:
        answers = map(wire.split, self.desk.answer(viewer, self._display.frames(message, 0.0)))
        return [(header, decode(header.kind, body)) for header, body in answers]

    def repeat(self, after: int) -> RepeatRequest:
        return RepeatRequest("here", self.stream.place[1], after, 32)

    def _stream_of(self, host: str) -> Stream:
        if host != "here":
            raise NoStateError("nobody has heard of it")
        return self.stream


@pytest.fixture
def counter() -> Counter:
    return Counter()


def test_a_request_for_the_state_is_answered_with_its_parts(counter: Counter) -> None:
    answers = counter.ask(StateRequest(count=32, host="here"))
    assert [message for _, message in answers] == STATE
    assert {header.host for header, _ in answers} == {"here"}


def test_what_was_missed_is_sent_again_and_counted(counter: Counter) -> None:
    for second in range(3):
        counter.stream.send(delta(START + second))
    answers = counter.ask(counter.repeat(1))
    assert [(header.base, header.seq) for header, _ in answers] == [(1, 2), (2, 3)]
    assert all(isinstance(message, Delta) for _, message in answers)
    assert counter.desk.repeated == 2
    assert counter.ask(counter.repeat(3)) == []


def test_what_is_not_kept_is_answered_with_wait(counter: Counter) -> None:
    for request in (counter.repeat(1), StateRequest(7, 1, 1, "here")):
        [(header, answer)] = counter.ask(request)
        assert (header.kind, header.host) == ("wait", "here")
        assert isinstance(answer, Wait)
        assert "part 0" in answer.reason


@pytest.mark.parametrize("host", ["", "there", "x" * 1_024, "a/b"])
def test_a_refusal_names_the_host_and_says_why(counter: Counter, host: str) -> None:
    for request in (StateRequest(host=host), RepeatRequest(host, wire.new_epoch(), 0)):
        [(header, answer)] = counter.ask(request)
        assert (header.host, answer) == (host, Wait("nobody has heard of it"))


def test_what_is_no_request_breaks_the_protocol(counter: Counter) -> None:
    with pytest.raises(RemoteProtocolError, match="no request"):
        counter.ask(delta(START))
    with pytest.raises(RemoteProtocolError):
        counter.desk.answer(b"one", [b"", b""])


def test_states_that_nobody_asks_for_are_let_go_of(counter: Counter) -> None:
    moment = START
    desk = Desk(lambda _: counter.stream, lambda: moment, lambda _: None)
    display = wire.Sender("display", wire.new_epoch())

    def kind(request: StateRequest) -> str:
        [frames] = desk.answer(b"one", display.frames(request, 0.0))
        return wire.split(frames)[0].kind

    assert kind(StateRequest()) == "status"
    assert kind(StateRequest(0, 1)) == "facts"
    moment += 60
    desk.tidy()
    assert kind(StateRequest(0, 1)) == "wait"


def test_what_a_viewer_shows_is_passed_on_without_an_answer(counter: Counter) -> None:
    assert counter.ask(Shown((b"1234", bytes(16)))) == []
    assert counter.looked_at == [(b"1234", bytes(16))]


def test_a_viewer_is_heard_twice_a_second_whatever_others_say(counter: Counter) -> None:
    for tenth in range(11):
        counter.now = START + tenth / 10
        counter.ask(Shown((bytes((1, 1, 1, tenth)),)))
        if tenth == 1:
            counter.ask(Shown((b"1234",)), b"another")
    assert [*counter.looked_at] == [
        (bytes((1, 1, 1, 0)),),
        (b"1234",),
        (bytes((1, 1, 1, 5)),),
        (bytes((1, 1, 1, 10)),),
    ]


def test_who_calls_itself_ever_anew_is_not_heard_more_often(counter: Counter) -> None:
    for number in range(1_000):
        counter.ask(Shown((b"1234",)), number.to_bytes(2))
    assert len(counter.looked_at) == MAX_HEARD
    counter.now += HEARD_SECONDS
    counter.ask(Shown((b"1234",)))
    assert len(counter.looked_at) == MAX_HEARD + 1
