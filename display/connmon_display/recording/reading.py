"""Reading a recording: block by block, never more of it in memory than one block."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from connmon_display.recording.blocks import (
    FIRST_LINE,
    HEADER_BYTES,
    MARKER,
    Entry,
    Header,
    RecordingError,
    check_first_line,
    header_of,
    unpack,
)

_SEARCHED_BYTES = 1 << 16  # at a time


class Block(NamedTuple):
    """Where a block is."""

    start: int  # its place in the file
    header: Header

    @property
    def end(self) -> int:
        """The place after it."""
        return self.start + HEADER_BYTES + self.header.size


class Reading:
    """An open recording.

    Attributes:
        damaged: whether a block turned out to be.

    Raises:
        RecordingError: it is none, or one that this program cannot read.
        OSError: the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.damaged = False
        if not stat.S_ISREG(path.stat().st_mode):
            raise RecordingError("not a regular file")
        self._file: BinaryIO = path.open("rb")
        try:
            check_first_line(self._read(0, len(FIRST_LINE)))
        except RecordingError:
            self._file.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    @property
    def size(self) -> int:
        """Bytes of the file: it may still grow."""
        return os.fstat(self._file.fileno()).st_size

    def block(self, place: int) -> Block | None:
        """Return the first whole block at `place` or after it; None: there is none.

        Raises:
            RecordingError: the file cannot be read.
        """
        header = header_of(self._read(place, HEADER_BYTES))
        block = Block(place, header) if header is not None else self._search(place + 1)
        return block if block is not None and block.end <= self.size else None

    def blocks(self, place: int = len(FIRST_LINE)) -> Iterator[Block]:
        """Yield the blocks from `place` on; nothing but their headers is read.

        Raises:
            RecordingError: the file cannot be read.
        """
        while (block := self.block(place)) is not None:
            yield block
            place = block.end

    def entries(self, block: Block) -> Iterator[Entry]:
        """Yield the messages of `block`.

        Raises:
            RecordingError: it is damaged.
        """
        body = self._read(block.start + HEADER_BYTES, block.header.size)
        try:
            yield from unpack(block.header, body)
        except RecordingError:
            self.damaged = True
            raise

    def _search(self, place: int) -> Block | None:
        """Return the first block at `place` or later, where something else is in between."""
        while True:
            data = self._read(place, _SEARCHED_BYTES)
            at = data.find(MARKER)
            while 0 <= at <= len(data) - HEADER_BYTES:
                header = header_of(data[at : at + HEADER_BYTES])
                if header is not None:
                    return Block(place + at, header)
                at = data.find(MARKER, at + 1)
            if len(data) < _SEARCHED_BYTES:
                return None
            place += at if at >= 0 else len(data) - len(MARKER) + 1

    def _read(self, place: int, size: int) -> bytes:
        try:
            self._file.seek(place)
            return self._file.read(size)
        except OSError as error:
            raise RecordingError(f"it cannot be read: {error.strerror}") from error
