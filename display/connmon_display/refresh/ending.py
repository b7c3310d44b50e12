"""What is saved, at a key and at the end, what is asked before that, and the exit code."""

import contextlib
import signal
from collections.abc import Iterator
from dataclasses import replace

from connmon_display.filters.rows import RowFilter
from connmon_display.following.source import Source
from connmon_display.options import Options
from connmon_display.questions import Questions, Step
from connmon_display.refresh.input.save_key import SaveKey
from connmon_display.refresh.notices import Notices
from connmon_display.saving import Another, Saver, nowhere_else
from connmon_display.steps import Steps
from connmon_shared.stage.exits import Exit, by_signal


class Ending:
    """How the view ends.

    Attributes:
        code: the exit code, once it is time to end.
    """

    def __init__(
        self, source: Source, row_filter: RowFilter, options: Options, notices: Notices
    ) -> None:
        self.code: int | None = None
        self._source = source
        self._options = options
        self._notices = notices
        self._saver = Saver(source, row_filter, options)
        self._save_key = SaveKey(self._saver)
        self._questions: Questions | None = None
        self._expecting: Steps[str] | None = None  # how large a file would be that they offer

    @property
    def asking(self) -> bool:
        """Whether keys answer questions."""
        return self._questions is not None

    @property
    def question(self) -> str:
        """What is being asked; empty: nothing."""
        return self._questions.text if self._questions is not None else ""

    @property
    def busy(self) -> bool:
        """Whether `work` has something to do."""
        return self._save_key.busy or self._expecting is not None

    def interrupt(self, code: int) -> None:
        """Ask what to save, or end with `code` where nothing is to be asked."""
        if self._questions is not None:  # already asked: no patience for questions
            self._save_key.give_up()
            self.code = by_signal(signal.SIGINT)
        elif self._options.output is not None or not self._source.pipeline.live:
            self.code = code
        else:
            self._save_key.withdraw()
            self._questions = Questions(ask_percent=self._options.threshold is None)
            self._expecting = Steps(self._saver.expecting())

    def press(self, key: str) -> None:
        """Take a key as an answer."""
        if self._questions is None:
            return
        self._questions = self._questions.key(key)
        if self._questions.step is Step.KEEP_RUNNING:
            self._questions = None
        elif self._questions.step is Step.DONE:
            self.code = Exit.OK

    def paste(self, line: str) -> None:
        """Take pasted text as an answer."""
        if self._questions is not None:
            self._questions = self._questions.paste(line)

    def save(self) -> None:
        """Begin to save the timeline, confirm it, or stop it."""
        with self._telling_what_fails():
            self._notices.say(self._save_key.press())

    def work(self) -> bool:
        """Go on for a moment, and return whether there is something new to draw."""
        saved = self._go_on_saving()
        return self._go_on_expecting() or saved

    def finish(self, another: Another = nowhere_else) -> list[str]:
        """Save what is to be saved at the end, and return what to tell the user.

        Raises:
            OSError: something cannot be written.
        """
        asked = self._questions or Questions()
        if asked.step is not Step.DONE:  # not asked, or interrupted before the last answer
            asked = Questions()
        if self._options.output is None:
            said = self._save_key.finish(another)
        else:  # the same file is written now, with what has come since
            self._save_key.give_up()
            said = []
        return [*said, *self._saver.at_end(asked.percent, timeline=asked.save, another=another)]

    def _go_on_saving(self) -> bool:
        said = ""
        with self._telling_what_fails():
            if said := self._save_key.work():
                self._notices.say(said)
        return bool(said) and not self._save_key.busy  # how far it is comes with the clock

    def _go_on_expecting(self) -> bool:
        size = self._expecting.work() if self._expecting is not None else None
        if size is None:
            return False
        self._expecting = None
        if self._questions is None or not size:
            return False
        self._questions = replace(self._questions, size=size)
        return True

    @contextlib.contextmanager
    def _telling_what_fails(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._notices.say(f"cannot save {error.filename or 'the timeline'}: {error.strerror}")
