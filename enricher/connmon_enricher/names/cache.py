"""The names known so far, with the moment from which each wants to be asked for again."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import NamedTuple

from connmon_shared.messages import Lookup

CACHE_ENTRIES = 50_000


class Entry(NamedTuple):
    """What is known of the name of one address."""

    state: Lookup
    name: str
    expires: float  # by the resolver's clock
    failures: int = 0  # look-ups without an answer since the last answer
    confirmed: bool | None = None  # whether the name leads back to the address; None: not asked


class Cache:
    """At most `limit` entries; the one that was not wanted for longest makes room.

    An OrderedDict: in a plain dict, removing the first item again and again walks over ever
    more holes.
    """

    def __init__(self, limit: int = CACHE_ENTRIES) -> None:
        self._limit = limit
        self._entries: OrderedDict[bytes, Entry] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def items(self) -> Iterator[tuple[bytes, Entry]]:
        """Return every address of now with its entry, the one not wanted for longest first.

        Each entry is looked up when its turn comes, which may be in another thread: to copy all at
        once takes five times as long as to copy the addresses.
        """
        entries = self._entries
        return ((each, entry) for each in [*entries] if (entry := entries.get(each)) is not None)

    def get(self, address: bytes) -> Entry | None:
        """Return the entry of `address`, expired or not, and count it as wanted."""
        entry = self._entries.get(address)
        if entry is not None:
            self._entries.move_to_end(address)
        return entry

    def put(self, address: bytes, entry: Entry) -> None:
        """Remember `entry`."""
        self._entries[address] = entry
        self._entries.move_to_end(address)
        if len(self._entries) > self._limit:
            self._entries.popitem(last=False)
