"""The messages of one stream in order: what is missing is asked for. Pure.

A display asks for the state of a stream once, part by part, keeps what the stream brings
meanwhile, and goes on from there by number. What it misses later it asks for as it was sent; only
when the enricher no longer has that, or began anew, it asks for the state again.
"""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from connmon_shared.messages import Header, Message, RepeatRequest, StateRequest, Wait

RETRY_SECONDS = 1.0  # a request to which nothing came by then is made again
KEPT_MESSAGES = 2_048  # of the stream while something before them is missing
WINDOW = 16  # messages asked for at once: a third of what a socket's queue holds
#: Parts of a state asked for at once. Each may have 200 kB, and ZeroMQ's thread hardly gives memory
#: back that it once had.
PARTS = 8

Numbered = tuple[Header, Message | None]  # None: of a kind that only a later version knows


class Place(NamedTuple):
    """What was applied of a stream: everything up to a number."""

    epoch: bytes
    seq: int


class State(NamedTuple):
    """The whole state of a stream, as the enricher described it."""

    header: Header  # of its last part
    parts: list[Message | None]


class Taken(NamedTuple):
    """What may be applied now: first the state, if there is one, then the messages in order."""

    state: State | None = None
    messages: tuple[Numbered, ...] = ()


NOTHING = Taken()


class Stream:
    """Where a display stands in one stream.

    Args:
        host: whose stream; empty: the enricher's own.
        now: a monotonic clock.
        gather: makes the list of the parts of a state, for each state anew.

    Attributes:
        host: whose stream; empty: the enricher's own.
        epoch: that is followed.
        waiting: why there is no state yet, in the enricher's words.
    """

    def __init__(
        self,
        host: str,
        now: Callable[[], float],
        gather: Callable[[], list[Message | None]] = list,
    ) -> None:
        self.host = host
        self.epoch = b""
        self.waiting = ""
        self._now = now
        self._gather = gather
        self._seq = -1  # the last number applied in full; -1: the state is to be fetched
        self._applied = 0  # parts of the next number that were applied
        self._kept: deque[Numbered] = deque(maxlen=KEPT_MESSAGES)
        self._snapshot: Header | None = None  # of the part received last
        self._parts = gather()
        self._asked = 0  # parts of the snapshot, or messages, that were asked for
        self._ask_at = 0.0

    @property
    def live(self) -> bool:
        """Whether the state is here; something after it may still be missing."""
        return self._seq >= 0

    @property
    def behind(self) -> bool:
        """Whether messages are missing after those that were applied."""
        return not self.live or bool(self._kept)

    @property
    def place(self) -> Place | None:
        """What was applied; None while something is missing."""
        return None if self.behind or self._applied else Place(self.epoch, self._seq)

    def request(self) -> StateRequest | RepeatRequest | None:
        """Return the request to send now, if any."""
        if not self.behind:
            return None
        if self._now() >= self._ask_at:  # the first time, or nothing has come since
            self._asked = len(self._parts)
        elif not self._wants_more():
            return None
        self._ask_at = self._now() + RETRY_SECONDS
        if self.live:
            self._asked += WINDOW
            return RepeatRequest(self.host, self.epoch, self._seq, WINDOW)
        number = self._snapshot.seq if self._snapshot is not None else 0
        first, self._asked = self._asked, self._asked + PARTS
        return StateRequest(number, first, PARTS, self.host)

    def hear(self, header: Header, message: Message | None) -> Taken:
        """Take a numbered message of the stream."""
        if self.live and header.epoch != self.epoch:
            self.begin_anew()
        self._kept.append((header, message))
        return Taken(messages=self._take_kept()) if self.live else NOTHING

    def told(self, header: Header) -> None:
        """Take note that everything up to the number of `header` was sent, by now.

        Else the last message of a stream would be missed until another one follows.
        """
        known = self.live and header.epoch == self.epoch
        if known and header.seq > self._seq and not self._kept:
            self._kept.append((header, None))  # it holds the place of what is asked for

    def answer(self, header: Header, message: Message | None) -> Taken:
        """Take an answer to a request."""
        if not self.behind:
            return NOTHING
        if isinstance(message, Wait):
            self._refused(message)
            return NOTHING
        if header.base != header.seq:
            return self._repeated(header, message)
        return NOTHING if self.live else self._part(header, message)

    def begin_anew(self) -> None:
        """Fetch the state: nothing that comes builds on what was applied."""
        self._seq, self._applied = -1, 0
        self._kept.clear()
        self._forget_parts()
        self._ask_at = 0.0

    def distrust(self) -> None:
        """Fetch the state again, in a while: what came is of no use, and may come again."""
        self.begin_anew()
        self._ask_at = self._now() + RETRY_SECONDS

    def _wants_more(self) -> bool:
        if self.live:
            return self._asked <= 0
        parts = self._snapshot.parts if self._snapshot is not None else 0
        return self._asked < min(parts, len(self._parts) + PARTS // 2)

    def _forget_parts(self) -> None:
        self._snapshot, self._parts = None, self._gather()

    def _refused(self, wait: Wait) -> None:
        self.waiting = wait.reason
        self._forget_parts()
        if self.live:  # what was missed is no longer there: the state has it
            self._seq, self._applied = -1, 0
            self._ask_at = 0.0

    def _repeated(self, header: Header, message: Message | None) -> Taken:
        """Take a message that was asked for again."""
        if not self.live or header.epoch != self.epoch:
            return NOTHING
        self._asked -= 1
        if not self._follows(header):
            return NOTHING
        self._ask_at = self._now() + RETRY_SECONDS
        self._step(header)
        return Taken(messages=((header, message), *self._take_kept()))

    def _part(self, header: Header, message: Message | None) -> Taken:
        """Take a part of the state."""
        last = self._snapshot
        same = last is not None and (header.epoch, header.seq) == (last.epoch, last.seq)
        if not same and (header.part == 0 or last is None or header.epoch != last.epoch):
            self._forget_parts()  # the enricher took it anew, or began anew itself
            self._ask_at = 0.0
        elif not same:
            return NOTHING
        if header.part != len(self._parts):
            return NOTHING  # it came twice, or one before it is missing: that is asked for again
        self._snapshot = header
        self._parts.append(message)
        self._ask_at = self._now() + RETRY_SECONDS
        return self._take_over(header) if len(self._parts) == header.parts else NOTHING

    def _take_over(self, header: Header) -> Taken:
        state = State(header, self._parts)
        self._forget_parts()
        self.epoch, self._seq, self._applied, self.waiting = header.epoch, header.seq, 0, ""
        self._ask_at, self._asked = 0.0, 0
        return Taken(state, self._take_kept())

    def _take_kept(self) -> tuple[Numbered, ...]:
        """Return, and step over, what was kept and can be applied now."""
        taken = []
        while self._kept:
            header, message = self._kept[0]
            if header.epoch == self.epoch and header.seq > self._seq:
                if not self._follows(header):
                    break
                self._step(header)
                taken.append((header, message))
            self._kept.popleft()
        return tuple(taken)

    def _follows(self, header: Header) -> bool:
        return (header.base, header.part) == (self._seq, self._applied)

    def _step(self, header: Header) -> None:
        self._applied = header.part + 1
        if self._applied == header.parts:
            self._seq, self._applied = header.seq, 0
