"""The file format: whatever is in a file, it is read, or it is said that it cannot be."""

import contextlib
import struct
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_display.recording.blocks import (
    FIRST_LINE,
    HEADER_BYTES,
    MAX_LENGTH,
    Channel,
    Entry,
    Kind,
    RecordingError,
    check_first_line,
    header_of,
    length_of,
    pack,
    unpack,
)

START = 1_700_000_000.0
frames = st.lists(st.binary(max_size=300), min_size=3, max_size=3)
entries = st.lists(
    st.builds(Entry, st.floats(0, 1e11), st.sampled_from(Channel), frames), min_size=1, max_size=8
)


def unpacked(block: bytes) -> list[Entry]:
    header = header_of(block[:HEADER_BYTES])
    assert header is not None
    return list(unpack(header, block[HEADER_BYTES:]))


def forged(messages: bytes, *, length: int | None = None, body: bytes | None = None) -> bytes:
    """Return a block whose checks are right, whatever it holds."""
    body = zlib.compress(messages) if body is None else body
    length = len(messages) if length is None else length
    rest = struct.pack("<BddIII", 0, START, START, len(body), length, zlib.crc32(body))
    return struct.pack("<4sI", pack(Kind.MESSAGES, [entry()])[:4], zlib.crc32(rest)) + rest + body


def entry(time: float = START, body: bytes = b"body") -> Entry:
    return Entry(time, Channel.STREAM, [b"topic", b"header", body])


@given(st.sampled_from(Kind), entries)
def test_what_is_packed_is_unpacked(kind: Kind, given_entries: list[Entry]) -> None:
    block = pack(kind, given_entries)
    assert unpacked(block) == given_entries
    header = header_of(block[:HEADER_BYTES])
    assert header is not None
    assert header.kind == kind
    assert (header.first, header.last) == (given_entries[0].time, given_entries[-1].time)
    assert header.length == sum(length_of(e.frames) for e in given_entries)
    assert HEADER_BYTES + header.size == len(block)


@given(entries, st.data())
def test_a_changed_bit_is_noticed(given_entries: list[Entry], data: st.DataObject) -> None:
    block = bytearray(pack(Kind.MESSAGES, given_entries))
    bit = data.draw(st.integers(0, len(block) * 8 - 1))
    block[bit // 8] ^= 1 << bit % 8
    header = header_of(bytes(block[:HEADER_BYTES]))
    if header is not None:
        with pytest.raises(RecordingError):
            list(unpack(header, bytes(block[HEADER_BYTES:])))


@given(entries)
def test_a_block_that_is_cut_anywhere_is_noticed(given_entries: list[Entry]) -> None:
    block = pack(Kind.MESSAGES, given_entries)
    for end in range(len(block)):
        header = header_of(block[: min(end, HEADER_BYTES)])
        assert (header is None) == (end < HEADER_BYTES)
        if header is not None:
            with pytest.raises(RecordingError):
                list(unpack(header, block[HEADER_BYTES:end]))


@given(st.binary(max_size=400))
def test_any_bytes_are_messages_or_raise_the_one_error(messages: bytes) -> None:
    block = forged(messages or b"\0")
    header = header_of(block[:HEADER_BYTES])
    assert header is not None
    with contextlib.suppress(RecordingError):
        for found in unpack(header, block[HEADER_BYTES:]):
            assert length_of(found.frames) <= len(messages)


@given(st.binary(max_size=400))
def test_a_body_that_is_not_compressed_raises_the_one_error(body: bytes) -> None:
    block = forged(b"", length=10, body=body or b"\0")
    header = header_of(block[:HEADER_BYTES])
    assert header is not None
    with pytest.raises(RecordingError):
        list(unpack(header, block[HEADER_BYTES:]))


@pytest.mark.parametrize(
    ("time", "channel", "lengths"),
    [
        pytest.param(float("nan"), 0, (0, 0, 0), id="no time"),
        pytest.param(-1.0, 0, (0, 0, 0), id="before 1970"),
        pytest.param(1e12, 0, (0, 0, 0), id="far future"),
        pytest.param(START, 2, (0, 0, 0), id="unknown channel"),
        pytest.param(START, 0, (1, 0, 0), id="longer than the block"),
        pytest.param(START, 0, (0, 0, 2**32 - 1), id="much longer"),
    ],
)
def test_a_message_that_breaks_the_rules_raises_the_one_error(
    time: float, channel: int, lengths: tuple[int, int, int]
) -> None:
    block = forged(struct.pack("<dB3I", time, channel, *lengths))
    header = header_of(block[:HEADER_BYTES])
    assert header is not None
    with pytest.raises(RecordingError):
        list(unpack(header, block[HEADER_BYTES:]))


@pytest.mark.parametrize("length", [20, 22])
def test_a_body_of_another_length_raises_the_one_error(length: int) -> None:
    block = forged(bytes(21), length=length)
    header = header_of(block[:HEADER_BYTES])
    assert header is not None
    with pytest.raises(RecordingError, match="as long as it says"):
        list(unpack(header, block[HEADER_BYTES:]))


def test_a_body_is_compared_with_its_check() -> None:
    block = pack(Kind.MESSAGES, [entry()])
    header = header_of(block[:HEADER_BYTES])
    assert header is not None
    with pytest.raises(RecordingError, match="damaged"):
        list(unpack(header._replace(check=header.check ^ 1), block[HEADER_BYTES:]))


def test_a_small_body_cannot_become_large() -> None:
    bomb = zlib.compress(bytes(MAX_LENGTH), 9)
    for length in (1, 1_000):
        block = forged(b"", length=length, body=bomb)
        header = header_of(block[:HEADER_BYTES])
        assert header is not None
        tracemalloc.start()
        with pytest.raises(RecordingError, match="as long as it says"):
            list(unpack(header, block[HEADER_BYTES:]))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < MAX_LENGTH / 100
    assert header_of(forged(b"", length=MAX_LENGTH + 1, body=bomb)[:HEADER_BYTES]) is None


def test_the_first_line_tells_what_it_is() -> None:
    check_first_line(FIRST_LINE)
    with pytest.raises(RecordingError, match="made by another connmon"):
        check_first_line(b"connmon recording 99, protocol 7\n")
    with pytest.raises(RecordingError, match="cut off in its first line"):
        check_first_line(FIRST_LINE[:-5])
    for other in (b"", b"\x7fELF", FIRST_LINE[:5], b"x" + FIRST_LINE):
        with pytest.raises(RecordingError, match="no recording of connmon"):
            check_first_line(other)
