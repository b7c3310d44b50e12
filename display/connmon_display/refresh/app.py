"""The loop of the refresh view: messages, keys, signals and time in, frames out."""

import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import replace

from connmon_display.attention.alerts import Alerts
from connmon_display.filters.renewal import Renewal
from connmon_display.filters.rows import RowFilter
from connmon_display.following.source import Source
from connmon_display.hangup import Hangup
from connmon_display.options import Options
from connmon_display.questions import Questions, Step
from connmon_display.refresh.frames import Frames
from connmon_display.refresh.input.controls import Controls, Place, act, edit, paste, read_help
from connmon_display.refresh.input.copying import clipboard, row_text, sent
from connmon_display.refresh.input.keys import ALWAYS, JUMPS, Action, action_of
from connmon_display.refresh.input.mouse import Pointed, point
from connmon_display.refresh.input.pasting import Pasted
from connmon_display.refresh.input.save_key import SaveKey
from connmon_display.refresh.notices import Notices
from connmon_display.refresh.painting.painter import Painter
from connmon_display.refresh.regions.help import last_top
from connmon_display.refresh.terminal.canvas import Canvas
from connmon_display.refresh.terminal.terminal import Terminal
from connmon_display.saving import Another, Saver, nowhere_else
from connmon_display.steps import Steps
from connmon_shared.stage.clock import boottime
from connmon_shared.stage.exits import Exit, by_signal
from connmon_shared.stage.loop import Loop
from connmon_shared.timelines.timeline import TICKS_PER_SECOND

_PASTE_IGNORED = "what was pasted is ignored: it counts in a filter, behind /"


class Refresh:
    """The view and what its user is doing."""

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
        self._options = options
        self._painter = Painter(client, row_filter, options.width)
        self._notices = Notices(client, row_filter.lists)
        self._alerts = Alerts(client.pipeline, row_filter)
        self._hangup = Hangup()
        self._renewal = Renewal(row_filter.lists, loop)
        self._saver = Saver(client, row_filter, options)
        self._save_key = SaveKey(self._saver)
        self._canvas = Canvas(terminal, loop, options)
        self._controls = Controls(
            options.unit, by=options.group, sort=options.sort, theme=options.theme
        )
        self._questions: Questions | None = None
        self._expecting: Steps[str] | None = None  # how large a file would be that they offer
        self._code: int | None = None  # set when it is time to end
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
            self._code = by_signal(self._loop.stopping)
        return Exit.OK if self._code is None else self._code

    def finish(self, another: Another = nowhere_else) -> list[str]:
        """Save what is to be saved at the end, and return what to tell the user.

        Raises:
            OSError: something cannot be written.
        """
        asked = self._questions or Questions()
        if asked.step is not Step.DONE:  # not asked, or interrupted before the last answer
            asked = Questions()
        said = self._save_key.finish(another)
        return [*said, *self._saver.at_end(asked.percent, timeline=asked.save, another=another)]

    def _live(self) -> None:
        while not self._over:
            patience = 0.0 if self._busy else self._client.patience
            patience = min(patience, self._terminal.patience)
            ready = self._loop.wait(min(self._frames.due - boottime(), patience))
            for number in self._loop.take_notes():
                self._signal(number)
            if self._terminal.keyboard in ready or self._terminal.patience <= 0:
                self._read_keys()
            for change in self._client.receive():
                if change.lost:
                    self._notices.say("the enricher was restarted: what was before is lost")
                self._painter.learn(change)
                self._notices.alert(self._alerts.change(change))
                if change.news:
                    self._frames.news(boottime(), self._client.now())
            self._notices.alert(self._alerts.time())
            for said in self._renewal.finish():
                self._notices.say(said)
                self._frames.hasten()
            if not self._over:  # or the terminal may have been given back: ended while stopped
                self._go_on()

    @property
    def _busy(self) -> bool:
        """Whether there is something to do without anything happening."""
        saving = self._save_key.busy or self._expecting is not None
        return saving or self._painter.awaits_words(self._controls)

    @property
    def _over(self) -> bool:
        return self._code is not None or self._loop.stopping is not None

    def _go_on(self) -> None:
        """Draw what is due, or else do a bit of the rest: while a frame is drawn a key may come."""
        if not self._show():
            self._painter.prepare(self._controls)
            self._go_on_saving()
            self._go_on_expecting()

    def _show(self) -> bool:
        """Write what the terminal takes of the last frame, and draw the next one if it is due.

        Returns:
            Whether it was due.
        """
        self._canvas.flush()
        due = boottime() >= self._frames.due
        if due:
            self._draw()
        return due

    def _draw(self) -> None:
        began, now = boottime(), self._client.now()
        if self._canvas.busy:
            self._frames.put_off(began)
            return
        size = self._canvas.size
        scene, self._controls = self._painter.scene(self._controls, size, self._last_line())
        if scene.help:
            top = min(scene.help_top, last_top(scene, self._canvas.glyphs))
            scene = replace(scene, help_top=top)
            self._controls = replace(self._controls, help_top=top)
        self._canvas.draw(scene)
        self._client.show(self._painter.addresses(self._controls))
        self._frames.drawn(began, now, self._controls.unit / TICKS_PER_SECOND)

    def _last_line(self) -> str:
        if self._questions is not None and self._questions.step is not Step.KEEP_RUNNING:
            return self._questions.text
        return self._notices.line()

    def _signal(self, number: int) -> None:
        match number:
            case signal.SIGHUP:
                if self._hangup.final:
                    self._code = by_signal(signal.SIGHUP)
                else:
                    self._notices.say(self._renewal.begin())
            case signal.SIGINT:
                self._interrupt(by_signal(signal.SIGINT))
            case signal.SIGTSTP:
                self._suspend()
            case signal.SIGWINCH | signal.SIGCONT:
                self._canvas.forget()
        self._frames.hasten()

    def _enter(self) -> None:
        try:
            self._terminal.enter()
        except EOFError:  # it has hung up, or is not ours any more
            self._code = by_signal(signal.SIGHUP)

    def _suspend(self) -> None:
        self._terminal.suspend()
        if self._loop.stopping is None:  # it may have been ended meanwhile
            self._enter()
            self._canvas.forget()

    def _interrupt(self, code: int) -> None:
        """Ask what to save, or end with `code` where nothing is to be asked."""
        if self._questions is not None:  # already asked: no patience for questions
            self._save_key.give_up()
            self._code = by_signal(signal.SIGINT)
        elif self._options.output is not None or not self._client.pipeline.live:
            self._code = code
        else:
            ask_percent = self._options.threshold is None
            self._questions = Questions(ask_percent=ask_percent)
            self._expecting = Steps(self._saver.expecting())
            self._controls = replace(self._controls, editing=False)  # it has the line we need

    def _read_keys(self) -> None:
        try:
            keys = self._terminal.keys()
        except EOFError:  # the terminal has hung up
            self._code = by_signal(signal.SIGHUP)
            return
        for key in keys:
            if isinstance(key, Pointed):
                self._point(key)
            elif isinstance(key, Pasted):
                self._paste(key.line)
            else:
                self._press(key)
            self._painter.heed(self._controls)
        self._canvas.fit()
        self._frames.hasten()

    def _press(self, key: str) -> None:
        action = action_of(key, replay=self._client.playback is not None)
        if action is not None and action in ALWAYS:
            self._do(action)
        elif self._questions is not None:
            self._questions = self._questions.key(key)
            if self._questions.step is Step.KEEP_RUNNING:
                self._questions = None
            elif self._questions.step is Step.DONE:
                self._code = Exit.OK
        elif self._controls.editing:
            self._notices.withdraw(_PASTE_IGNORED)  # here it counts
            self._controls = edit(self._controls, key)
        elif self._controls.help and action is not Action.QUIT:
            self._controls = read_help(self._controls, action, self._canvas.size[1])
        elif action is not None:
            self._do(action)

    def _paste(self, line: str) -> None:
        """Take pasted text where text is typed; elsewhere it is no keys."""
        if self._questions is not None:
            self._questions = self._questions.paste(line)
        elif self._controls.editing:
            self._controls = paste(self._controls, line)
        else:
            self._notices.say(_PASTE_IGNORED)

    def _point(self, pointed: Pointed) -> None:
        if self._questions is None and not self._controls.editing:
            self._controls = point(self._controls, pointed, self._place())

    def _do(self, action: Action) -> None:
        match action:
            case Action.QUIT:
                self._code = Exit.OK
            case Action.INTERRUPT:
                self._interrupt(Exit.OK)
            case Action.SUSPEND:
                self._suspend()
            case Action.SAVE:
                self._save()
            case Action.REDRAW:
                self._canvas.forget()
            case Action.THEME:
                self._controls = act(self._controls, action, self._place())
                self._dress()
            case Action.SORT | Action.REVERSE | Action.HOLD:
                self._controls = act(self._controls, action, self._place())
                self._notices.say(self._controls.order)  # the header may have no room for it
            case Action.COPY | Action.COPY_ROW:
                self._copy(whole=action is Action.COPY_ROW)
            case Action.PAUSE | Action.BACK | Action.ON | Action.FAR_BACK | Action.FAR_ON:
                self._steer(action)
            case _:
                self._controls = act(self._controls, action, self._place())

    def _dress(self) -> None:
        """Take the colours of the theme."""
        theme = self._controls.theme
        self._canvas.dress(theme)
        self._notices.say(f"colours: {theme}")

    def _copy(self, *, whole: bool) -> None:
        """Hand the selected row, or its address, to the terminal's clipboard."""
        scene, _ = self._painter.scene(self._controls, self._canvas.size, "")
        row = next((row for row in scene.rows if row.selected), None)
        if row is None:
            self._notices.say("nothing is selected: the arrows select a row")
            return
        text = row_text(row, self._canvas.glyphs) if whole else row.label.address
        self._canvas.tell(clipboard(text, os.environ))
        self._notices.say(sent(text, os.environ))

    def _steer(self, action: Action) -> None:
        playback = self._client.playback
        if playback is not None and action is Action.PAUSE:
            playback.pause()
        elif playback is not None:
            playback.seek(JUMPS[action])
            self._notices.say("")  # it was of the time from which it jumps

    def _place(self) -> Place:
        return self._painter.place(self._controls, self._canvas.size)

    def _save(self) -> None:
        with self._telling_what_fails():
            self._notices.say(self._save_key.press())

    def _go_on_saving(self) -> None:
        with self._telling_what_fails():
            if said := self._save_key.work():
                self._notices.say(said)
                if not self._save_key.busy:  # how far it is comes with the clock
                    self._frames.follow()

    def _go_on_expecting(self) -> None:
        size = self._expecting.work() if self._expecting is not None else None
        if size is None:
            return
        self._expecting = None
        if self._questions is not None and size:
            self._questions = replace(self._questions, size=size)
            self._frames.follow()

    @contextlib.contextmanager
    def _telling_what_fails(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._notices.say(f"cannot save {error.filename or 'the timeline'}: {error.strerror}")
