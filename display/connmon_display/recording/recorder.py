"""What becomes of all that a display hears: it is written, and now and then the whole state."""

from collections.abc import Callable

from connmon_display.following.pipeline import Pipeline
from connmon_display.recording.blocks import Channel, Entry, length_of
from connmon_display.recording.states import answers
from connmon_display.recording.writing import Writer
from connmon_shared.stage.clock import Clock
from connmon_shared.wire import Frames

STATE_SECONDS = 600.0  # between two states, at most: unless the pipeline is waiting itself
_FEWEST_BYTES = 1 << 20  # of messages between two states, at least
_STATES_APART = 2  # times the length of a state: so many bytes of messages come before the next
_REST = 50  # times what a state has cost pass before the next one: 2 % of a core at most
_CHANNELS = {"answer": Channel.ANSWER, "stream": Channel.STREAM}


class Recorder:
    """Records what one pipeline takes.

    Args:
        writer: writes it.
        pipeline: has taken each message that is recorded.
        now: a clock that never goes back, seconds since 1970.
    """

    def __init__(
        self, writer: Writer, pipeline: Pipeline, now: Callable[[], float] | None = None
    ) -> None:
        self._writer = writer
        self._pipeline = pipeline
        self._now = Clock().now if now is None else now
        self._state_at = self._now() + STATE_SECONDS
        self._rested_at = 0.0  # no state is written before
        self._bytes = 0  # of messages since the last state
        self._state_bytes = 0  # of the last state

    def hear(self, channel: str, frames: Frames) -> None:
        """Record a message that came as an `answer` or in the `stream`."""
        now = self._now()
        self._writer.put(Entry(now, _CHANNELS[channel], frames))
        self._bytes += length_of(frames)
        much = self._bytes > max(_FEWEST_BYTES, _STATES_APART * self._state_bytes)
        if (much and now >= self._rested_at) or now >= self._state_at:
            self._put_state(now)

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()

    def _put_state(self, now: float) -> None:
        entries = [Entry(now, Channel.ANSWER, frames) for frames in answers(self._pipeline)]
        if entries:
            self._writer.put_state(entries)
            self._bytes, self._state_bytes = 0, sum(length_of(e.frames) for e in entries)
            self._state_at = now + STATE_SECONDS
            self._rested_at = now + _REST * (self._now() - now)
