"""Where else a file may go that cannot be written: asked where somebody is there to answer."""

import contextlib
import os
import signal
from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path

from connmon_display.asking import NoAnswerError, ask, somebody_answers
from connmon_shared.stage.loop import STOP_SIGNALS, Loop
from connmon_shared.stage.parser import file_name
from connmon_shared.stage.saying import complain

_QUESTION = "Save it as (Enter: not at all): "
_INTERRUPTING = {signal.SIGINT, signal.SIGTERM}  # they give up all that is still to be saved


class Elsewhere:
    """Asks for another name, as long as one is given.

    Args:
        program: what it calls itself on standard error.
        lifeline: of the launcher.
        wrong: returns what is wrong with a name; empty: nothing is.
    """

    def __init__(self, program: str, lifeline: int | None, wrong: Callable[[Path], str]) -> None:
        self._program = program
        self._lifeline = lifeline
        self._wrong = wrong

    def __call__(self, error: OSError) -> Path:
        """Tell of `error`, and return another path for what cannot be written.

        Raises:
            OSError: there is none; it is `error`.
        """
        if isinstance(error, BrokenPipeError) or not somebody_answers():
            raise error
        said = f"cannot save {error.filename}: {error.strerror}"
        while True:
            complain(self._program, said)
            typed = self._asked()
            if not typed:
                raise error
            try:
                path = file_name(typed)
            except ArgumentTypeError as mistake:
                said = str(mistake)
            else:
                if not (said := self._wrong(path)):
                    return path

    def _asked(self) -> str:
        """Return the name that is typed, `~` expanded; empty: none is."""
        stops = [number for number in STOP_SIGNALS if number not in _INTERRUPTING]
        with contextlib.closing(Loop(self._lifeline, stops)) as loop:
            try:
                typed = ask(_QUESTION, loop)
            except NoAnswerError:
                return ""
        # A name with an unknown user in it stays as it is, also with one that can be none.
        with contextlib.suppress(ValueError):
            typed = os.path.expanduser(typed)  # noqa: PTH111
        return typed
