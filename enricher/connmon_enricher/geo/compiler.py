"""Lets a child (`child.py`) compile a table, and opens it.

What the child needs for that is not loaded here: the enricher keeps its memory for other things.
"""

import contextlib
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, TypeVar

from connmon_enricher.geo.draft import Draft
from connmon_enricher.geo.kinds import Kind
from connmon_enricher.geo.layout import ForeignTableError, Source
from connmon_enricher.geo.shelf import CompileError, KilledError
from connmon_enricher.geo.store import TableStore
from connmon_enricher.geo.table import Table

V = TypeVar("V")
Percent = Callable[[int], None]  # is told how much is done
STANDARD_OUTPUT = "-"  # as a destination
UNUSABLE, UNWRITABLE = 3, 4  # exit codes of the child: what it cannot read, or write
_MODULE = "connmon_enricher.geo.child"
_PATIENCE = 0.2  # seconds a child gets to end by itself


class Compiler:
    """Compiles one table at a time; its methods may be called from any thread.

    Args:
        store: where compiled tables are kept.
    """

    def __init__(self, store: TableStore) -> None:
        self._unkept: dict[Kind, str] = {}  # why not
        self._store = store
        self._turn = threading.Lock()  # one child at a time
        self._lock = threading.Lock()  # around what `stop` takes from another thread
        self._lifeline: socket.socket | None = None  # of the child that began last
        self._child: subprocess.Popen[bytes] | None = None
        self._stopped = False

    @property
    def complaint(self) -> str:
        """Why what was compiled last cannot be kept, empty if it can."""
        return next(iter(self._unkept.values()), "")

    def compile(
        self, kind: Kind, file: Path, source: Source, decode: Callable[[str], V], percent: Percent
    ) -> Table[V]:
        """Return the table of `kind` in `file`, from now on kept as that of `source`.

        How much of it is done is told to `percent`, from the thread that called.

        Raises:
            CompileError: there is none.
        """
        try:
            self._store.prepare()
            to = str(self._store.path(kind))
            self._run([kind, str(file.absolute()), source.path, to], subprocess.DEVNULL, percent)
        except OSError as error:
            self._unkept[kind] = (
                f"compiled tables cannot be kept in {self._store.directory}: {error.strerror};"
                " they are made anew at each start"
            )
            return self._in_memory(kind, file, source, decode, percent)
        self._unkept.pop(kind, None)
        table = self._store.open(kind, source, decode)
        if table is None:
            raise CompileError(f"{source.path} has changed meanwhile")
        return table

    def stop(self) -> None:
        """End a child that is at work, and let none begin any more."""
        with self._lock:
            self._stopped = True
            if self._lifeline is not None:
                with contextlib.suppress(OSError):  # its child has ended already
                    self._lifeline.shutdown(socket.SHUT_RDWR)
        if self._child is not None:
            try:
                self._child.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
                self._sweep()

    def _in_memory(
        self, kind: Kind, file: Path, source: Source, decode: Callable[[str], V], percent: Percent
    ) -> Table[V]:
        """Return the table in a file without a name."""
        arguments = [kind, str(file.absolute()), source.path, STANDARD_OUTPUT]
        try:
            with tempfile.TemporaryFile() as nameless:
                self._run(arguments, nameless, percent)
                return Table(nameless.fileno(), decode)
        except (OSError, ForeignTableError) as error:
            raise CompileError(
                f"there is no room for the compiled {source.path}: {error}"
            ) from error

    def _run(self, arguments: list[str], out: int | IO[bytes], percent: Percent) -> None:
        """Let a child compile what `arguments` say.

        Raises:
            CompileError: the file cannot be used.
            OSError: what it is compiled into cannot be written.
        """
        with self._turn:
            child, lifeline = self._start([sys.executable, "-I", "-m", _MODULE, *arguments], out)
            with lifeline:
                while told := lifeline.recv(1):  # nothing any more: it has ended, or is to end
                    percent(told[0])
            _, words = child.communicate()
            if child.returncode < 0:
                self._sweep()
        _check(child.returncode, words.decode("utf-8", "replace").strip(), arguments[1])

    def _sweep(self) -> None:
        """Remove what a child that was killed has left."""
        for kind in Kind:
            draft = Draft(self._store.path(kind))
            with contextlib.suppress(OSError):  # there is none
                draft.sweep()

    def _start(
        self, command: list[str], out: int | IO[bytes]
    ) -> tuple[subprocess.Popen[bytes], socket.socket]:
        with self._lock:
            if self._stopped:
                raise CompileError("it is too late")
            ours, theirs = socket.socketpair()
            try:
                self._child = subprocess.Popen(  # noqa: S603 - our own program
                    command, stdin=theirs.fileno(), stdout=out, stderr=subprocess.PIPE
                )
            except OSError as error:
                ours.close()
                raise CompileError(f"cannot start {command[0]}: {error.strerror}") from error
            finally:
                theirs.close()
            self._lifeline = ours
            return self._child, ours


def _check(code: int, words: str, file: str) -> None:
    """Raise what the end of a child means."""
    if code == UNWRITABLE:
        raise OSError(0, words)
    if code == UNUSABLE:
        raise CompileError(words)
    if code < 0:
        raise KilledError(f"compiling {file} was broken off by signal {-code}; it is tried again")
    if code:
        last = words.rpartition("\n")[-1]
        raise CompileError(f"{file} cannot be compiled ({last})")
