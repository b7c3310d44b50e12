"""The child that compiles a table.

    python -I -m connmon_enricher.geo.child KIND FILE KNOWN_AS DESTINATION

It is nice to everybody else and writes to DESTINATION (`-`: standard output). Its standard input
is a socket whose other end whoever started it holds: there it tells how much is done, a byte for
each percent, and when that ends, it ends, too: so it never outlives that.
"""

import os
import signal
import sys
import threading
from pathlib import Path

from connmon_enricher.geo.compiler import STANDARD_OUTPUT, UNUSABLE, UNWRITABLE
from connmon_enricher.geo.draft import Draft
from connmon_enricher.geo.kinds import Kind
from connmon_enricher.geo.reading import UnusableError, read_table
from connmon_enricher.geo.writing import write

_NICENESS = 19


def main() -> None:
    """Do what the command line says; where that fails, standard error says why."""
    kind, path, known_as, destination = sys.argv[1:]
    os.nice(_NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started us
    draft = None if destination == STANDARD_OUTPUT else Draft(Path(destination))
    threading.Thread(target=_end_with, args=(sys.stdin.fileno(), draft), daemon=True).start()
    try:
        if draft is None:
            write(sys.stdout.buffer, *read_table(Kind(kind), Path(path), known_as, _Teller()))
            sys.stdout.flush()
        else:
            _replace(draft, Kind(kind), Path(path), known_as)
    except UnusableError as error:
        _fail(error, UNUSABLE)
    except OSError as error:
        _fail(error.strerror, UNWRITABLE)


def _replace(draft: Draft, kind: Kind, path: Path, known_as: str) -> None:
    """Write the whole table to `draft` before it takes the place of the one from before."""
    out = draft.open()
    try:
        write(out, *read_table(kind, path, known_as, _Teller()))
        draft.keep(out)
    except BaseException:
        draft.discard()
        raise


class _Teller:
    """Tells who started us how much is done; the same is told once."""

    def __init__(self) -> None:
        self._told = 0

    def __call__(self, share: float) -> None:
        percent = min(int(100 * share), 100)
        if percent > self._told:
            self._told = percent
            os.write(sys.stdin.fileno(), bytes([percent]))


def _fail(reason: object, code: int) -> None:
    print(reason, file=sys.stderr)  # noqa: T201 - to who started us
    sys.exit(code)


def _end_with(lifeline: int, draft: Draft | None) -> None:
    """Wait until `lifeline` ends, and then end at once, without leaving anything behind."""
    os.read(lifeline, 1)
    if draft is not None:
        draft.discard()
    os._exit(UNWRITABLE)


if __name__ == "__main__":
    main()
