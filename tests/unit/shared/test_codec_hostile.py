"""Whatever comes either decodes or raises the peer's error, and takes little memory."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import msgpack
import pytest
from helpers_messages import EXAMPLES, messages, values
from hypothesis import given, settings
from hypothesis import strategies as st

from connmon_shared.codec import RemoteProtocolError, decode, decode_header, encode
from connmon_shared.codec.limits import MAX_ARRAYS, MAX_FRAME, MAX_ITEMS
from connmon_shared.messages import KINDS, Message, kind_of

NESTED = b"\x91" * 1_020  # arrays in arrays, as deep as msgpack allows: repr() would not return
LARGE = MAX_FRAME - (1 << 14)  # bytes of one value, with room for others
BIN = b"\xc6" + LARGE.to_bytes(4) + bytes(LARGE)
LONGEST = b"\xdc" + MAX_ITEMS.to_bytes(2)  # the beginning of the longest array that is taken


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
        b"\x92\x02" + NESTED + b"\xc0",
        NESTED + b"\xc0\xc0",
        b"\xdd\x00\x0f\x42\x40" * 1_000,
        b"\xdd\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\xc7\x0c\xff" + b"\xff" * 12,  # a time stamp beyond all years
        b"\xc7\x00\x01",
        b"\x80",
        b"\x91\x80",
        b"\x81\xc0\xc0",
        b"\xa2\xff\xfe",
    ],
)
def test_crafted_frames_raise_the_peers_error(frame: bytes) -> None:
    # No hypothesis here: it raises the limit of recursion, which one of these is about.
    for read in readers():
        with pytest.raises(RemoteProtocolError):
            read(frame)


def filled(item: bytes) -> bytes:
    """Return a frame as long as may be, of arrays that are as long as may be."""
    row = LONGEST + item * MAX_ITEMS
    count = (MAX_FRAME - 3) // len(row)
    return b"\xdc" + count.to_bytes(2) + row * count


DECODING = """
import sys
from pathlib import Path
from connmon_shared.codec import RemoteProtocolError, decode

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))

frame = sys.stdin.buffer.read()
before = peak()
try:
    decode("delta", frame)
except RemoteProtocolError:
    print(peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")
@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(filled(b"\x90"), id="empty arrays"),
        pytest.param(filled(b"\x80"), id="empty maps"),
        pytest.param(filled(b"\xc7\x00\x01"), id="empty extensions"),
        pytest.param(filled(b"\xa2ab"), id="short texts"),
        pytest.param(filled(b"\xcb" + bytes(8)), id="numbers"),
        pytest.param(LONGEST * 1_000 + bytes(MAX_FRAME - 3_000), id="long arrays in each other"),
        pytest.param(
            b"\x91\x91\x92" + LONGEST + b"\xc0" * MAX_ITEMS + BIN,
            id="places",
        ),
        pytest.param(b"\x95" + b"\0" * 4 + BIN, id="ids"),
    ],
)
def test_a_hostile_frame_takes_a_bounded_amount_of_memory(frame: bytes) -> None:
    assert MAX_FRAME - 2 * MAX_ITEMS * 9 < len(frame) <= MAX_FRAME
    child = [sys.executable, "-c", DECODING]  # what is freed here would be used again
    done = subprocess.run(child, input=frame, capture_output=True, check=True, timeout=50)
    assert int(done.stdout) < 25 * MAX_FRAME


def test_more_arrays_than_any_message_has_are_refused() -> None:
    with pytest.raises(RemoteProtocolError, match="arrays"):
        decode("wait", msgpack.packb([[]] * MAX_ARRAYS))
    with pytest.raises(RemoteProtocolError, match="no text"):
        decode("wait", msgpack.packb([[]] * (MAX_ARRAYS - 1)))


@given(st.binary(max_size=200))
def test_any_bytes_decode_or_raise_the_peers_error(frame: bytes) -> None:
    decodes_or_refuses(frame)


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


@given(st.sampled_from([*EXAMPLES.values()]) | messages, values, st.data())
@settings(max_examples=300)
def test_a_message_with_something_else_in_one_place_decodes_or_raises_the_peers_error(
    message: Message, value: object, data: st.DataObject
) -> None:
    fields: Any = msgpack.unpackb(encode(message))
    inner, at = fields, data.draw(st.integers(0, len(fields) - 1))
    while isinstance(inner[at], list) and inner[at] and data.draw(st.booleans()):
        inner = inner[at]
        at = data.draw(st.integers(0, len(inner) - 1))
    inner[at] = value
    decodes_or_refuses(msgpack.packb(fields))
    try:
        again = decode(kind_of(message), msgpack.packb(fields))
    except RemoteProtocolError:
        return
    assert decode(kind_of(again), encode(again)) == again
