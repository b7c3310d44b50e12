import dataclasses
import gc
import typing
from typing import Any

import msgpack
import pytest
from helpers_messages import EXAMPLES, MESSAGES, altered, headers, messages, texts, u64
from hypothesis import given
from hypothesis import strategies as st

from connmon_shared.codec import (
    MAX_FRAME,
    LocalProtocolError,
    RemoteProtocolError,
    decode,
    decode_header,
    encode,
    encode_header,
    limits,
)
from connmon_shared.codec.schema import BODIES, HEADER
from connmon_shared.messages import (
    EPOCH_BYTES,
    KINDS,
    PROTOCOL_VERSION,
    Header,
    Message,
    StateRequest,
    Wait,
    kind_of,
)
from connmon_shared.timelines.timeline import MAX_TICK

EPOCH = bytes(EPOCH_BYTES)


@given(messages)
def test_every_message_comes_back_as_it_was(message: Message) -> None:
    assert decode(kind_of(message), encode(message)) == message


@given(headers)
def test_every_header_comes_back_as_it_was(header: Header) -> None:
    assert decode_header(encode_header(header)) == header


def test_every_kind_of_message_is_tested_and_can_be_decoded() -> None:
    assert MESSAGES.keys() == EXAMPLES.keys() == KINDS.keys()
    assert set(typing.get_args(Message)) == set(KINDS.values()) == BODIES.keys()
    assert all(kind_of(message) == kind for kind, message in EXAMPLES.items())


def test_every_field_travels_in_the_order_of_the_message() -> None:
    for kind, body in BODIES.items():
        assert [*body.layouts] == [field.name for field in dataclasses.fields(kind)]
    assert {*HEADER.layouts, "version"} == {field.name for field in dataclasses.fields(Header)}


@given(messages, st.lists(st.none() | u64 | texts, min_size=1, max_size=3))
def test_a_longer_array_than_known_decodes(message: Message, extra: list[object]) -> None:
    grown = msgpack.packb([*msgpack.unpackb(encode(message)), *extra])
    assert decode(kind_of(message), grown) == message


@given(headers)
def test_a_longer_header_than_known_decodes(header: Header) -> None:
    grown = msgpack.packb([*msgpack.unpackb(encode_header(header)), "later"])
    assert decode_header(grown) == header


@given(messages, st.data())
def test_fields_that_are_missing_at_the_end_have_their_defaults_or_the_message_is_refused(
    message: Message, data: st.DataObject
) -> None:
    fields = dataclasses.fields(message)
    missing = fields[data.draw(st.integers(0, len(fields) - 1)) :]
    short = msgpack.packb(msgpack.unpackb(encode(message))[: -len(missing)])
    if any(field.default is dataclasses.MISSING for field in missing):
        with pytest.raises(RemoteProtocolError, match="needed"):
            decode(kind_of(message), short)
    else:
        defaults: dict[str, Any] = {field.name: field.default for field in missing}
        assert decode(kind_of(message), short) == dataclasses.replace(message, **defaults)


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


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        pytest.param("delta", "begin", 1.8e9, id="a delta that ends before it begins"),
        pytest.param("keyframe", "begin", 1.8e9, id="so does a keyframe"),
        pytest.param("delta", "time", float("nan"), id="no time"),
        pytest.param("delta", "end", float("inf"), id="an endless time"),
        pytest.param("delta", "end", 1e12, id="a time beyond all years"),
        pytest.param("delta", "time", -1.0, id="a time before 1970"),
        pytest.param("delta", "time", "1", id="a text for a time"),
        pytest.param("session", "begin", MAX_TICK + 1, id="a tick beyond the last"),
        pytest.param("session", "begin", True, id="true is no number"),
        pytest.param("session", "origin", limits.MAX_COUNT + 1, id="more than a float counts"),
        pytest.param("session", "gaps", 7, id="no table of gaps"),
        pytest.param("status", "limits", ["x"] * (limits.MAX_TEXTS + 1), id="too many sentences"),
        pytest.param("status", "stage", "x" * (limits.MAX_TEXT + 1), id="too long a text"),
        pytest.param("status", "stage", b"x", id="bytes for a text"),
        pytest.param("status", "interval", limits.MAX_INTERVAL + 1, id="two days between samples"),
        pytest.param("request", "part", 1.5, id="half a part"),
        pytest.param("request", "count", 0, id="no part"),
        pytest.param("request", "count", limits.MAX_ASKED + 1, id="too many parts"),
        pytest.param("repeat", "epoch", bytes(7), id="no epoch"),
        pytest.param("shown", "addresses", [bytes(4)] * (limits.MAX_SHOWN + 1), id="a wall"),
        pytest.param("shown", "addresses", [b""], id="no address"),
        pytest.param("shown", "addresses", ["192.0.2.1"], id="an address as text"),
    ],
)
def test_a_message_that_breaks_its_rules_is_refused(kind: str, path: str, value: object) -> None:
    with pytest.raises(RemoteProtocolError):
        decode(kind, altered(kind, path, value))


def test_a_refusal_names_the_field() -> None:
    with pytest.raises(RemoteProtocolError, match=r"^connections: state: "):
        decode("keyframe", altered("keyframe", "connections.state", bytes(3)))


def test_what_a_peer_writes_is_cleaned() -> None:
    assert decode("wait", altered("wait", "reason", "a\x1b[2Jb")) == Wait("a?[2Jb")


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_left_as_it_was(enabled: bool) -> None:  # noqa: FBT001 - a parameter
    try:
        (gc.enable if enabled else gc.disable)()
        decode("wait", encode(Wait("x")))
        with pytest.raises(RemoteProtocolError):
            decode("wait", b"")
        assert gc.isenabled() == enabled
    finally:
        gc.enable()


# Our own mistakes are found on our side.


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(Wait("\udcff"), id="a lone surrogate"),
        pytest.param(StateRequest(2**64, 0), id="a number too large"),
        pytest.param(Wait(object()), id="no text"),  # type: ignore[arg-type]
        pytest.param(Wait("x" * MAX_FRAME), id="a frame too large"),
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
