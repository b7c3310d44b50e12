"""What a command says to people: on standard output what they asked for, on the other the rest."""

import io
import os
import sys
from collections.abc import Iterable
from typing import TextIO

from connmon_shared.stage.exits import Exit
from connmon_shared.text import legible


def complain(program: str, sentence: object) -> None:
    """Tell the user `sentence`, which may quote anything, on standard error, if there is one."""
    if sys.stderr is None:  # `2>&-`; print would take standard output instead
        return
    try:
        print(f"{program}: {legible(str(sentence))}", file=sys.stderr, flush=True)  # noqa: T201
    except OSError:
        _silence(sys.stderr)


def say(program: str, lines: Iterable[str]) -> int:
    """Write `lines` to standard output, and return the exit code that tells whether that worked."""
    tolerate(sys.stdout)
    try:
        print(*lines, sep="\n", flush=True)  # noqa: T201
    except BrokenPipeError:  # whoever read it has seen enough, as `head` has
        _silence(sys.stdout)
    except OSError as error:
        _silence(sys.stdout)
        complain(program, f"cannot write to standard output: {error.strerror}")
        return Exit.WRITE_ERROR
    return Exit.OK


def tolerate(stream: TextIO) -> None:
    """Let `stream` give as escapes what its encoding does not have, instead of failing."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")


def _silence(stream: TextIO) -> None:
    """Nobody listens any more: what is left unsaid must not fail again at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
