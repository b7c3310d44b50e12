"""A recording in the place of a running enricher: the same messages, at a pace of its own."""

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from connmon_display.following.change import NOTHING, Change
from connmon_display.following.pipeline import Pipeline
from connmon_display.following.source import Source
from connmon_display.recording.blocks import Channel
from connmon_display.recording.index import Index
from connmon_display.recording.playhead import AS_FAST_AS_POSSIBLE, Playhead
from connmon_display.recording.reading import Reading
from connmon_display.recording.story import Told, story
from connmon_shared import codec, wire
from connmon_shared.stage.clock import boottime

_DAMAGED = "parts of the recording are damaged or cut off: from there to the next state it is blank"
_BUSY_SECONDS = 0.05  # of work at a time, then keys and the screen have their turn
_STEP = 0.5  # seconds of a recording, in which its time goes on however fast it is played
_JOINING = 10.0  # seconds of a recording in which a viewer had joined, if ever


class _Seek(NamedTuple):
    """A jump on its way, in seconds since 1970."""

    begin: float  # the moment of what it had to begin with
    moment: float  # where it ends

    def share(self, moment: float) -> float:
        """Return how much of it is done at `moment`, of 1."""
        whole = self.moment - self.begin
        return min(max((moment - self.begin) / whole, 0.0), 1.0) if whole > 0 else 1.0


class Player(Source):
    """Feeds a Pipeline from a recording.

    Args:
        reading: the recording.
        index: of it.
        speed: seconds of the recording in a second, or `AS_FAST_AS_POSSIBLE`.
        begin: the moment to begin with, seconds since 1970: not after the end.
        real: a monotonic clock.
    """

    def __init__(
        self,
        reading: Reading,
        index: Index,
        speed: float,
        begin: float,
        real: Callable[[], float] = boottime,
    ) -> None:
        self._reading = reading
        self._index = index
        self._real = real
        self._moment = begin  # of the recording: what came by then has been taken
        self._playhead = Playhead(begin, speed, real)
        super().__init__(Pipeline(lambda: self._moment), self)
        self._story: Iterator[Told] = iter(())
        self._next: Told | None = None  # what comes next; None: nothing does
        self._jumped = False
        self._joining = True  # at the beginning: nobody waits where there is nothing to show yet
        self._seek: _Seek | None = None
        if begin > index.begin:
            self._go_to(begin)
        else:
            self._begin_before(index.begin)

    @property
    def words(self) -> str:
        """The speed and the day, and what keeps it from going on."""
        speed = (
            "max" if self._playhead.speed == AS_FAST_AS_POSSIBLE else f"{self._playhead.speed:g}×"
        )
        day = time.strftime("%Y-%m-%d", time.localtime(self._moment))
        return f"REPLAY {speed} {day}{self._state}"

    @property
    def ended(self) -> bool:
        """Whether all was played."""
        return self._next is None and self._seek is None

    @property
    def seeking(self) -> bool:
        """Whether a moment is sought."""
        return self._seek is not None

    @property
    def patience(self) -> float:
        """Seconds until the next message is due, or so much time has passed that it is noticed."""
        if self._seek is not None:
            return 0.0
        if self._next is None:
            return super().patience
        if self._joining and not self._playhead.paused:
            return 0.0
        due = self._moment if self._next.anew else self._next.entry.time
        return self._playhead.left(min(due, self._moment + _STEP))

    @property
    def own_problems(self) -> tuple[str, ...]:
        """What of the recording cannot be read."""
        return (_DAMAGED,) if self._index.unread or self._reading.damaged else ()

    def receive(self) -> Iterator[Change]:
        """Yield what the messages changed that have come by now; while it is sought, nothing."""
        if self._seek is not None:
            self._approach(self._seek)
        if self._seek is not None:
            return
        if self._jumped:
            self._jumped = False
            hosts = self.pipeline.hosts.values()
            yield from (Change(host.host, joined=True) for host in hosts if host.live)
        if not self._playhead.paused:
            yield from self._play()

    def now(self) -> float:
        """Return the time on the collector's clock then, seconds since 1970."""
        return super().now() if self.pipeline.live else self._moment

    def trouble(self) -> str:
        """Return nothing: a recording is there, or it would not have been opened."""
        return ""

    def close(self) -> None:
        """Let go of the file."""
        self._reading.close()

    def pause(self) -> None:
        """Stand still, or go on."""
        self._playhead.pause()

    def seek(self, seconds: float) -> None:
        """Go on so many seconds later, or (negative) earlier.

        That takes what came before, and time: `receive` goes on with what is too much for once.
        """
        begin = self._moment if self._seek is None else self._seek.moment
        self._go_to(min(max(begin + seconds, self._index.begin), self._index.end))

    @property
    def _state(self) -> str:
        if self._seek is not None:
            return f" SEEKING {self._seek.share(self._moment):.0%}"
        return " END" if self.ended else " PAUSED" if self._playhead.paused else ""

    def _play(self) -> Iterator[Change]:
        stepping = self._playhead.speed == AS_FAST_AS_POSSIBLE
        until = self._moment + _STEP if stepping else self._playhead.position
        began = self._real()
        while self._next is not None and self._is_due(self._next, until):
            came = self._next.entry.time
            if not self._moment <= came <= until:  # nobody waits for what was not recorded
                until = came
                self._playhead.go_to(until)
            change = self._take(self._next)
            self._joining = self._joining and not self.pipeline.live
            yield change
            if not stepping and self._real() - began > _BUSY_SECONDS:
                self._playhead.go_to(self._moment)  # it cannot keep up
                return
        if self._next is not None:
            self._moment = until

    def _is_due(self, told: Told, until: float) -> bool:
        return told.anew or told.entry.time <= until or self._joining

    def _go_to(self, moment: float) -> None:
        """Begin before `moment`, and take what came until then, and until a viewer had joined."""
        self._joining = False
        self._begin_before(moment)
        begin = moment if self._next is None else self._next.entry.time
        self._seek = _Seek(begin, moment)
        self._approach(self._seek)

    def _approach(self, seek: _Seek) -> None:
        """Go on with `seek` for a while, and end it where it is there."""
        began = self._real()
        while self._next is not None and self._is_before(self._next, seek.moment):
            self._take(self._next)
            if self._real() - began > _BUSY_SECONDS:
                return
        self._seek = None
        self._moment = max(self._moment, seek.moment)
        self._playhead.go_to(self._moment)
        self._jumped = True

    def _begin_before(self, moment: float) -> None:
        self.pipeline.forget()
        self._moment = moment
        self._playhead.go_to(moment)
        self._story = story(self._reading, self._index, self._index.start_before(moment))
        self._next = next(self._story, None)

    def _is_before(self, told: Told, moment: float) -> bool:
        joining = not told.anew and not self.pipeline.live
        return told.entry.time <= max(self._moment, moment + _JOINING * joining)

    def _take(self, told: Told) -> Change:
        if told.anew:
            self.pipeline.begin_anew()
        self._moment = told.entry.time
        self._next = next(self._story, None)
        take = self.pipeline.answer if told.entry.channel == Channel.ANSWER else self.pipeline.hear
        try:
            return take(*wire.split(told.entry.frames))
        except codec.RemoteProtocolError:
            self.pipeline.reject()
            return NOTHING
