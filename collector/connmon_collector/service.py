"""The collector's loop: look at the sockets on the grid, tell what changed, welcome who joins."""

from typing import NamedTuple

from connmon_collector.feed import Feed
from connmon_collector.grid import Grid, Slot
from connmon_collector.sources.base import Source
from connmon_collector.tracker import Change, Tracker
from connmon_shared import __version__
from connmon_shared.clock import Clock
from connmon_shared.loop import Loop, Timer
from connmon_shared.messages import Delta, Keyframe, Status

_REFRESH_SECONDS = 60.0  # a keyframe is sent at least this often
_WELCOME_SECONDS = 1.0  # and on request at most this often
_STATUS_SECONDS = 1.0  # a changed status is told at most this often
_DRAIN_SECONDS = 0.25  # the kernel's messages are taken in at least this often


class _Moment(NamedTuple):
    time: float
    slot: Slot


class Service:
    """One collector at work.

    Args:
        source: sees the sockets.
        interval: seconds between two samples.
        feed: where messages go.
        loop: waits, and says when to stop.
        clock: the time of day.
    """

    def __init__(
        self, source: Source, interval: float, feed: Feed, loop: Loop, clock: Clock
    ) -> None:
        self._source = source
        self._interval = interval
        self._feed = feed
        self._loop = loop
        self._clock = clock
        self._grid = Grid(interval)
        self._tracker = Tracker()
        self._told: Status | None = None
        self._wanted = False  # a keyframe, by somebody who joined
        self._refresh = Timer(_REFRESH_SECONDS)
        self._welcome = Timer(_WELCOME_SECONDS)
        self._report = Timer(_STATUS_SECONDS)
        loop.watch(feed.socket)
        self._look()  # sent by the first keyframe; nobody can have joined yet

    def run(self) -> int:
        """Work until asked to stop; return the signal's number, 0 when the launcher is gone."""
        while self._loop.stopping is None:
            if not self._grid.left(self._clock.now()):
                self._sample()
            self._source.drain()
            self._answer()
            self._tell_status()
            self._loop.wait(self._patience())
        return self._loop.stopping

    def _look(self) -> Change:
        now = self._clock.now()
        self._moment = _Moment(now, self._grid.take(now))
        return self._tracker.step(self._source.sample())

    def _sample(self) -> None:
        """Take a sample and send what it changed, even nothing: that is the heartbeat."""
        change = self._look()
        time, slot = self._moment
        delta = Delta(time, *slot, tuple(change.changed), tuple(change.gone))
        self._feed.send_delta(delta, self._clock.now())

    def _answer(self) -> None:
        """Send everything to who joined, and to all once a minute."""
        self._wanted = self._feed.joined() or self._wanted
        if (self._wanted or self._refresh.left <= 0) and self._welcome.take():
            self._refresh.take()
            self._send_status(self._status())
            rows = tuple(self._tracker.connections.values())
            keyframe = Keyframe(self._moment.time, *self._moment.slot, rows)
            self._wanted = not self._feed.send_keyframe(keyframe, self._clock.now())

    def _tell_status(self) -> None:
        status = self._status()
        if status != self._told and self._report.take():
            self._send_status(status)

    def _send_status(self, status: Status) -> None:
        self._feed.send(status, self._clock.now())
        self._told = status

    def _status(self) -> Status:
        source = self._source
        return Status(
            stage="collector",
            version=__version__,
            source=source.name,
            interval=self._interval,
            limits=source.limits,
            missed=self._grid.missed,
            problems=source.problems,
        )

    def _patience(self) -> float:
        """Return how long the loop may wait."""
        left = min(self._grid.left(self._clock.now()), _DRAIN_SECONDS)
        return min(left, self._welcome.left) if self._wanted else left
