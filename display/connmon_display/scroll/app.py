"""The loop of the scroll view: messages in, lines out."""

import os
import signal
import sys
from collections.abc import Iterable

import zmq

from connmon_display.color import wanted
from connmon_display.filters.rows import RowFilter
from connmon_display.follow import Change
from connmon_display.glyphs import glyphs_for
from connmon_display.options import Options
from connmon_display.prepare import complain
from connmon_display.questions import percent_of
from connmon_display.saving import Saver
from connmon_display.scroll.lines import Writing
from connmon_display.scroll.output import Output, OutputClosedError
from connmon_display.source import Source
from connmon_shared.endpoints import Peer, text_of
from connmon_shared.exits import Exit, by_signal
from connmon_shared.history import Event, What
from connmon_shared.loop import STOP_SIGNALS, Loop
from connmon_shared.messages import Fact, Lookup
from connmon_shared.timeline import TICKS_PER_SECOND

PROGRAM = "connmon-display"
STATUS_UNITS = 10  # units between two status lines
LOSS_SECONDS = 1.0  # without another loss, and it is over: one line tells of it
IDLE_SECONDS = 0.5  # the longest wait: how late a silent collector may be noticed


def scroll_loop(lifeline: int | None) -> Loop:
    """Return a loop in which Ctrl-C asks questions if there is somebody to answer."""
    if _interactive():
        stops = tuple(number for number in STOP_SIGNALS if number != signal.SIGINT)
        return Loop(lifeline, stops, notes=(signal.SIGINT,))
    return Loop(lifeline)


def _interactive() -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


class Scroll:
    """The view."""

    def __init__(self, client: Source, loop: Loop, row_filter: RowFilter, options: Options) -> None:
        self._client = client
        self._loop = loop
        self._filter = row_filter
        self._options = options
        self._saver = Saver(client, row_filter, options)
        self._out = Output()
        self._writing = _writing(options, self._out)
        self._told_to = 0  # the tick up to which gaps were told
        self._lost: list[tuple[float, float]] = []  # stretches that are not told yet
        self._stale = False
        self._told: set[str] = set()
        self._joined = False
        self._next_status = 0.0
        self._save = False
        self._percent: float | None = None

    def run(self) -> int:
        """Write lines until the user, a signal or the reader ends it; return the exit code."""
        self._loop.watch(self._out.descriptor, zmq.POLLERR)
        try:
            while self._loop.stopping is None:
                wait = min(IDLE_SECONDS, self._client.patience)
                if self._out.descriptor in self._loop.wait(wait):
                    raise self._out.closed()
                for change in self._client.receive():
                    self._take(change)
                self._tell_problems()
                self._watch_time()
                if self._client.playback is not None and self._client.playback.ended:
                    return Exit.OK
                if self._loop.take_notes():
                    self._ask_what_to_save()
                    return by_signal(signal.SIGINT)
        except OutputClosedError as error:
            if error.code:
                complain(PROGRAM, error)
            return error.code
        return by_signal(self._loop.stopping) if self._loop.stopping else Exit.OK

    def finish(self) -> list[str]:
        """Save what is to be saved at the end, and return what to tell the user.

        Raises:
            OSError: something cannot be written.
        """
        return self._saver.at_end(timeline=self._save, percent=self._percent)

    def _take(self, change: Change) -> None:
        if change.joined:
            self._told_to = self._client.follower.history.coverage.end
            self._lost = []
        if change.joined and not self._joined:
            self._joined = True
            self._write_events(self._present())
            self._next_status = self._client.pipeline.now() + self._status_period
        elif change.joined:
            self._write_break(lost=change.lost)
        self._lost += change.unseen
        self._write_gaps()
        self._write_events(change.events)
        self._write_names(change.facts)

    def _write_break(self, *, lost: bool) -> None:
        what, more = "messages lost", "short connections may be missing"
        if lost:
            what, more = "history lost", "the enricher was restarted; open now:"
        self._out.write(self._writing.line(self._client.now(), "GAP", what, more))
        if lost:
            self._write_events(self._present())

    @property
    def _status_period(self) -> float:
        return STATUS_UNITS * self._options.unit / TICKS_PER_SECOND

    def _present(self) -> Iterable[Event]:
        """Return what is open now as events: where a log begins, all must be in it."""
        for track in self._client.follower.history.tracks.values():
            what = What.LISTEN if track.peer.listening else What.ACTIVE
            for held in track.open.values():
                yield Event(self._client.now(), what, track.peer, *held)

    def _write_events(self, events: Iterable[Event]) -> None:
        follower = self._client.follower
        for event in events:
            if self._filter.shows(event.peer):
                fact = self._client.facts.get(event.peer.address)
                final = follower.details.final.get(event.connection.id)
                self._out.write(self._writing.event(event, fact, final))

    def _write_names(self, facts: Iterable[Fact]) -> None:
        for fact in facts:
            named = fact.name_state == Lookup.RESOLVED
            if named and self._filter.shows(Peer(fact.address)):
                line = self._writing.name(self._client.now(), fact, text_of(fact.address))
                self._out.write(line)

    def _write_gaps(self) -> None:
        """Tell of each stretch that was not observed, once something after it was."""
        history = self._client.follower.history
        for first, last in history.coverage.gaps_after(self._told_to):
            begin, end = history.seconds(max(first, self._told_to)), history.seconds(last)
            if any(start < end and stop > begin for start, stop in self._lost):
                if self._client.now() - end < LOSS_SECONDS:
                    return  # it may go on
                self._out.write(self._writing.lost(begin, end))
            else:
                self._out.write(self._writing.gap(end, end - begin))
            self._lost = [stretch for stretch in self._lost if stretch[1] > end]
            self._told_to = last

    def _watch_time(self) -> None:
        if not self._client.follower.live:
            return
        self._write_gaps()
        if self._client.stale and not self._stale:
            self._out.write(self._writing.stale(self._client.now(), self._client.silence))
        self._stale = self._client.stale
        if self._client.pipeline.now() >= self._next_status:
            self._next_status += self._status_period
            if not self._options.quiet:
                self._out.write(self._status())

    def _status(self) -> str:
        history = self._client.follower.history
        active = sum(
            1
            for peer, track in history.tracks.items()
            if track.open and not peer.listening and self._filter.shows(peer)
        )
        now = self._client.now()
        runtime = now - history.seconds(history.coverage.begin)
        return self._writing.status(now, active, runtime)

    def _tell_problems(self) -> None:
        problems = self._client.problems
        for problem in problems:
            if problem not in self._told:
                complain(PROGRAM, problem)
        self._told = {*problems}  # only these: one that tells a number is another every time

    def _ask_what_to_save(self) -> None:
        if self._options.output is not None or not self._client.follower.live:
            return
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            self._save = _ask("Save timeline before quitting? [y/N] ").lower().startswith("y")
            if self._options.threshold is None:
                answer = _ask(
                    "Save frequent addresses? active at least % of the time (Enter: no): "
                )
                self._percent = percent_of(answer)
        except (KeyboardInterrupt, EOFError):  # a second Ctrl-C, or nobody there: just end
            self._save, self._percent = False, None


def _ask(question: str) -> str:
    sys.stderr.write(question)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.strip()


def _writing(options: Options, out: Output) -> Writing:
    term = os.environ.get("TERM", "")
    arrow = glyphs_for(out.encoding, term, ascii_only=options.ascii).arrow
    is_terminal = os.isatty(out.descriptor)
    return Writing(
        options.timestamps, arrow, wanted(options.color, os.environ, is_terminal=is_terminal)
    )
