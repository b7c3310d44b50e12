"""One stream of the view: numbered, published, and kept for those who miss some of it."""

from collections.abc import Callable, Iterable

from connmon_enricher.kept import Kept
from connmon_shared import codec, wire
from connmon_shared.messages import Message, RepeatRequest, kind_of

KEPT_BYTES = 16 << 20  # of the latest messages of each stream

#: Sends frames to all displays.
Publish = Callable[[wire.Frames], None]


class Stream:
    """What displays are told of one host, or (with an empty name) of the enricher itself.

    Args:
        host: its name.
        describe: yields the messages that rebuild its state.
        now: its time, seconds since 1970.
        publish: sends to all displays.
    """

    def __init__(
        self,
        host: str,
        describe: Callable[[], Iterable[Message]],
        now: Callable[[], float],
        publish: Publish,
    ) -> None:
        self.describe = describe
        self._sender = wire.Sender(host, wire.new_epoch())
        self._kept = Kept(KEPT_BYTES)
        self._now = now
        self._publish = publish

    @property
    def place(self) -> tuple[str, bytes, int]:
        """The host, the epoch, and the number of the newest message."""
        return self._sender.host, self._sender.epoch, self._sender.seq

    @property
    def published(self) -> tuple[int, int]:
        """How many numbered messages were published, and their bytes."""
        return self._sender.messages, self._sender.bytes

    def send(self, message: Message) -> None:
        """Publish `message`."""
        self.forward(kind_of(message), codec.encode(message))

    def forward(self, kind: str, body: bytes, part: wire.Part = wire.WHOLE) -> None:
        """Publish an already encoded message."""
        now = self._now()
        frames = self._sender.forward(kind, body, now, part)
        if kind == "keyframe":
            self._kept.begin_anew(self._sender.seq)
        elif kind in wire.NUMBERED:
            self._kept.add(self._sender.seq, frames, now)
        self._publish(frames)

    def renew(self) -> None:
        """Begin a new epoch: displays notice it, and ask for the state."""
        self._sender.epoch = wire.new_epoch()
        self._kept.begin_anew(self._sender.seq)

    def keep(self, limit: int) -> None:
        """Keep messages of at most `limit` bytes."""
        self._kept.limit(limit)

    def reaches(self, seq: int) -> bool:
        """Return whether whoever has the state at `seq` can be given all that followed."""
        return self._kept.reach(seq)

    def repeat(self, request: RepeatRequest) -> list[wire.Frames] | None:
        """Return what `request` asks for, as it was sent; None if not all of it is kept."""
        if request.epoch != self._sender.epoch or not self._kept.reach(request.after):
            return None
        return self._kept.after(request.after, request.count)

    def answer(self, kind: str, body: bytes, seq: int, part: wire.Part) -> wire.Frames:
        """Return the frames of a part of the state at the number `seq`."""
        return self._sender.answer(kind, body, self._now(), seq, part)
