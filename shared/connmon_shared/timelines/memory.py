"""What a history may hold at most; past that, the oldest is thinned or forgotten. Pure."""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from connmon_shared.endpoints import Peer
from connmon_shared.timelines.coverage import Coverage
from connmon_shared.timelines.late_copy import LateCopy
from connmon_shared.timelines.rows import Track
from connmon_shared.timelines.thinning import thin

_SHARE_FORGOTTEN = 16  # one row in so many is forgotten at once: displays then read all anew
_VISITS = 8  # rows that are looked at for each transition past the limit
_FIRST_PASS = 8.0  # times the average: rows longer than that are the first to be thinned
_NEXT_PASS = 0.75  # of the pass before: a row becomes shorter by a quarter at once
_LEAST_OPEN = 10_000  # connections that each of many histories may have
_SHORTEST = 32  # transitions of a row that is not worth thinning


class Limits(NamedTuple):
    """The most that one history holds."""

    transitions: int = 12_000_000  # of all rows together: 48 MB
    in_row: int = 32_768  # transitions; to thin so many takes 20 ms
    over: int = 100_000  # rows of which nothing is open; about 100 MB
    gaps: int = 10_000  # stretches that were not observed
    open: int = 250_000  # connections at once; about 1 kB each

    def shared(self, histories: int) -> "Limits":
        """Return the limits of one of `histories` that share what is meant for one."""
        return self._replace(
            transitions=self.transitions // histories,
            over=self.over // histories,
            open=max(self.open // histories, min(self.open, _LEAST_OPEN)),
        )


LIMITS = Limits()


class Memory:
    """Keeps a history within its limits.

    When there are too many transitions, each one that is added lets some rows be looked at, and
    the long ones among them be thinned until it suffices: pass after pass, as far as need be.

    Args:
        tracks: all rows, by their keys; those that are forgotten are taken out.
        limits: what may be held.

    Attributes:
        limits: what may be held; what is past a new limit goes bit by bit, as rows change.
        transitions: how many all rows have.
        thinned: the tick before which some row or gap has lost detail; 0: none has.
        dropped: how many rows have been forgotten.
    """

    def __init__(self, tracks: LateCopy[Peer, Track], limits: Limits) -> None:
        self.transitions = 0
        self.thinned = 0
        self.dropped = 0
        self._tracks = tracks
        self.limits = limits
        self._over: dict[Peer, None] = {}  # rows of which nothing is open, the longest first
        self._pass: Iterator[Peer] = iter(())  # the rows that are still to be looked at
        self._longest = 0  # transitions that a row may keep in this pass
        self._times = 0.0  # the average that this is
        self._sufficed = True  # what the pass has thinned

    @property
    def over(self) -> int:
        """How many rows have nothing open."""
        return len(self._over)

    def restore(self, thinned: int, dropped: int) -> None:
        """Go on with rows that another history had, where it was."""
        tracks = self._tracks.values()
        self.transitions = sum(len(track.timeline) for track in tracks)
        self.thinned, self.dropped = thinned, dropped
        ended = [track for track in tracks if not track.is_open]
        ended.sort(key=lambda track: track.timeline.last_tick)
        self._over = dict.fromkeys(track.peer for track in ended)

    def begins(self, track: Track) -> None:
        """Note that something of `track` is open."""
        self._over.pop(track.peer, None)

    def ends(self, track: Track) -> None:
        """Note that nothing of `track` is open any more."""
        self._over[track.peer] = None
        if len(self._over) > self.limits.over:
            self._forget(1 + self.limits.over // _SHARE_FORGOTTEN)

    def grew(self, track: Track, count: int, origin: int) -> None:
        """Note that the timeline of `track`, which counts from tick `origin`, has `count` more."""
        self.transitions += count
        if len(track.timeline) > self.limits.in_row:
            self._thin(track, origin)
        if self.transitions > self.limits.transitions:
            self._look_at_some(origin)

    def unseen(self, coverage: Coverage, origin: int) -> None:
        """Note that `coverage`, which counts from tick `origin`, may have another gap."""
        if len(coverage.gaps) > self.limits.gaps:
            self.thinned = max(self.thinned, coverage.thin(origin))

    def _forget(self, count: int) -> None:
        for peer in [*islice(self._over, count)]:
            del self._over[peer]
            self.transitions -= len(self._tracks.pop(peer).timeline)
            self.dropped += 1

    def _look_at_some(self, origin: int) -> None:
        for _ in range(_VISITS):
            peer = next(self._pass, None)
            if peer is None:
                self._begin_pass()
                return
            track = self._tracks.get(peer)
            if track is not None and len(track.timeline) > self._longest:
                self._thin(self._tracks.own(peer), origin)
                if self.transitions <= self.limits.transitions:
                    return

    def _begin_pass(self) -> None:
        self._times = _FIRST_PASS if self._sufficed else self._times * _NEXT_PASS
        self._sufficed = False
        average = self.limits.transitions / len(self._tracks)
        self._longest = max(_SHORTEST, int(self._times * average))
        self._pass = iter([*self._tracks])

    def _thin(self, track: Track, origin: int) -> None:
        before = len(track.timeline)
        self.thinned = max(self.thinned, thin(track.timeline, origin))
        self.transitions -= before - len(track.timeline)
        self._sufficed = self._sufficed or self.transitions <= self.limits.transitions
