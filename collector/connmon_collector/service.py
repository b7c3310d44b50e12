"""The collector's loop: look at the sockets on the grid, tell what changed, welcome who joins."""

import logging
import time
from collections.abc import Container, Iterator
from typing import NamedTuple

from connmon_collector.feed import Feed
from connmon_collector.grid import Grid, Slot
from connmon_collector.observed_names.watch import NameWatch
from connmon_collector.sources.base import Change, Source
from connmon_collector.told import Told
from connmon_shared import __version__
from connmon_shared.codec.limits import MAX_INTERVAL
from connmon_shared.messages import Delta, Figure, Keyframe, Names, Status, Traffic
from connmon_shared.stage.clock import Clock
from connmon_shared.stage.loop import Loop, Timer
from connmon_shared.stage.report import Report

_REFRESH_SECONDS = 60.0  # a keyframe is sent at least this often
_WELCOME_SECONDS = 1.0  # and on request at most this often
_NS = 1_000_000_000
_STATUS_SECONDS = 1.0  # a changed status is told at most this often
log = logging.getLogger("connmon-collector")


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
        watch: sees the names that resolvers answer with, if that was asked for.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - everything it works with is handed in
        self,
        source: Source,
        interval: float,
        feed: Feed,
        loop: Loop,
        clock: Clock,
        watch: NameWatch | None = None,
    ) -> None:
        self._source = source
        self._interval = interval
        self._feed = feed
        self._loop = loop
        self._clock = clock
        self._watch = watch
        self._grid = Grid(interval)
        self._processes = Told(source)
        self._span = 0.0  # seconds that the latest rates were measured over
        self._wanted = False  # a keyframe, by somebody who joined
        self._refresh = Timer(_REFRESH_SECONDS)
        self._refresh.take()  # the first keyframe is for who subscribes first
        self._welcome = Timer(_WELCOME_SECONDS)
        self._look = Timer(_STATUS_SECONDS)
        self._drain = Timer(source.pace)
        self._bell: int | None = None
        now = clock.now()
        self._counted = now  # the time of the latest counters that were told
        self._report = Report(now, self._figures)
        self._moment = _Moment(now, self._grid.take(now))
        source.begin()  # sent by the first keyframe; nobody can have joined yet

    def run(self) -> int:
        """Work until asked to stop; return the signal's number, 0 when the launcher is gone."""
        ready: Container[object] = (self._feed.socket,)
        while self._loop.stopping is None:
            if not self._grid.left(self._clock.now()):
                self._sample()
            elif self._bell in ready or self._drain.left <= 0:
                self._take_in()
            self._feed.tend()
            self._answer(said=self._feed.socket in ready)
            self._tell_status()
            self._feed.flush()
            ready = self._loop.wait(self._patience())
        return self._loop.stopping

    def _take_in(self) -> None:
        """Send what happened since, if anything did; the slot has been vouched for already."""
        change = self._source.drain()
        self._set_pace()
        now = self._time_of(change)
        self._send_names(now)
        if change:
            self._send(change, _Moment(now, Slot(now, now)))
        self._send_rest(now)

    def _sample(self) -> None:
        """Look, and send what changed, even nothing: that is the heartbeat."""
        before = self._moment.slot.end
        now = self._clock.now()
        slot = self._grid.take(now)
        if self._source.seamless:  # also of the slots that we slept through nothing was missed
            slot = Slot(min(before, slot.begin), slot.end)
        change = self._source.sample()
        self._set_pace()
        if self._source.seamless:  # what it tells is as new as its end, and ages count from there
            now = self._time_of(change)
        self._moment = _Moment(now, slot)
        self._send_names(now)
        self._send(change, self._moment)
        self._send_rest(now)

    def _set_pace(self) -> None:
        """Wait for the bell as well if there is one now, and so for the timer longer."""
        self._drain.restart(self._source.pace)
        bell = self._source.bell
        if bell != self._bell:
            if self._bell is not None:
                self._loop.forget(self._bell)
            if bell is not None:
                self._loop.watch(bell)
            self._bell = bell

    def _time_of(self, change: Change) -> float:
        """Return the time that ages in `change` count from."""
        passed = (time.monotonic_ns() - change.moment) / _NS if change.moment else 0.0
        return self._clock.now() - passed

    def _send(self, change: Change, moment: _Moment) -> None:
        at, slot = moment
        news = self._processes.news(change.changed)
        for message in news:
            self._feed.send(message, self._clock.now())
        self._send_counted(at)
        lost = ((at - change.lost_for, at),) if change.lost_for else ()
        delta = Delta(
            at,
            *slot,
            tuple(change.changed),
            tuple(change.gone),
            lost,
            tuple(change.changed_ages),
            tuple(change.gone_ages),
        )
        self._feed.send_delta(delta, self._clock.now())

    def _send_rest(self, now: float) -> None:
        """Send what is no change of a connection: counters that came late."""
        self._send_counted(now)

    def _send_counted(self, now: float) -> None:
        counted = self._source.counted()
        if counted:
            self._span = min(counted.span, MAX_INTERVAL)
            if counted.moved:
                self._counted = now
            moved, final = tuple(counted.moved), tuple(counted.final)
            self._feed.send_traffic(Traffic(now, moved, final, self._span), now)

    def _send_names(self, now: float) -> None:
        """Send the names that were observed, before the connections that followed them.

        They are taken after these, so that none is missing.
        """
        names = self._watch.take(now) if self._watch is not None else []
        if names:
            self._feed.send(Names(tuple(names)), now)

    def _answer(self, *, said: bool) -> None:
        """Send everything to who joined, and to all once a minute.

        Args:
            said: whether subscribers have said something.
        """
        self._wanted = (said and self._feed.joined()) or self._wanted
        if (self._wanted or self._refresh.left <= 0) and self._welcome.take():
            self._refresh.take()
            self._feed.send(self._report.tell(self._status()), self._clock.now())
            rows = self._source.connections()
            begin, end = self._moment.slot
            # Who needs it has missed something, perhaps of a long slot that we slept through: for
            # that only the deltas could vouch.
            frame = Keyframe(self._moment.time, max(begin, end - self._interval), end, ())
            noting = self._processes.noting(rows)
            now = self._clock.now()
            joined = self._wanted
            why = "somebody joined" if joined else "as every minute"
            log.debug("sending a keyframe of %d connections: %s", len(rows), why)
            self._wanted = not self._feed.send_keyframe(frame, noting, len(rows), now)
            if joined and not self._wanted:  # what is idle would not be told of until it moves
                self._feed.send_counters(self._source.counters(), self._counted, self._span, now)
                self._source.remind()
            for message in self._processes.noted():
                self._feed.send(message, now)

    def _tell_status(self) -> None:
        if self._look.take():
            status = self._report.news(self._status())
            if status is not None:
                self._feed.send(status, self._clock.now())

    def _figures(self) -> Iterator[Figure]:
        yield Figure("connections", len(self._source.connections()))
        yield from self._feed.figures()

    def _status(self) -> Status:
        source, watch = self._source, self._watch
        return Status(
            stage="collector",
            version=__version__,
            source=source.name,
            interval=self._interval,
            limits=(*source.limits, *(watch.limits if watch is not None else ())),
            features=("names",) if watch is not None else (),
            missed=0 if source.seamless else self._grid.missed,
            problems=(*source.problems, *(watch.problems if watch is not None else ())),
            lost=source.lost,
        )

    def _patience(self) -> float:
        """Return how long the loop may wait."""
        left = max(0.0, min(self._grid.left(self._clock.now()), self._drain.left))
        return min(left, self._welcome.left) if self._wanted else left
