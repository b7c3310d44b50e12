"""The addresses that wait for their turn to be looked up."""

from collections import deque

WAITING_ADDRESSES = 10_000


class WaitingLine:
    """First come, first served, up to `limit` addresses.

    A full line drops the one that waited longest: its connection is the likeliest to have
    ended, while the newest one is the likeliest to be on somebody's screen.
    """

    def __init__(self, limit: int = WAITING_ADDRESSES) -> None:
        self._limit = limit
        self._addresses: deque[bytes] = deque()

    def __len__(self) -> int:
        return len(self._addresses)

    def put(self, address: bytes) -> bytes | None:
        """Add `address`; return the one that had to leave the line for it, if any."""
        self._addresses.append(address)
        return self._addresses.popleft() if len(self._addresses) > self._limit else None

    def take(self) -> bytes | None:
        """Return the next address; None: nobody waits."""
        return self._addresses.popleft() if self._addresses else None

    def clear(self) -> None:
        """Send everybody away."""
        self._addresses.clear()
