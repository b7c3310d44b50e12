"""What a history may hold at most; past that, the oldest is forgotten. Pure."""

from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from connmon_shared.endpoints import Peer
from connmon_shared.rows import Track

_SHARE_FORGOTTEN = 16  # one in so many is forgotten at once: displays then read all rows anew


class Limits(NamedTuple):
    """The most that one history holds."""

    over: int = 100_000  # rows of which nothing is open; about 60 MB


LIMITS = Limits()


class Memory:
    """Keeps the rows of a history within its limits.

    Args:
        tracks: all rows, by their keys; those that are forgotten are taken out.
        limits: what may be held.

    Attributes:
        dropped: how many rows have been forgotten.
    """

    def __init__(self, tracks: dict[Peer, Track], limits: Limits) -> None:
        self.dropped = 0
        self._tracks = tracks
        self._limits = limits
        self._over: dict[Peer, None] = {}  # rows of which nothing is open, the longest first

    def restore(self, dropped: int, ended: Iterable[Track]) -> None:
        """Go on where another history is: `ended` are the rows of which nothing is open."""
        self.dropped = dropped
        in_order = sorted(ended, key=lambda track: track.timeline.last_tick)
        self._over = dict.fromkeys(track.peer for track in in_order)

    def begins(self, track: Track) -> None:
        """Note that something of `track` is open."""
        self._over.pop(track.peer, None)

    def ends(self, track: Track) -> None:
        """Note that nothing of `track` is open any more."""
        self._over[track.peer] = None
        if len(self._over) > self._limits.over:
            self._forget(1 + self._limits.over // _SHARE_FORGOTTEN)

    def _forget(self, count: int) -> None:
        for peer in [*islice(self._over, count)]:
            del self._over[peer], self._tracks[peer]
        self.dropped += count
