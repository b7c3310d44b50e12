"""The file format of a recording: a line that names it, then blocks of messages. Pure.

docs/recording.md tells other programs the same. Every block can be checked and read by itself,
so what is damaged or cut off costs only itself.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple

from connmon_shared.codec.limits import MAX_TIME
from connmon_shared.messages import PROTOCOL_VERSION
from connmon_shared.text import clean
from connmon_shared.wire import Frames

FORMAT_VERSION = 1
_NAME = b"connmon recording "
FIRST_LINE = _NAME + b"%d, protocol %d\n" % (FORMAT_VERSION, PROTOCOL_VERSION)
FRAMES = 3  # of a message: topic, header, body
MAX_LENGTH = 1 << 25  # bytes of a block's messages: more than any message has
MARKER = b"\xf5CM\xf6"  # begins a block; no text holds such bytes
_START = struct.Struct("<4sI")  # the marker, the check of the rest of the header
_REST = struct.Struct("<BddIII")  # kind, first, last, size, length, the check of the body
_MESSAGE = struct.Struct(f"<dB{FRAMES}I")  # time, channel, the length of each frame
_FASTEST = 1  # of zlib's levels: the others take several times as long for a tenth less
HEADER_BYTES = _START.size + _REST.size


class RecordingError(Exception):
    """What was recorded cannot be read; the text says why."""


class Kind(IntEnum):
    """What a block holds, and whether a viewer can begin with it."""

    MESSAGES = 0  # that go on where the block before ended
    SESSION = 1  # the first messages that a recorder heard
    STATE = 2  # the beginning of a state, as answers that were never sent
    MORE = 3  # of that state


class Channel(IntEnum):
    """The socket on which a message came."""

    STREAM = 0
    ANSWER = 1


_KINDS, _CHANNELS = frozenset(Kind), frozenset(Channel)


class Entry(NamedTuple):
    """A message, and when it came."""

    time: float  # seconds since 1970, by the clock of who recorded it
    channel: Channel
    frames: Frames


class Header(NamedTuple):
    """What stands before the messages of a block."""

    kind: Kind
    first: float  # the times of the first and the last message
    last: float
    size: int  # bytes of the body, which follows
    length: int  # bytes of the messages in it
    check: int  # CRC-32 of the body


def check_first_line(line: bytes) -> None:
    """See whether a file that begins with `line` is a recording that we can read.

    Raises:
        RecordingError: it is not.
    """
    if line == FIRST_LINE:
        return
    if line.startswith(_NAME) and FIRST_LINE.startswith(line):
        raise RecordingError("cut off in its first line")
    if line.startswith(_NAME):
        theirs, ours = clean(line).rstrip("?"), clean(FIRST_LINE).rstrip("?")
        raise RecordingError(f"made by another connmon ({theirs}); this one reads {ours}")
    raise RecordingError("no recording of connmon")


def pack(kind: Kind, entries: Sequence[Entry]) -> bytes:
    """Return the block that holds `entries`: at least one, and MAX_LENGTH bytes at most."""
    messages = b"".join(
        part
        for entry in entries
        for part in (
            _MESSAGE.pack(entry.time, entry.channel, *map(len, entry.frames)),
            *entry.frames,
        )
    )
    body = zlib.compress(messages, _FASTEST)
    ends = entries[0].time, entries[-1].time
    rest = _REST.pack(kind, *ends, len(body), len(messages), zlib.crc32(body))
    return _START.pack(MARKER, zlib.crc32(rest)) + rest + body


def length_of(frames: Iterable[bytes]) -> int:
    """Return how many bytes of a block a message takes."""
    return _MESSAGE.size + sum(map(len, frames))


def header_of(data: bytes) -> Header | None:
    """Return the header that `data` is; None if it is damaged, or something else."""
    if len(data) != HEADER_BYTES or data[: len(MARKER)] != MARKER:
        return None
    rest = data[_START.size :]
    if _START.unpack_from(data)[1] != zlib.crc32(rest):
        return None
    number, first, last, size, length, check = _REST.unpack(rest)
    known = number in _KINDS and 0 <= first <= MAX_TIME and 0 <= last <= MAX_TIME
    if not known or not 0 < length <= MAX_LENGTH or not 0 < size <= 2 * MAX_LENGTH:
        return None
    return Header(Kind(number), first, last, size, length, check)


def unpack(header: Header, body: bytes) -> Iterator[Entry]:
    """Yield the messages of a block, one by one: a small body may hold many.

    Raises:
        RecordingError: the body is damaged.
    """
    if len(body) != header.size or zlib.crc32(body) != header.check:
        raise RecordingError("a block is damaged")
    messages = _inflated(body, header.length)
    place = 0
    while place < len(messages):
        if len(messages) - place < _MESSAGE.size:
            raise RecordingError("a message is cut off")
        time, channel, *lengths = _MESSAGE.unpack_from(messages, place)
        place += _MESSAGE.size
        if channel not in _CHANNELS or not 0 <= time <= MAX_TIME:
            raise RecordingError("a message came at no time, or in no known way")
        frames = []
        for length in lengths:
            frames.append(messages[place : place + length])
            place += length
        if place > len(messages):
            raise RecordingError("a message is cut off")
        yield Entry(time, Channel(channel), frames)


def _inflated(body: bytes, length: int) -> bytes:
    """Return the `length` bytes that `body` stands for; hardly more are ever made."""
    inflating = zlib.decompressobj()
    try:
        messages = inflating.decompress(body, length + 1)
    except zlib.error as error:
        raise RecordingError(f"a block cannot be decompressed: {error}") from error
    if len(messages) != length or not inflating.eof or inflating.unused_data:
        raise RecordingError("a block is not as long as it says")
    return messages
