"""What was published last, kept for those who missed some of it. Pure."""

from collections import deque
from itertools import islice

from connmon_shared.wire import Frames

KEPT_SECONDS = 600.0  # that somebody may be late; who is later takes the state
_OVERHEAD = 300  # bytes that a message takes beside those of its frames, about


class Kept:
    """The latest numbered messages of a stream: those of the last KEPT_SECONDS.

    Args:
        limit: how many bytes they may take.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._messages: deque[Frames] = deque()
        self._times: deque[float] = deque()  # at which each of them was published
        self._size = 0
        self._last = 0  # the number of the newest

    def add(self, seq: int, frames: Frames, time: float) -> None:
        """Keep the message with the number `seq`, the one after the newest, of `time` (seconds)."""
        self._messages.append(frames)
        self._times.append(time)
        self._size += _size_of(frames)
        self._last = seq
        while self._times[0] < time - KEPT_SECONDS:
            self._drop_oldest()
        self.limit(self._limit)

    def limit(self, limit: int) -> None:
        """Let them take at most `limit` bytes from now on."""
        self._limit = limit
        while self._size > limit:
            self._drop_oldest()

    def begin_anew(self, seq: int) -> None:
        """Keep nothing up to the number `seq`: who missed some of it needs the state."""
        self._messages.clear()
        self._times.clear()
        self._size, self._last = 0, seq

    def reach(self, seq: int) -> bool:
        """Return whether all messages after the number `seq` are here."""
        return 0 <= self._last - seq <= len(self._messages)

    def after(self, seq: int, count: int) -> list[Frames]:
        """Return the first `count` of the messages after the number `seq`, which are here."""
        first = len(self._messages) - (self._last - seq)
        return [*islice(self._messages, first, first + count)]

    def _drop_oldest(self) -> None:
        self._size -= _size_of(self._messages.popleft())
        self._times.popleft()


def _size_of(frames: Frames) -> int:
    return sum(map(len, frames)) + _OVERHEAD
