"""Which sockets have been reported, so that none is reported twice. Pure.

The kernel tells when a socket is destroyed, which may be long after its connection ended: a
program can hold a socket whose peer has reset it for as long as it likes. So a socket that left
the dump is remembered until its destruction is heard.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from itertools import islice

#: Sockets that left the dump and may still be destroyed. Half-open requests are never heard of
#: again and would pile up, so the oldest are forgotten.
MAX_WAITING = 50_000


class Ledger:
    """The sockets, by cookie, that a receiver has been told of."""

    def __init__(self) -> None:
        self._shown: AbstractSet[int] = frozenset()
        self._destroyed: set[int] = set()  # of the shown ones, since the last dump
        self._waiting: dict[int, None] = {}  # left the dump, destruction not heard; oldest first

    def destroyed(self, cookie: int) -> bool:
        """Note that a socket was destroyed, and return whether nobody was told of it yet."""
        if cookie in self._shown:
            self._destroyed.add(cookie)
            return False
        if cookie in self._waiting:
            del self._waiting[cookie]
            return False
        return True

    def shown(self, cookies: AbstractSet[int]) -> None:
        """Note that exactly these sockets are in the newest dump."""
        self.ignore(self._shown - cookies - self._destroyed)
        self._shown, self._destroyed = cookies, set()

    def ignore(self, cookies: Iterable[int]) -> None:
        """Note that the destruction of these sockets is no news."""
        self._waiting.update(dict.fromkeys(cookies))
        excess = len(self._waiting) - MAX_WAITING
        if excess > 0:
            for cookie in list(islice(self._waiting, excess)):
                del self._waiting[cookie]
