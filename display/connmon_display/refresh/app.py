"""The loop of the refresh view: messages, keys, signals and time in, frames out."""

import signal

from connmon_display.attention.alerts import Alerts
from connmon_display.filters.renewal import Renewal
from connmon_display.filters.rows import RowFilter
from connmon_display.following.source import Source
from connmon_display.hangup import Hangup
from connmon_display.options import Options
from connmon_display.refresh.ending import Ending
from connmon_display.refresh.frames import Frames
from connmon_display.refresh.hand import Hand
from connmon_display.refresh.notices import Notices
from connmon_display.refresh.terminal.canvas import Canvas
from connmon_display.refresh.terminal.terminal import Terminal
from connmon_display.refresh.view import View
from connmon_display.saving import Another, nowhere_else
from connmon_shared.stage.clock import boottime
from connmon_shared.stage.exits import Exit, by_signal
from connmon_shared.stage.loop import Loop
from connmon_shared.timelines.timeline import TICKS_PER_SECOND


class Refresh:
    """The view, from taking the terminal to giving it back."""

    def __init__(
        self,
        terminal: Terminal,
        client: Source,
        loop: Loop,
        row_filter: RowFilter,
        options: Options,
    ) -> None:
        self._terminal = terminal
        self._client = client
        self._loop = loop
        self._notices = Notices(client, row_filter.lists)
        self._alerts = Alerts(client.pipeline, row_filter)
        self._hangup = Hangup()
        self._renewal = Renewal(row_filter.lists, loop)
        self._view = View(client, row_filter, Canvas(terminal, loop, options), options)
        self._ending = Ending(client, row_filter, options, self._notices)
        self._hand = Hand(client, self._view, self._ending, self._notices, self._suspend)
        self._frames = Frames()

    def run(self) -> int:
        """Draw until the user or a signal ends it, and return the exit code."""
        self._loop.watch(self._terminal.keyboard)
        try:
            self._enter()
            self._read_keys()  # those that were pressed before, and how wide the terminal draws
            self._live()
        finally:
            self._terminal.leave()
        if self._loop.stopping:
            return by_signal(self._loop.stopping)
        return Exit.OK if self._ending.code is None else self._ending.code

    def finish(self, another: Another = nowhere_else) -> list[str]:
        """Save what is to be saved at the end, and return what to tell the user.

        Raises:
            OSError: something cannot be written.
        """
        return self._ending.finish(another)

    def _live(self) -> None:
        while not self._over:
            patience = 0.0 if self._busy else self._client.patience
            patience = min(patience, self._terminal.patience)
            ready = self._loop.wait(min(self._frames.due - boottime(), patience))
            for number in self._loop.take_notes():
                self._signal(number)
            if self._terminal.keyboard in ready or self._terminal.patience <= 0:
                self._read_keys()
            self._hear()
            if not self._over:  # or the terminal may have been given back: ended while stopped
                self._go_on()

    @property
    def _busy(self) -> bool:
        """Whether there is something to do without anything happening."""
        return self._ending.busy or self._view.awaits_words

    @property
    def _over(self) -> bool:
        return self._ending.code is not None or self._loop.stopping is not None

    def _hear(self) -> None:
        """Take what came from the enricher, and what became of lists that are read again."""
        for change in self._client.receive():
            if change.lost:
                self._notices.say("the enricher was restarted: what was before is lost")
            self._view.learn(change)
            self._notices.alert(self._alerts.change(change))
            if change.news:
                self._frames.news(boottime(), self._client.now())
        self._notices.alert(self._alerts.time())
        for said in self._renewal.finish():
            self._notices.say(said)
            self._frames.hasten()

    def _go_on(self) -> None:
        """Draw what is due, or else do a bit of the rest: while a frame is drawn a key may come."""
        if not self._show():
            self._view.prepare()
            if self._ending.work():
                self._frames.follow()

    def _show(self) -> bool:
        """Write what the terminal takes of the last frame, and draw the next one if it is due.

        Returns:
            Whether it was due.
        """
        self._view.canvas.flush()
        due = boottime() >= self._frames.due
        if due:
            self._draw()
        return due

    def _draw(self) -> None:
        began, now = boottime(), self._client.now()
        if self._view.canvas.busy:
            self._frames.put_off(began)
            return
        self._view.draw(self._ending.question or self._notices.line())
        self._frames.drawn(began, now, self._view.controls.unit / TICKS_PER_SECOND)

    def _signal(self, number: int) -> None:
        match number:
            case signal.SIGHUP:
                if self._hangup.final:
                    self._ending.code = by_signal(signal.SIGHUP)
                else:
                    self._notices.say(self._renewal.begin())
            case signal.SIGINT:
                self._hand.interrupt(by_signal(signal.SIGINT))
            case signal.SIGTSTP:
                self._suspend()
            case signal.SIGCONT:
                self._enter()  # a shell may have had the terminal since SIGSTOP
            case signal.SIGWINCH:
                self._view.canvas.forget()
        self._frames.hasten()

    def _enter(self) -> None:
        """Take the terminal, unless it is time to end: it may have been given back by then."""
        if self._over:
            return
        try:
            self._view.canvas.take()
        except EOFError:  # it has hung up, or is not ours any more
            self._ending.code = by_signal(signal.SIGHUP)

    def _suspend(self) -> None:
        self._terminal.suspend()
        self._enter()

    def _read_keys(self) -> None:
        try:
            keys = self._terminal.keys()
        except EOFError:  # the terminal has hung up
            self._ending.code = by_signal(signal.SIGHUP)
            return
        self._hand.take(keys)
        self._view.canvas.fit()
        self._frames.hasten()
