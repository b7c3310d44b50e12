"""Last counters that come after their connections have ended. Pure, and bounded.

The kernel tells of a socket that is destroyed when it finds the time, on a busy host seconds later;
and of one whose own direction our side has ended only when the peer has ended the other, which may
be hours later.
"""

from collections.abc import Iterable
from typing import NamedTuple

from connmon_shared.endpoints import Peer
from connmon_shared.messages import Addition, Counters
from connmon_shared.timelines.details import Details
from connmon_shared.timelines.history import Event, What
from connmon_shared.timelines.late_copy import LateCopy
from connmon_shared.timelines.rows import Track
from connmon_shared.timelines.states import Protocol

KEPT = 20_000  # connections, those that ended last; some 5 MB


class _Ended(NamedTuple):
    """A connection that ended without its last counters."""

    peer: Peer
    sent: int  # what was added to its row then
    received: int


class Late:
    """Remembers what has ended and was not counted to the end."""

    def __init__(self) -> None:
        self._ended: dict[int, _Ended] = {}  # by id, the one that ended first is the first

    def note(self, events: Iterable[Event], details: Details) -> None:
        """Take what ended in `events`; `details` still have its newest counters."""
        for _, what, peer, row, _ in events:
            tcp = row.protocol == Protocol.TCP and not peer.listening
            if tcp and what is What.CLOSED and row.id not in details.final:
                known = details.counters.get(row.id) or Counters(row.id, 0, 0)
                self._ended[row.id] = _Ended(peer, known.sent, known.received)
                if len(self._ended) > KEPT:
                    del self._ended[next(iter(self._ended))]

    def add(
        self, final: Iterable[Counters], tracks: LateCopy[Peer, Track]
    ) -> list[tuple[Counters, Addition]]:
        """Add to its row what each of the counters tells of a connection that has ended before.

        Returns:
            Those of which anything was added, each with that.
        """
        added = []
        for counters in final:
            ended = self._ended.pop(counters.id, None)
            if ended is None or ended.peer not in tracks:
                continue
            sent = max(0, counters.sent - ended.sent)
            received = max(0, counters.received - ended.received)
            if sent or received:
                tracks.own(ended.peer).carry(sent, received)
                added.append((counters, Addition(ended.peer.address, sent, received)))
        return added

    def clear(self) -> None:
        """Forget everything: from now on a number may be that of another connection."""
        self._ended.clear()
