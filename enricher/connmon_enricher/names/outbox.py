"""Where look-up threads put what they found, and the caller's loop is woken to fetch it."""

import os
import threading

from connmon_enricher.names.outcome import Outcome


class Outbox:
    """A list of outcomes with a descriptor that is readable while the list is not empty."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._outcomes: list[Outcome] = []
        self._closed = False
        self._reader, self._writer = os.pipe()

    def fileno(self) -> int:
        """Return the descriptor to wait for."""
        return self._reader

    def put(self, outcome: Outcome) -> None:
        """Add `outcome`, from any thread; after close() it has no effect."""
        with self._lock:
            if self._closed:
                return
            if not self._outcomes:
                os.write(self._writer, b"\0")
            self._outcomes.append(outcome)

    def take(self) -> list[Outcome]:
        """Return all outcomes so far and forget them."""
        with self._lock:
            outcomes, self._outcomes = self._outcomes, []
            if outcomes and not self._closed:
                os.read(self._reader, 1)
            return outcomes

    def close(self) -> None:
        """Give the descriptors back; a second call has no effect."""
        with self._lock:
            if not self._closed:
                self._closed = True
                os.close(self._reader)
                os.close(self._writer)
