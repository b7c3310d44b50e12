import dataclasses
import typing
from collections.abc import Callable
from typing import Any, cast

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connmon_shared import codec
from connmon_shared.codec import (
    MAX_FRAME,
    MAX_TEXT,
    LocalProtocolError,
    RemoteProtocolError,
    decode,
    decode_header,
    encode,
    encode_header,
)
from connmon_shared.messages import (
    EPOCH_BYTES,
    KINDS,
    PROTOCOL_VERSION,
    Connection,
    Counters,
    Delta,
    Fact,
    Facts,
    Figure,
    Header,
    Histories,
    Keyframe,
    Lookup,
    Message,
    Names,
    ObservedName,
    Process,
    Processes,
    Record,
    RepeatRequest,
    Session,
    StateRequest,
    Status,
    Traffic,
    Wait,
    kind_of,
)
from connmon_shared.states import Protocol, State
from connmon_shared.text import clean
from connmon_shared.timeline import MAX_TICK, Run, Timeline

EPOCH = bytes(EPOCH_BYTES)
NESTED = b"\x91" * 1_020  # arrays in arrays, as deep as msgpack allows: repr() would not return

# One strategy for every sort of field, then one for every record and message.


def packed(found: list[tuple[int, Run, bool]]) -> bytes:
    timeline = Timeline()
    for tick, state, opened in sorted(found):
        timeline.record(tick, state, opened=opened)
    return timeline.pack()


def tuples_of(found: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(found, max_size=4).map(tuple)


def within(span: list[float], kind: type[Any], time: float, *rest: object) -> Message:
    return cast("Message", kind(time, *span, *rest))


@st.composite
def deltas(draw: st.DrawFn) -> Message:
    """Draw a delta that gives an age for each that changed or is gone, or for none."""
    (begin, end), changed, gone = draw(spans), draw(tuples_of(connections)), draw(tuples_of(u64))
    lost = draw(tuples_of(st.tuples(seconds, seconds)))
    ages, others = [
        tuple(draw(st.lists(st.integers(0, codec.MAX_AGE), min_size=many, max_size=many)))
        for many in (draw(st.sampled_from([0, len(told)])) for told in (changed, gone))
    ]
    return Delta(draw(seconds), begin, end, changed, gone, lost, ages, others)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20).map(clean)
intervals = st.floats(0, codec.MAX_INTERVAL)
seconds = st.floats(0, codec.MAX_TIME)
u64, u32, ticks = st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1), st.integers(0, MAX_TICK)
uids = st.integers(-1, 2**32 - 1)
tallies, ports = st.integers(0, 2**53 - 1), st.integers(0, 65_535)
changes = st.lists(st.tuples(ticks, st.sampled_from(Run), st.booleans()), max_size=5)
transitions = changes.map(packed)
addresses = st.sampled_from([0, 4, 16]).flatmap(lambda n: st.binary(min_size=n, max_size=n))
remotes = addresses.filter(bool)
connections = st.builds(
    Connection,
    id=u64,
    protocol=st.sampled_from(Protocol).map(int),
    state=st.sampled_from(State).map(int),
    local=addresses,
    local_port=ports,
    remote=addresses,
    remote_port=ports,
    pid=u32,
    process=texts,
    uid=uids,
    holders=tuples_of(u32),
    namespace=texts,
    container=texts,
)
processes = st.builds(Process, u32, texts, uids, texts, texts, texts)
counters = st.builds(Counters, u64, *[tallies] * 6)
observed = st.builds(ObservedName, remotes, texts, seconds)
facts = st.builds(
    *(Fact, remotes, texts, u32, texts, texts, st.sampled_from(Lookup).map(int)),
    *(texts, seconds),
)
records = st.builds(
    *(Record, addresses, ports, transitions, tallies, connections, st.booleans()),
    ports=st.lists(ports, max_size=3).map(tuple),
)
spans = st.tuples(seconds, seconds).map(sorted)
many_texts = st.lists(texts, max_size=3).map(tuple)
epochs = st.binary(min_size=EPOCH_BYTES, max_size=EPOCH_BYTES)
figures = st.builds(Figure, texts, st.floats(allow_nan=False, allow_infinity=False))
asked = st.integers(1, codec.MAX_ASKED)


MESSAGES: dict[str, st.SearchStrategy[Message]] = {
    "keyframe": st.builds(within, spans, st.just(Keyframe), seconds, tuples_of(connections)),
    "delta": deltas(),
    "status": st.builds(
        *(Status, texts, texts, texts, intervals, many_texts, many_texts, tallies, many_texts),
        *(tallies, u32, seconds, tuples_of(figures), texts),
    ),
    "processes": st.builds(Processes, tuples_of(processes)),
    "traffic": st.builds(Traffic, seconds, tuples_of(counters), tuples_of(counters)),
    "names": st.builds(Names, tuples_of(observed)),
    "facts": st.builds(Facts, tuples_of(facts)),
    "session": st.builds(
        *(Session, tallies, ticks, ticks, tuples_of(st.tuples(ticks, ticks)), ticks, tallies)
    ),
    "histories": st.builds(Histories, tuples_of(records)),
    "request": st.builds(StateRequest, u64, tallies, asked, texts),
    "repeat": st.builds(RepeatRequest, texts, epochs, u64, asked),
    "wait": st.builds(Wait, texts),
}
messages = st.one_of(*MESSAGES.values())
#: How many of a message's last fields came later: an older peer does not send them.
GROWN = {"delta": 3, "status": 5, "session": 2, "request": 2}
headers = st.builds(
    lambda kind, host, epoch, seq, base, time, part, more: Header(
        kind, host, epoch, seq, base, time, part, part + 1 + more
    ),
    *(texts, texts, epochs, u64, u64, seconds),
    *(st.integers(0, 1_000), st.integers(0, 1_000)),
)


@given(messages)
def test_every_message_comes_back_as_it_was(message: Message) -> None:
    assert decode(kind_of(message), encode(message)) == message


@given(headers)
def test_every_header_comes_back_as_it_was(header: Header) -> None:
    assert decode_header(encode_header(header)) == header


def test_every_kind_of_message_is_tested_and_can_be_decoded() -> None:
    assert MESSAGES.keys() == KINDS.keys()
    assert set(typing.get_args(Message)) == set(KINDS.values()) == set(codec._BODIES)  # noqa: SLF001


@given(messages, st.lists(st.none() | u64 | texts, min_size=1, max_size=3))
def test_a_longer_array_than_known_decodes(message: Message, extra: list[object]) -> None:
    grown = msgpack.packb([*msgpack.unpackb(encode(message)), *extra])
    assert decode(kind_of(message), grown) == message


@given(connections)
def test_a_longer_row_than_known_decodes(row: Connection) -> None:
    frame = msgpack.packb([0.0, 0.0, 0.0, [[*row, "later", 7]]])
    assert decode("keyframe", frame) == Keyframe(0.0, 0.0, 0.0, (row,))


@pytest.mark.parametrize("kind", GROWN)
@given(data=st.data())
def test_a_message_without_the_fields_that_came_later_decodes_with_their_defaults(
    kind: str, data: st.DataObject
) -> None:
    message = data.draw(MESSAGES[kind])
    missing = data.draw(st.integers(1, GROWN[kind]))
    short = msgpack.packb(msgpack.unpackb(encode(message))[:-missing])
    fields = dataclasses.fields(message)[-missing:]
    defaults: dict[str, Any] = {field.name: field.default for field in fields}
    assert decode(kind, short) == dataclasses.replace(message, **defaults)


@given(connections, st.integers(1, 3))
def test_a_row_without_the_fields_that_came_later_decodes_with_their_defaults(
    row: Connection, missing: int
) -> None:
    frame = msgpack.packb([0.0, 0.0, 0.0, [row[:-missing]]])
    expected = row._replace(**dict([*Connection._field_defaults.items()][-missing:]))
    assert decode("keyframe", frame) == Keyframe(0.0, 0.0, 0.0, (expected,))


@given(facts, st.integers(1, 2))
def test_a_fact_without_the_fields_that_came_later_decodes_with_their_defaults(
    fact: Fact, missing: int
) -> None:
    expected = fact._replace(**dict([*Fact._field_defaults.items()][-missing:]))
    assert decode("facts", msgpack.packb([[fact[:-missing]]])) == Facts((expected,))


@given(headers)
def test_a_longer_header_than_known_decodes(header: Header) -> None:
    grown = msgpack.packb([*msgpack.unpackb(encode_header(header)), "later"])
    assert decode_header(grown) == header


# Whatever comes either decodes or raises the peer's error.


def readers() -> list[Callable[[bytes], object]]:
    return [decode_header, *(lambda frame, kind=kind: decode(kind, frame) for kind in KINDS)]


def decodes_or_refuses(frame: bytes) -> None:
    for read in readers():
        try:
            read(frame)
        except RemoteProtocolError as error:
            assert str(error)  # noqa: PT017 - any other error is the failure


@pytest.mark.parametrize(
    "frame",
    [
        NESTED + b"\xc0",
        b"\x92\x01" + NESTED + b"\xc0",
        NESTED + b"\xc0\xc0",
        b"\xdd\x00\x0f\x42\x40" * 1_000,
        b"\xdd\xff\xff\xff\xff",
        b"\xc7\x0c\xff" + b"\xff" * 12,  # a time stamp beyond all years
        b"\x81\xc0\xc0",
        b"\xa2\xff\xfe",
    ],
)
def test_crafted_frames_raise_the_peers_error(frame: bytes) -> None:
    # No hypothesis here: it raises the limit of recursion, which one of these is about.
    for read in readers():
        with pytest.raises(RemoteProtocolError):
            read(frame)


@given(st.binary(max_size=200))
def test_any_bytes_decode_or_raise_the_peers_error(frame: bytes) -> None:
    decodes_or_refuses(frame)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | texts
    | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(values, max_size=12))
def test_any_array_decodes_or_raises_the_peers_error(fields: list[object]) -> None:
    decodes_or_refuses(msgpack.packb(fields))


@given(messages, st.data())
@settings(max_examples=200)
def test_a_damaged_message_decodes_or_raises_the_peers_error(
    message: Message, data: st.DataObject
) -> None:
    frame = bytearray(encode(message))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(frame) - 1))
        frame[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
        frame = frame or bytearray(1)
    decodes_or_refuses(bytes(frame))


@given(messages, values, st.data())
def test_a_message_with_one_wrong_field_decodes_or_raises_the_peers_error(
    message: Message, value: object, data: st.DataObject
) -> None:
    fields = msgpack.unpackb(encode(message))
    fields[data.draw(st.integers(0, len(fields) - 1))] = value
    decodes_or_refuses(msgpack.packb(fields))


@given(messages, st.integers(0, 9))
def test_a_message_that_is_cut_short_is_refused(message: Message, kept: int) -> None:
    fields = msgpack.unpackb(encode(message))
    needed = len(fields) - GROWN.get(kind_of(message), 0)
    short = msgpack.packb(fields[: min(kept, needed - 1)])
    with pytest.raises(RemoteProtocolError):
        decode(kind_of(message), short)


@pytest.mark.parametrize(
    "version", [0, 1, PROTOCOL_VERSION + 1, -1, "2", None, [], [[2]], 2**64 - 1]
)
def test_another_protocol_version_is_refused_in_words(version: object) -> None:
    fields = msgpack.unpackb(encode_header(Header("delta", "host", EPOCH, 1, 0, 0.0)))
    with pytest.raises(RemoteProtocolError, match=f"{PROTOCOL_VERSION} understood"):
        decode_header(msgpack.packb([version, *fields[1:]]))


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(RemoteProtocolError, match="unknown kind"):
        decode("gossip", msgpack.packb([]))


def test_a_frame_that_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(RemoteProtocolError, match=f"{MAX_FRAME} allowed"):
        decode("wait", bytes(MAX_FRAME + 1))


def fields_of(**changed: object) -> list[object]:
    row = Connection(1, Protocol.TCP, State.ESTABLISHED, bytes(4), 1, bytes(4), 2, 3, "x", 4)
    return [*(row._asdict() | changed).values()]


@pytest.mark.parametrize(
    "changed",
    [
        *({"id": -1}, {"id": 1.0}, {"id": True}, {"id": None}),
        *({"protocol": 1}, {"protocol": [6]}, {"state": 0}, {"state": 12}, {"state": "1"}),
        *({"local": bytes(5)}, {"local": "1234"}, {"remote": bytes(17)}, {"remote": None}),
        *({"local_port": 65_536}, {"remote_port": -1}, {"pid": -1}, {"pid": 2**32}),
        *({"uid": -2}, {"process": b"x"}, {"process": "x" * (MAX_TEXT + 1)}),
        *({"holders": 1}, {"holders": [-1]}, {"holders": [1] * (codec.MAX_HOLDERS + 1)}),
        *({"namespace": None}, {"container": b"x"}),
    ],
)
def test_a_row_that_breaks_its_rules_is_refused(changed: dict[str, object]) -> None:
    good = msgpack.packb([0.0, 0.0, 0.0, [fields_of()]])
    assert isinstance(decode("keyframe", good), Keyframe)
    with pytest.raises(RemoteProtocolError):
        decode("keyframe", msgpack.packb([0.0, 0.0, 0.0, [fields_of(**changed)]]))


ROW = fields_of()
QUIET: list[object] = [0.0, 0.0, 1.0, [], []]  # a delta without what came later


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        pytest.param("delta", [0.0, 2.0, 1.0, [], []], id="a delta that ends before it begins"),
        pytest.param("keyframe", [0.0, 2.0, 1.0, []], id="so does a keyframe"),
        pytest.param("delta", [float("nan"), 0.0, 1.0, [], []], id="no time"),
        pytest.param("delta", [0.0, 0.0, float("inf"), [], []], id="an endless time"),
        pytest.param("delta", [0.0, 0.0, 1e12, [], []], id="a time beyond all years"),
        pytest.param("delta", [-1.0, 0.0, 0.0, [], []], id="a time before 1970"),
        pytest.param("delta", [*QUIET, [[1.0]], [], []], id="half a stretch"),
        pytest.param("delta", [*QUIET, [], [1], []], id="an age of nothing that changed"),
        pytest.param("delta", [*QUIET, [], [], [1]], id="an age of nothing that is gone"),
        pytest.param("delta", [*QUIET[:4], [7], [], [], [-1]], id="gone in the future"),
        pytest.param("names", [[[b"", "a.example", 0.0]]], id="a name of no address"),
        pytest.param("traffic", [0.0, [[1, -1, 0, 0, 0, 0, 0]], []], id="less than no bytes"),
        pytest.param("processes", [[[1, "x", -2, "", "", ""]]], id="no user's number"),
        pytest.param("facts", [[[b"", "", 0, "", "", 0]]], id="a fact about no address"),
        pytest.param("facts", [[[bytes(4), "", 0, "", "", 6]]], id="no such look-up state"),
        pytest.param("session", [0, 0, MAX_TICK + 1, []], id="a tick beyond the last"),
        pytest.param("session", [0, 0, 0, [[1]]], id="half a gap"),
        pytest.param("session", [0, 0, 0, 7], id="no array of gaps"),
        pytest.param("histories", [[[b"", 0, b"abc", 0, ROW, False, []]]], id="no transitions"),
        pytest.param("histories", [[[b"", 0, None, 0, ROW, False, []]]], id="not even bytes"),
        pytest.param("histories", [[[b"", 0, b"", 0, ROW, False, [65_536]]]], id="no port"),
        pytest.param("status", ["", "", "", 1.0, ["x"] * 1_001, [], 0], id="too many sentences"),
        pytest.param(
            "status", ["", "", "", 1.0, *[[], [], 0, []], 0, 0, 0.0, [["x"]]], id="no value"
        ),
        pytest.param("request", [0, 1.5], id="half a part"),
        pytest.param("request", [0, 1, 0], id="no part"),
        pytest.param("request", [0, 1, codec.MAX_ASKED + 1], id="too many parts"),
        pytest.param("repeat", ["", bytes(7), 0, 1], id="no epoch"),
    ],
)
def test_a_message_that_breaks_its_rules_is_refused(kind: str, fields: list[object]) -> None:
    with pytest.raises(RemoteProtocolError):
        decode(kind, msgpack.packb(fields))


def test_transitions_that_cannot_be_are_refused() -> None:
    row = fields_of()
    for transitions in (b"\x03\0\0\0", b"\x10\0\0\0\x08\0\0\0"):
        with pytest.raises(RemoteProtocolError):
            decode("histories", msgpack.packb([[[b"", 0, transitions, 0, row, False, []]]]))


# Our own mistakes are found on our side.


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(Wait("\udcff"), id="a lone surrogate"),
        pytest.param(StateRequest(2**64, 0), id="a number too large"),
        pytest.param(Wait(object()), id="no text"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_encoded_raises_our_own_error(message: Message) -> None:
    with pytest.raises(LocalProtocolError):
        encode(message)


@pytest.mark.parametrize(
    "header", [("delta", "h", b"short", 1, 0, 0.0), ("d", "h", EPOCH, 1, 0, 0.0, 2, 2)]
)
def test_a_header_checks_itself(header: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match=r"epoch|part"):
        Header(*header)


def test_messages_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Wait("").reason = "x"  # type: ignore[misc]
