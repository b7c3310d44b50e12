"""The loop of the scroll view: messages in, lines out."""

import contextlib
import math
import os
import signal
import sys
from collections.abc import Iterable, Iterator

import zmq

from connmon_display.asking import NoAnswerError, ask, somebody_answers
from connmon_display.attention.alerts import Alert, Alerts
from connmon_display.attention.told import Told
from connmon_display.attention.trouble import list_problems
from connmon_display.filters.renewal import Renewal
from connmon_display.filters.rows import RowFilter
from connmon_display.following.change import Change
from connmon_display.following.source import Source
from connmon_display.hangup import Hangup
from connmon_display.options import Options
from connmon_display.questions import percent_of
from connmon_display.saving import Another, Saver, nowhere_else
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
from connmon_shared.stage.saying import complain
from connmon_shared.timelines.timeline import TICKS_PER_SECOND

STATUS_UNITS = 10  # units between two status lines
_HANGUP = getattr(signal, "SIGHUP", 0)  # Windows has none
_SLOW_SECONDS = 60.0  # the longest wait for a reader; what happens wakes us anyway
_STUCK_SECONDS = 0.1  # and for one that has room but does not take anything
_WHICH_PERCENT = "Save frequent addresses? active at least % of the time (Enter: no): "
LOOK_SECONDS = 0.5  # between two looks at what no message tells: how late silence is noticed


def scroll_loop(lifeline: int | None, *, rereads: bool = False) -> Loop:
    """Return a loop in which Ctrl-C asks questions if there is somebody to answer.

    Args:
        lifeline: of the launcher.
        rereads: whether SIGHUP may ask for something else than the end.
    """
    noted = {signal.SIGINT: somebody_answers(), _HANGUP: rereads}
    notes = tuple(number for number in STOP_SIGNALS if noted.get(number))
    stops = tuple(number for number in STOP_SIGNALS if number not in notes)
    return Loop(lifeline, stops, notes)


class Scroll:
    """The view.

    Args:
        program: what it calls itself on standard error.
        client: where what it tells comes from.
        loop: waits for that, for signals and for the reader.
        row_filter: which rows are told of.
        options: of the view.
        hangup: what SIGHUP means.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - everything it works with is handed in
        self,
        program: str,
        client: Source,
        loop: Loop,
        row_filter: RowFilter,
        options: Options,
        hangup: Hangup,
    ) -> None:
        self._program = program
        self._client = client
        self._loop = loop
        self._filter = row_filter
        self._options = options
        self._hangup = hangup
        self._renewal = Renewal(row_filter.lists, loop)
        self._alerts = Alerts(client.pipeline, row_filter)
        self._saver = Saver(client, row_filter, options)
        self._is_terminal = sys.stdout.isatty()
        self._out = Output("utf-8" if options.json else None)
        self._writing = Objects() if options.json else self._lines()
        self._tellings: dict[str, Telling] = {}  # by host
        self._told = Told()
        self._next_look = -math.inf  # like all times here, by the clock of the source
        self._next_status = math.inf
        self._save = False
        self._percent: float | None = None

    def run(self) -> int:
        """Write lines until the user, a signal or the reader ends it; return the exit code."""
        self._loop.watch(self._out.descriptor, zmq.POLLERR)
        try:
            noted = self._live()
            self._out.write(self._problems())  # or who looked only for a moment never learns of it
            if noted == signal.SIGINT:
                self._ask_what_to_save()
        except OutputClosedError as error:
            if error.code:
                complain(self._program, error)
            elif self._is_terminal:
                return by_signal(_HANGUP)
            return error.code
        return self._code(noted)

    def _live(self) -> int:
        """Write lines until it is time to end, and return the signal that said so, if it is noted.

        Raises:
            OutputClosedError: there is no reader any more.
        """
        while self._loop.stopping is None:
            self._turn()
            if self._ended and not self._out.full:
                return 0
            notes = self._loop.take_notes()
            if signal.SIGINT in notes:
                return signal.SIGINT
            if _HANGUP in notes:
                if self._hangup.final:
                    return _HANGUP
                complain(self._program, self._renewal.begin())
            for said in self._renewal.finish():
                complain(self._program, said)
        return 0

    def _code(self, noted: int = 0) -> int:
        """Return the exit code: of the signal that asked to stop, else of the `noted` one."""
        number = self._loop.stopping or noted
        return by_signal(number) if number else Exit.OK

    def _turn(self) -> None:
        """Wait for news and write them; for a reader that is slow, wait for nothing else.

        Raises:
            OutputClosedError: there is no reader any more.
        """
        if self._out.full:
            events = zmq.POLLERR if self._out.stuck else zmq.POLLOUT | zmq.POLLERR
            seconds = _STUCK_SECONDS if self._out.stuck else _SLOW_SECONDS
            ready = self._loop.wait_only(self._out.descriptor, events, seconds)
        else:
            left = self._next_look - self._client.pipeline.now()
            ready = self._loop.wait(min(left, self._client.patience))
        if ready.get(self._out.descriptor, 0) & zmq.POLLERR:
            raise self._out.closed()
        if self._out.full:
            self._out.go_on()
        else:
            self._out.write(self._news())

    def finish(self, another: Another = nowhere_else) -> list[str]:
        """Save what is to be saved at the end, and return what to tell the user.

        Raises:
            OSError: something cannot be written.
        """
        return self._saver.at_end(self._percent, timeline=self._save, another=another)

    def _news(self) -> Iterator[str]:
        """Yield the lines of one turn."""
        for change in self._client.receive():
            if change.host:
                yield from self._telling(change.host).change(change)
            for telling in self._tellings.values():
                yield from telling.learned(change.facts)
            yield from self._names(change)
            yield from self._alerted(self._alerts.change(change))
        now = self._client.pipeline.now()
        if self._ended or now >= self._next_look:
            self._next_look = now + LOOK_SECONDS
            yield from self._problems()
            yield from self._alerted(self._alerts.time())
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

    def _alerted(self, alerts: Iterable[Alert]) -> Iterator[str]:
        """Yield the lines of `alerts`."""
        for alert in alerts:
            known = self._telling(alert.host).known(alert.event)
            yield self._writing.alert(alert.host, alert.event, known, alert.match)

    def _names(self, change: Change) -> Iterator[str]:
        """Yield a line for each name that is new: one that is looked up again is not."""
        for fact, before in zip(change.facts, change.before, strict=True):
            named = self._name_shown(fact)
            if named and (before is None or named != self._name_shown(before)):
                live = self._client.pipeline.live
                moment = self._client.axis.known_to() if live else self._client.now()
                yield self._writing.name(moment, fact)

    def _name_shown(self, fact: Fact) -> tuple[str, str] | None:
        """Return the name and where it is from; None: there is none, or the address is hidden."""
        shown = fact.name_state == Lookup.RESOLVED and self._filter.shows(Peer(fact.address), fact)
        return (fact.name, fact.name_source) if shown else None

    def _problems(self) -> Iterator[str]:
        problems = (*self._client.problems, *list_problems(self._filter.lists, self._client))
        for problem in self._told.new(problems):
            complain(self._program, problem.text)
            line = self._writing.problem(problem.host, self._client.now(), problem.text)
            yield from (line,) if line else ()

    def _lines(self) -> Lines:
        term = os.environ.get("TERM", "")
        arrows = glyphs_for(self._out.encoding, term, ascii_only=self._options.ascii).arrows
        color = wanted(self._options.color, os.environ, is_terminal=self._is_terminal)
        return Lines(self._options.timestamps, arrows, color, lambda: self._client.pipeline.several)

    def _ask_what_to_save(self) -> None:
        if self._options.output is not None or not self._client.pipeline.live:
            return
        size = self._saver.expected()
        what = f"timeline ({size})" if size else "timeline"
        with contextlib.suppress(NoAnswerError):
            save = ask(f"Save {what} before quitting? [y/N] ", self._loop).lower().startswith("y")
            percent = None
            if self._options.threshold is None:
                percent = percent_of(ask(_WHICH_PERCENT, self._loop))
            self._save, self._percent = save, percent
