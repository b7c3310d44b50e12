"""What the user's hand does: keys, pastes and the mouse."""

import os
from collections.abc import Callable, Iterable
from dataclasses import replace

from connmon_display.following.source import Source
from connmon_display.refresh.ending import Ending
from connmon_display.refresh.input.controls import read_help
from connmon_display.refresh.input.copying import clipboard, row_text, sent
from connmon_display.refresh.input.editing import edit, paste
from connmon_display.refresh.input.keys import ALWAYS, JUMPS, Action, action_of
from connmon_display.refresh.input.mouse import Pointed, point
from connmon_display.refresh.input.pasting import Pasted
from connmon_display.refresh.input.pressing import Pressed
from connmon_display.refresh.notices import Notices
from connmon_display.refresh.view import View
from connmon_shared.stage.exits import Exit

_PASTE_IGNORED = "what was pasted is ignored: it counts in a filter, behind /"


class Hand:
    """Gives what is pressed to whom it is meant for: a question, the filter, the help, the view.

    Args:
        source: of the view; a recording is steered.
        view: whose settings are changed.
        ending: what saves, asks and ends.
        notices: where keys are answered.
        suspend: gives the terminal back until we go on.
    """

    def __init__(
        self,
        source: Source,
        view: View,
        ending: Ending,
        notices: Notices,
        suspend: Callable[[], None],
    ) -> None:
        self._source = source
        self._view = view
        self._ending = ending
        self._notices = notices
        self._suspend = suspend

    def take(self, inputs: Iterable[Pressed]) -> None:
        """Take what was typed, pasted or pointed at, one after the other."""
        for each in inputs:
            if isinstance(each, Pointed):
                self._point(each)
            elif isinstance(each, Pasted):
                self._paste(each.line)
            else:
                self._press(each)
            self._view.heed()

    def interrupt(self, code: int) -> None:
        """Let it be asked what to save, or end with `code` where nothing is to be asked."""
        self._ending.interrupt(code)
        if self._ending.asking:  # it has the line that is edited
            self._view.controls = replace(self._view.controls, editing=False)

    def _press(self, key: str) -> None:
        view = self._view
        action = action_of(key, replay=self._source.playback is not None)
        if action is not None and action in ALWAYS:
            self._do(action)
        elif self._ending.asking:
            self._ending.press(key)
        elif view.controls.editing:
            self._notices.withdraw(_PASTE_IGNORED)  # here it counts
            view.controls = edit(view.controls, key)
        elif view.controls.help and action is not Action.QUIT:
            view.controls = read_help(view.controls, action, view.canvas.size[1])
        elif action is not None:
            self._do(action)

    def _paste(self, line: str) -> None:
        """Take pasted text where text is typed; elsewhere it is no keys."""
        view = self._view
        if self._ending.asking:
            self._ending.paste(line)
        elif view.controls.editing:
            view.controls = paste(view.controls, line)
        else:
            self._notices.say(_PASTE_IGNORED)

    def _point(self, pointed: Pointed) -> None:
        view = self._view
        if not self._ending.asking and not view.controls.editing:
            view.controls = point(view.controls, pointed, view.place)

    def _do(self, action: Action) -> None:
        match action:
            case Action.QUIT:
                self._ending.code = Exit.OK
            case Action.INTERRUPT:
                self.interrupt(Exit.OK)
            case Action.SUSPEND:
                self._suspend()
            case Action.SAVE:
                self._ending.save()
            case Action.REDRAW:
                self._view.canvas.forget()
            case Action.THEME:
                self._view.act(action)
                self._dress()
            case Action.SORT | Action.REVERSE | Action.HOLD:
                self._view.act(action)
                self._notices.say(self._view.controls.order)  # the header may have no room for it
            case Action.COPY | Action.COPY_ROW:
                self._copy(whole=action is Action.COPY_ROW)
            case Action.PAUSE | Action.BACK | Action.ON | Action.FAR_BACK | Action.FAR_ON:
                self._steer(action)
            case _:
                self._set(action)

    def _set(self, action: Action) -> None:
        """Do what only changes settings."""
        before = self._view.controls
        self._view.act(action)
        if action is Action.FREEZE and self._view.controls == before:
            self._notices.say("nothing is known yet that could stand still")

    def _dress(self) -> None:
        """Take the colours of the theme."""
        theme = self._view.controls.theme
        self._view.canvas.dress(theme)
        self._notices.say(f"colours: {theme}")

    def _copy(self, *, whole: bool) -> None:
        """Hand the selected row, or its address, to the terminal's clipboard."""
        row, canvas = self._view.selected, self._view.canvas
        if row is None:
            self._notices.say("nothing is selected: the arrows select a row")
            return
        features = self._source.pipeline.features
        text = row_text(row, canvas.glyphs, features) if whole else row.label.address
        canvas.tell(clipboard(text, os.environ))
        self._notices.say(sent(text, os.environ))

    def _steer(self, action: Action) -> None:
        playback = self._source.playback
        if playback is not None and action is Action.PAUSE:
            playback.pause()
        elif playback is not None:
            playback.seek(JUMPS[action])
            self._notices.forget()  # it was of the time from which it jumps
