"""What waits until more is known of an address, so that nothing is lost because that came late."""

from collections import deque
from typing import Generic, TypeVar

_MOST = 4_096  # of all addresses; past that the oldest go
_Item = TypeVar("_Item")


class Waiting(Generic[_Item]):
    """Items by the address that they wait for, oldest first."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._items: dict[bytes, deque[_Item]] = {}
        self._count = 0

    def put(self, address: bytes, item: _Item) -> list[_Item]:
        """Let `item` wait, and return what waits no longer because there are too many."""
        self._items.setdefault(address, deque()).append(item)
        self._count += 1
        if self._count <= self._most:
            return []
        first = next(iter(self._items))
        gone = self._items[first].popleft()
        self._count -= 1
        if not self._items[first]:
            del self._items[first]
        return [gone]

    def take(self, address: bytes) -> deque[_Item]:
        """Return what has waited for `address`; it waits no longer."""
        found = self._items.pop(address, deque())
        self._count -= len(found)
        return found

    def addresses(self) -> list[bytes]:
        """Return the addresses that something waits for."""
        return [*self._items]
