"""One view from its first line to its last, whatever its source is."""

import contextlib
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Protocol

from connmon_display.elsewhere import Elsewhere
from connmon_display.export.formats import foreign
from connmon_display.export.writing import replaces
from connmon_display.filters.rows import RowFilter
from connmon_display.following.source import Source
from connmon_display.hangup import Hangup
from connmon_display.options import Options
from connmon_display.prepare import Prepared, written_over
from connmon_display.saving import Another, nowhere_else
from connmon_shared.stage.clock import boottime
from connmon_shared.stage.exits import Exit, by_signal
from connmon_shared.stage.garbage import collect_rarely
from connmon_shared.stage.loop import Loop
from connmon_shared.stage.saying import complain

_GIVING_UP = (signal.SIGINT, signal.SIGTERM)
_ECHO_SECONDS = 1.0  # after the end, in which the signal for it may come once more
_MISTAKEN = 1  # the exit code after a traceback
#: Makes the source of a view; it wakes the loop of that view.
Opening = Callable[[Loop], Source]


class _View(Protocol):
    """One of the views."""

    def run(self) -> int: ...

    def finish(self, another: Another = nowhere_else) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Showing:
    """How a view is shown.

    Attributes:
        program: what it calls itself on standard error.
        options: of the view.
        prepared: what checking them yielded.
        lifeline: the descriptor whose end is ours, if there is one.
    """

    program: str
    options: Options
    prepared: Prepared
    lifeline: int | None = None

    def run(self, opening: Opening) -> int:
        """Show the view until its user has seen enough, and return the exit code."""
        collect_rarely()
        for problem in self.prepared.problems:
            complain(self.program, problem)
        if self.options.headless:
            return self._export(opening)
        return self._scroll(opening) if self.options.scroll else self._refresh(opening)

    def _refresh(self, opening: Opening) -> int:
        # blessed takes 150 ms to import: who only scrolls must not wait for it.
        from connmon_display.refresh.app import Refresh  # noqa: PLC0415
        from connmon_display.refresh.terminal.signals import watch_terminal  # noqa: PLC0415
        from connmon_display.refresh.terminal.terminal import Terminal  # noqa: PLC0415

        alone = self.lifeline is None  # else connmon gives the terminal back for us
        terminal = Terminal(mouse=self.options.mouse, plain=self.options.ascii, guarded=alone)
        loop = watch_terminal(self.lifeline, rereads=self._lists)
        with contextlib.closing(opening(loop)) as source:
            view = Refresh(terminal, source, loop, self._filter, self.options)
            code = self._watch(view)
            for problem in source.problems:  # the screen had one line for them
                complain(self.program, problem.text)
            return self._finish(view.finish, code)

    def _scroll(self, opening: Opening) -> int:
        from connmon_display.scroll.app import Scroll, scroll_loop  # noqa: PLC0415

        hangup = Hangup(heed_it=self._lists)
        loop = scroll_loop(self.lifeline, rereads=self._lists)
        with contextlib.closing(opening(loop)) as source:
            view = Scroll(self.program, source, loop, self._filter, self.options, hangup)
            code = self._watch(view)
            return self._finish(view.finish, code)

    def _export(self, opening: Opening) -> int:
        from connmon_display.headless import Headless  # noqa: PLC0415

        loop = Loop(self.lifeline)
        with contextlib.closing(opening(loop)) as source:
            view = Headless(source, loop, self._filter, self.options)
            code = self._watch(view)
            for problem in source.problems:
                complain(self.program, problem.text)
            if code == Exit.UNAVAILABLE:
                complain(self.program, f"{view.why}: nothing is saved")
                return code
            return self._finish(view.finish, code)

    @property
    def _filter(self) -> RowFilter:
        return self.prepared.row_filter

    @property
    def _lists(self) -> bool:
        """Whether there are lists, so that SIGHUP asks to read them again."""
        return bool(self._filter.lists.files)

    def _another(self, code: int) -> Another:
        """Return what to do where a file cannot be written: ask, unless the end came by itself."""
        asks = code in {Exit.OK, by_signal(signal.SIGINT)}
        return Elsewhere(self.program, self.lifeline, self._wrong) if asks else nowhere_else

    def _wrong(self, path: Path) -> str:
        """Return why nothing may be saved as `path`; empty: it may."""
        return (
            foreign(path, self.options.format)
            or written_over(self.options, self.prepared.recording, "that", path)
            or (f"{path} is there already; choose another" if replaces(path) else "")
        )

    def _watch(self, view: _View) -> int:
        """Return the exit code of `view`; what is to be saved is, also after a mistake of ours."""
        try:
            return view.run()
        except Exception:
            self._finish(view.finish, _MISTAKEN)
            raise

    def _finish(self, finish: Callable[[Another], list[str]], code: int) -> int:
        """Save what is to be saved, say what was, and return the exit code."""
        _let_signals_give_up(code)
        try:
            for said in finish(self._another(code)):
                complain(self.program, said)
        except KeyboardInterrupt as interrupt:
            complain(self.program, "interrupted: what was still to be saved is not")
            return by_signal(*interrupt.args)
        except BrokenPipeError:  # whoever reads it has seen enough
            return code
        except OSError as error:
            complain(self.program, f"cannot save {error.filename}: {error.strerror}")
            return Exit.WRITE_ERROR
        finally:
            _ignore_signals()
        return code


def _let_signals_give_up(code: int) -> None:
    """Let Ctrl-C and SIGTERM give up what is saved after the end, by a KeyboardInterrupt.

    A file may take minutes, and a pipe may never be read. The SIGTERM that was the end (`code`)
    may come twice: who stops all processes tells the launcher as well, and that passes it on.
    """
    began = boottime()

    def give_up(number: int, _frame: FrameType | None) -> None:
        echo = number == signal.SIGTERM and code == by_signal(number)
        if not echo or boottime() > began + _ECHO_SECONDS:
            _ignore_signals()  # one is enough: the next could come while this one is told
            raise KeyboardInterrupt(number)

    for number in _GIVING_UP:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, give_up)


def _ignore_signals() -> None:
    """Let what asks to end do nothing: all that is left is to end."""
    for number in _GIVING_UP:
        signal.signal(number, signal.SIG_IGN)
