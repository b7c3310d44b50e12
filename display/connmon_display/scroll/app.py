"""The loop of the scroll view: messages in, lines out."""

import math
import os
import signal
import sys
from collections.abc import Iterable, Iterator

import zmq

from connmon_display.filters.rows import RowFilter
from connmon_display.following.pipeline import Problem
from connmon_display.following.source import Source
from connmon_display.options import Options
from connmon_display.prepare import complain
from connmon_display.questions import percent_of
from connmon_display.saving import Saver
from connmon_display.scroll.lines import Lines
from connmon_display.scroll.objects import Objects
from connmon_display.scroll.output import Output, OutputClosedError
from connmon_display.scroll.telling import Telling
from connmon_display.words.color import wanted
from connmon_display.words.glyphs import glyphs_for
from connmon_shared.endpoints import Peer
from connmon_shared.messages import Fact, Lookup
from connmon_shared.stage.exits import Exit, by_signal
from connmon_shared.stage.loop import STOP_SIGNALS, Loop
from connmon_shared.timelines.timeline import TICKS_PER_SECOND

PROGRAM = "connmon-display"
STATUS_UNITS = 10  # units between two status lines
LOOK_SECONDS = 0.5  # between two looks at what no message tells: how late silence is noticed


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
        self._out = Output("utf-8" if options.json else None)
        self._writing = Objects() if options.json else self._lines()
        self._tellings: dict[str, Telling] = {}  # by host
        self._told: set[Problem] = set()
        self._next_look = -math.inf  # like all times here, by the clock of the source
        self._next_status = math.inf
        self._save = False
        self._percent: float | None = None

    def run(self) -> int:
        """Write lines until the user, a signal or the reader ends it; return the exit code."""
        self._loop.watch(self._out.descriptor, zmq.POLLERR)
        try:
            while self._loop.stopping is None:
                left = self._next_look - self._client.pipeline.now()
                if self._out.descriptor in self._loop.wait(min(left, self._client.patience)):
                    raise self._out.closed()
                self._out.write(self._news())
                if self._ended:
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

    def _news(self) -> Iterator[str]:
        """Yield the lines of one turn."""
        for change in self._client.receive():
            if change.host:
                yield from self._telling(change.host).change(change)
            yield from self._names(change.facts)
        now = self._client.pipeline.now()
        if self._ended or now >= self._next_look:
            self._next_look = now + LOOK_SECONDS
            yield from self._problems()
            yield from self._times(now)

    @property
    def _ended(self) -> bool:
        return self._client.playback is not None and self._client.playback.ended

    def _times(self, now: float) -> Iterator[str]:
        """Yield what is to be said because time has passed."""
        for telling in self._tellings.values():
            yield from telling.time()
        if now >= self._next_status:
            late = now - self._next_status
            self._next_status = now + self._status_period - late % self._status_period
            for telling in self._tellings.values():
                yield from telling.status()

    def _telling(self, host: str) -> Telling:
        if host not in self._tellings:
            pipeline = self._client.pipeline
            self._tellings[host] = Telling(pipeline, host, self._filter, self._writing)
            if len(self._tellings) == 1 and not self._options.quiet:
                self._next_status = self._client.pipeline.now() + self._status_period
        return self._tellings[host]

    @property
    def _status_period(self) -> float:
        return STATUS_UNITS * self._options.unit / TICKS_PER_SECOND

    def _names(self, facts: Iterable[Fact]) -> Iterator[str]:
        for fact in facts:
            named = fact.name_state == Lookup.RESOLVED
            if named and self._filter.shows(Peer(fact.address)):
                yield self._writing.name(self._client.now(), fact)

    def _problems(self) -> Iterator[str]:
        problems = self._client.problems
        for problem in problems:
            if problem not in self._told:
                complain(PROGRAM, problem.text)
                line = self._writing.problem(problem.host, self._client.now(), problem.text)
                yield from (line,) if line else ()
        self._told = {*problems}  # only these: one that tells a number is another every time

    def _lines(self) -> Lines:
        term = os.environ.get("TERM", "")
        arrow = glyphs_for(self._out.encoding, term, ascii_only=self._options.ascii).arrow
        is_terminal = os.isatty(self._out.descriptor)
        color = wanted(self._options.color, os.environ, is_terminal=is_terminal)
        return Lines(self._options.timestamps, arrow, color, self._several)

    def _several(self) -> bool:
        return len(self._client.pipeline.hosts) > 1

    def _ask_what_to_save(self) -> None:
        if self._options.output is not None or not self._client.pipeline.live:
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
