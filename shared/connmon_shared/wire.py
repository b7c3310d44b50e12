"""Messages in, frames out, and back: topic, header, body. No socket is touched here.

Keyframes, deltas, processes, ended and facts are numbered: each builds on the one before, so who
misses one knows it. All parts of a keyframe share one number. Any other message carries the
number of the state that it describes.
"""

import os
from collections.abc import Iterator, Sequence

from connmon_shared import codec
from connmon_shared.messages import (
    EPOCH_BYTES,
    PROTOCOL_VERSION,
    ROWS_PER_PART,
    Header,
    Keyframe,
    Message,
    kind_of,
)

Frames = list[bytes]
Part = tuple[int, int]  # (index, how many)
WHOLE: Part = (0, 1)
EVERYTHING = b"v%d/" % PROTOCOL_VERSION  # the topic prefix of all streams
NUMBERED = frozenset({"keyframe", "delta", "processes", "ended", "facts"})
MAX_KEYFRAME = 64 << 20  # bytes of all parts together: a million connections
MAX_PARTS = 1_000  # of a keyframe
_FRAMES = 3  # topic, header, body


def topic(host: str, kind: str) -> bytes:
    """Return the topic of `kind` in the stream of `host`; empty: the enricher's own."""
    return f"v{PROTOCOL_VERSION}/{host}/{kind}".encode()


def new_epoch() -> bytes:
    """Return what tells this run of a stage from every other."""
    return os.urandom(EPOCH_BYTES)


class Sender:
    """Numbers and encodes what one stage sends during one epoch.

    Attributes:
        messages: how many numbered ones there were, each part of a keyframe by itself.
        bytes: of these.
    """

    def __init__(self, host: str, epoch: bytes) -> None:
        self.host = host
        self.epoch = epoch
        self.seq = 0
        self.messages = 0
        self.bytes = 0

    def frames(self, message: Message, time: float, part: Part = WHOLE) -> Frames:
        """Return the frames of `message`, sent at `time` (seconds since 1970)."""
        return self.forward(kind_of(message), codec.encode(message), time, part)

    def forward(self, kind: str, body: bytes, time: float, part: Part = WHOLE) -> Frames:
        """Return the frames of an already encoded body; a numbered kind advances the sequence."""
        if kind not in NUMBERED:
            return self.answer(kind, body, time, self.seq, part)
        self.seq += part[0] == 0
        frames = self._stamped(kind, body, time, (self.seq, self.seq - 1), part)
        self.messages += 1
        self.bytes += sum(map(len, frames))
        return frames

    def answer(self, kind: str, body: bytes, time: float, seq: int, part: Part) -> Frames:
        """Return the frames of a body that describes the state at number `seq`."""
        return self._stamped(kind, body, time, (seq, seq), part)

    def _stamped(
        self, kind: str, body: bytes, time: float, place: tuple[int, int], part: Part
    ) -> Frames:
        header = Header(kind, self.host, self.epoch, *place, time, *part)
        return [topic(self.host, kind), codec.encode_header(header), body]


def split(frames: Sequence[bytes]) -> tuple[Header, bytes]:
    """Return the header and the undecoded body of received `frames`.

    Raises:
        RemoteProtocolError: there are not three frames, or the second is no header.
    """
    if len(frames) != _FRAMES:
        raise codec.RemoteProtocolError(f"a message has {_FRAMES} frames, not {len(frames)}")
    return codec.decode_header(frames[1]), frames[2]


def in_parts(message: Keyframe) -> Iterator[Keyframe]:
    """Yield `message` in parts that are small enough for a slow link; at least one."""
    rows = message.connections
    for start in range(0, max(len(rows), 1), ROWS_PER_PART):
        part = rows[start : start + ROWS_PER_PART]
        yield Keyframe(message.time, message.begin, message.end, part)


class Assembly:
    """Collects the parts of a keyframe until it is whole.

    Attributes:
        bodies: of the parts, as they came, in their order.
    """

    def __init__(self) -> None:
        self.bodies: tuple[bytes, ...] = ()
        self._key: tuple[bytes, int, int] | None = None
        self._parts: dict[int, tuple[Keyframe, bytes]] = {}
        self._size = 0  # bytes of the bodies

    def add(self, header: Header, part: Keyframe, body: bytes) -> Keyframe | None:
        """Return the whole keyframe once its last part has come, else None.

        Raises:
            RemoteProtocolError: it is larger than any may be.
        """
        key = (header.epoch, header.seq, header.parts)
        if key != self._key:
            self._begin(key)
        if header.part not in self._parts:
            self._parts[header.part] = part, body
            self._size += len(body)
        if self._size > MAX_KEYFRAME or header.parts > MAX_PARTS:
            self._begin(None)
            raise codec.RemoteProtocolError(
                f"a keyframe in {header.parts} parts of {MAX_KEYFRAME} bytes and more"
            )
        if len(self._parts) < header.parts:
            return None
        parts = [self._parts[index] for index in sorted(self._parts)]
        self._begin(None)
        self.bodies = tuple(body for _, body in parts)
        rows = tuple(row for frame, _ in parts for row in frame.connections)
        return Keyframe(part.time, part.begin, part.end, rows)

    def _begin(self, key: tuple[bytes, int, int] | None) -> None:
        self._key, self._parts, self._size, self.bodies = key, {}, 0, ()
