"""The one reader of what comes from the keyboard: bytes in, what was pressed out."""

import codecs
import os
import select
import time
from collections.abc import Callable

from connmon_display.refresh.input.pressing import ESCAPE_SECONDS, Pressed, Pressing, Resolved
from connmon_shared.stage.clock import Monotonic

_CHUNK, _CHUNKS = 4_096, 64  # bytes that are read at once, and how often


class Keyboard:
    """Reads a terminal. Bytes that are no text in its encoding are no keys.

    Args:
        descriptor: of the terminal.
        encoding: of what it sends.
        resolve: tells the key at the beginning of a text.
        mouse: whether reports of the mouse count.
        now: a clock that does not count sleep: what was sent before it is still to be read.
    """

    def __init__(
        self,
        descriptor: int,
        encoding: str,
        resolve: Callable[[str], Resolved],
        *,
        mouse: bool = False,
        now: Monotonic = time.monotonic,
    ) -> None:
        self._descriptor = descriptor
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._pressing = Pressing(resolve, mouse=mouse)
        self._now = now

    @property
    def patience(self) -> float:
        """Seconds until something that came counts, though nothing comes."""
        return self._pressing.due - self._now()

    def read(self, seconds: float = 0.0) -> list[Pressed]:
        """Return what was pressed since the last call; wait for it for up to `seconds`.

        Raises:
            EOFError: the terminal has hung up, or is not ours any more.
        """
        pressed: list[Pressed] = []
        patience = max(0.0, min(seconds, self.patience))
        while self._ready(patience):
            pressed += self._take()
            patience = ESCAPE_SECONDS if self._pressing.escape else 0.0
            if not patience:
                break
        if self.patience <= 0:  # and nothing came: time spent elsewhere counts for nothing
            pressed += self._pressing.settle(self._now())
        return pressed

    def _ready(self, seconds: float) -> bool:
        return bool(select.select([self._descriptor], [], [], seconds)[0])

    def _take(self) -> list[Pressed]:
        data = bytearray()
        for _ in range(_CHUNKS):
            try:
                chunk = os.read(self._descriptor, _CHUNK)
            except OSError as error:
                raise EOFError from error
            if not chunk:
                raise EOFError
            data += chunk
            if not self._ready(0):
                break
        text = self._decoder.decode(bytes(data))
        return self._pressing.take(text, self._now()) if text else []
