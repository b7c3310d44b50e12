"""A stream in order, whatever is lost, repeated, late, or begun anew."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from unit.display.sender import HOST, Clock, Hurry, SendingHost, Sent, delta, row

from connmon_display.following.stream import (
    KEPT_MESSAGES,
    PARTS,
    RETRY_SECONDS,
    WINDOW,
    State,
    Stream,
    Taken,
)
from connmon_shared import codec
from connmon_shared.messages import (
    Delta,
    Keyframe,
    RepeatRequest,
    StateRequest,
    Wait,
)
from connmon_shared.timelines.history import History

FIRST = StateRequest(0, 0, PARTS, HOST)


def heard(stream: Stream, sent: Sent) -> Taken:
    header, body = sent
    return stream.hear(header, codec.decode(header.kind, body))


def answered(stream: Stream, sent: Sent) -> Taken:
    header, body = sent
    return stream.answer(header, codec.decode(header.kind, body))


def fetch(stream: Stream, sender: SendingHost) -> list[Taken]:
    """Ask and be answered until nothing is missing; return all that may be applied."""
    taken: list[Taken] = []
    for _ in range(100):
        request = stream.request()
        if not stream.behind:
            return taken
        if request is not None:
            taken += [answered(stream, sent) for sent in sender.answers(request)]
    raise AssertionError("it never ends")


def joined(sender: SendingHost) -> Stream:
    stream = Stream(HOST, Hurry())
    fetch(stream, sender)
    return stream


def numbers(*taken: Taken) -> list[int]:
    return [header.seq for one in taken for header, _ in one.messages]


def test_the_state_is_fetched_in_several_parts_at_once() -> None:
    sender = SendingHost(*map(row, range(20 * 2_000)))
    stream = Stream(HOST, Clock())
    assert stream.request() == FIRST
    assert stream.request() is None, "it is on its way"
    parts = [*sender.answers(FIRST)]
    for sent in parts[: PARTS // 2]:
        answered(stream, sent)
    assert stream.request() is None
    for sent in parts[PARTS // 2 :]:
        answered(stream, sent)
    assert stream.request() == StateRequest(0, PARTS, PARTS, HOST)
    [last] = [taken for taken in fetch_on(stream, sender, PARTS) if taken.state]
    assert last.state is not None
    assert len(last.state.parts) == parts[0][0].parts
    assert stream.live
    assert stream.request() is None


def fetch_on(stream: Stream, sender: SendingHost, first: int) -> list[Taken]:
    request = StateRequest(0, first, 2 * PARTS, HOST)
    return [answered(stream, sent) for sent in sender.answers(request)]


def test_an_unanswered_request_is_made_again_after_a_second() -> None:
    clock = Clock()
    stream = Stream(HOST, clock)
    assert stream.request() == FIRST
    clock.time += RETRY_SECONDS / 2
    assert stream.request() is None
    clock.time += RETRY_SECONDS / 2
    assert stream.request() == FIRST


def test_parts_that_are_lost_are_asked_for_again() -> None:
    clock = Clock()
    sender, stream = SendingHost(row(1)), Stream(HOST, clock)
    first, _, *later = sender.answers(stream.request())
    for sent in (first, *later):
        answered(stream, sent)
    assert not stream.live
    clock.time += RETRY_SECONDS
    assert stream.request() == StateRequest(0, 1, PARTS, HOST)


def test_a_part_that_comes_twice_counts_once() -> None:
    sender, stream = SendingHost(row(1)), Stream(HOST, Hurry())
    states = []
    for sent in sender.answers(FIRST):
        states += [answered(stream, sent).state, answered(stream, sent).state]
    [state] = filter(None, states)
    assert len(state.parts) == state.header.parts


def test_parts_of_another_snapshot_are_not_mixed_in() -> None:
    sender, stream = SendingHost(row(1)), Stream(HOST, Hurry())
    old = [*sender.answers(FIRST)]
    sender.publish(delta(101.0, row(2, "1.1.1.1")))
    new = [*sender.answers(FIRST)]
    for sent in (old[0], new[1], old[1], new[0], *old[2:]):
        assert answered(stream, sent).state is None
    [state] = [taken.state for taken in map_answers(stream, new[1:]) if taken.state]
    assert state.header.seq == sender.sender.seq


def map_answers(stream: Stream, sent: list[Sent]) -> list[Taken]:
    return [answered(stream, one) for one in sent]


def test_an_enricher_that_begins_anew_in_the_middle_is_asked_from_the_beginning() -> None:
    stream = Stream(HOST, Hurry())
    old, new = [*SendingHost(row(1)).answers(FIRST)], SendingHost(row(1))
    answered(stream, old[0])
    answered(stream, [*new.answers(FIRST)][1])
    assert stream.request() == FIRST
    fetch(stream, new)


def test_messages_that_come_while_joining_are_taken_once_afterwards() -> None:
    sender, stream = SendingHost(row(1)), Stream(HOST, Hurry())
    early = sender.publish(delta(101.0))  # the state has it already
    assert heard(stream, early) == Taken()
    parts = [*sender.answers(stream.request())]
    late = sender.publish(delta(102.0))
    assert heard(stream, late) == Taken()
    taken = map_answers(stream, parts)[-1]
    assert taken.state is not None
    assert numbers(taken) == [2]
    assert heard(stream, late) == Taken()
    assert heard(stream, early) == Taken()
    assert not stream.behind


def test_what_was_missed_is_asked_for_and_taken_in_order() -> None:
    sender = SendingHost(row(1))
    stream = joined(sender)
    for second in range(3):
        sender.publish(delta(101.0 + second))  # nobody hears it
    assert heard(stream, sender.publish(delta(104.0))) == Taken()
    assert stream.live
    assert stream.behind
    assert stream.request() == RepeatRequest(HOST, sender.sender.epoch, 0, WINDOW)
    assert numbers(*fetch(stream, sender)) == [1, 2, 3, 4]
    assert numbers(heard(stream, sender.publish(delta(105.0)))) == [5]


def test_much_that_was_missed_is_asked_for_in_steps() -> None:
    sender = SendingHost(row(1))
    stream = joined(sender)
    for second in range(3 * WINDOW):
        sender.publish(delta(101.0 + second))
    heard(stream, sender.publish(delta(200.0)))
    assert numbers(*fetch(stream, sender)) == [*range(1, 3 * WINDOW + 2)]


def test_what_the_enricher_no_longer_has_is_made_good_by_the_state() -> None:
    sender = SendingHost(row(1))
    stream = joined(sender)
    sender.publish(delta(101.0))
    heard(stream, sender.publish(delta(102.0)))
    sender.sent.clear()
    taken = fetch(stream, sender)
    assert [one.state.header.seq for one in taken if one.state] == [2]


def test_a_new_epoch_is_joined_anew() -> None:
    stream, second = joined(SendingHost(row(1))), SendingHost(row(7))
    assert heard(stream, second.publish(delta(101.0))) == Taken()
    assert not stream.live
    fetch(stream, second)
    assert numbers(heard(stream, second.publish(delta(102.0)))) == [2]


def test_a_wait_tells_why_and_makes_it_begin_again() -> None:
    sender, clock = SendingHost(row(1)), Clock()
    stream = Stream(HOST, clock)
    answered(stream, next(sender.answers(stream.request())))
    header, _ = sender.wait("")
    stream.answer(header, Wait("no collector yet"))
    assert stream.waiting == "no collector yet"
    assert stream.request() is None, "not at once"
    clock.time += RETRY_SECONDS
    assert stream.request() == FIRST
    map_answers(stream, [*sender.answers(FIRST)])
    assert stream.waiting == ""


def test_while_something_is_missing_only_so_much_is_kept() -> None:
    sender, stream = SendingHost(row(1)), Stream(HOST, Hurry())
    for second in range(2 * KEPT_MESSAGES):
        heard(stream, sender.publish(delta(101.0 + second)))
    taken = fetch(stream, sender)
    assert numbers(*taken) == []
    answers = [*SendingHost.answers(sender, FIRST)]
    late = Stream(HOST, Hurry())
    old = replace(answers[0][0], seq=0, base=0)
    for second in range(2 * KEPT_MESSAGES):
        heard(late, sender.publish(delta(9_999.0 + second)))
    for index, (header, body) in enumerate(answers):
        answered(late, (replace(old, kind=header.kind, part=index), body))
    assert late.behind, "the oldest of what came meanwhile was not kept, and is asked for"
    assert isinstance(late.request(), RepeatRequest)


def test_a_keyframe_of_the_stream_that_lost_a_part_is_made_good_by_the_state() -> None:
    sender = SendingHost(row(1))
    stream = joined(sender)
    frame = Keyframe(101.0, 101.0, 102.0, (row(2),))
    for part in (0, 2):
        header, body = sender.sender.frames(frame, 0.0, (part, 3))[1:]
        taken = heard(stream, (codec.decode_header(header), body))
        assert len(taken.messages) == (part == 0)
    assert stream.behind
    assert any(taken.state for taken in fetch(stream, sender))


def test_a_state_of_no_use_is_fetched_again_after_a_while() -> None:
    clock = Clock()
    stream = Stream(HOST, clock)
    map_answers(stream, [*SendingHost().answers(stream.request())])
    stream.distrust()
    assert not stream.live
    assert stream.request() is None
    clock.time += RETRY_SECONDS
    assert stream.request() == FIRST


class Copy:
    """What a viewer makes of what may be applied."""

    def __init__(self) -> None:
        self.history = History()

    def take(self, taken: Taken) -> None:
        if taken.state is not None:
            self.history = _restored(taken.state)
        for _, message in taken.messages:
            assert isinstance(message, Delta)
            self.history.delta(message)


def _restored(state: State) -> History:
    session, *histories, keyframe, _openings, _ = state.parts
    assert isinstance(keyframe, Keyframe)
    return History.restore(session, histories, keyframe.connections)  # type: ignore[arg-type] # in describe()'s order


#: What befalls each message: heard, lost, or heard after the stream was restarted.
fates = st.lists(st.sampled_from(["heard", "heard", "lost", "asked", "renewed"]), max_size=60)


@settings(deadline=None, max_examples=200)
@given(fates, st.randoms(use_true_random=False))
def test_whatever_is_lost_the_copy_ends_up_the_same(fate: list[str], chance: "st.Random") -> None:  # type: ignore[name-defined]
    sender, copy = SendingHost(row(0)), Copy()
    stream = Stream(HOST, Hurry())
    for number, what in enumerate(fate, start=1):
        if what == "renewed":
            history = sender.history
            sender = SendingHost()
            sender.history = history
            continue
        sent = sender.publish(delta(100.0 + number, row(number, f"1.1.1.{number % 5}")))
        if what != "lost":
            copy.take(heard(stream, sent))
        if what == "asked" and (request := stream.request()) is not None:
            answers = [one for one in sender.answers(request) if chance.random() < 0.8]
            for one in answers:
                copy.take(answered(stream, one))
    copy.take(heard(stream, sender.publish(delta(200.0))))
    for taken in fetch(stream, sender):
        copy.take(taken)
    assert copy.history.connections == sender.history.connections
    assert [*copy.history.records()] == [*sender.history.records()]
