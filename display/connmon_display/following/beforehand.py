"""Whose the connections were that came and went before a viewer joined. Pure.

A history tells what happened with an address, not whose connections these were, unless they all
were one process's, or for one port. Of which addresses that can be told is noted once, when a
viewer joins: what it sees later it can tell apart.
"""

from collections.abc import Iterable, Mapping

from connmon_shared.endpoints import Peer
from connmon_shared.timelines.rows import Track
from connmon_shared.timelines.timeline import OPENED

#: By what connections are put in groups, the addresses whose past may be of several of these.
Mixed = Mapping[str, frozenset[Peer]]


def mixed_pasts(tracks: Iterable[Track]) -> Mixed:
    """Return of which rows it is not known whose their connections were."""
    remotes = [track for track in tracks if not track.peer.listening]
    return {
        "process": frozenset(track.peer for track in remotes if not _is_of_one(track)),
        "port": frozenset(track.peer for track in remotes if len(track.ports) > 1),
    }


def _is_of_one(track: Track) -> bool:
    """Return whether all connections that a row ever had were of the process it has now."""
    names = {row.process for row in track.connections} or {track.current.process}
    if track.process and track.process in names:
        return True
    there = not track.timeline.entries[0] & OPENED if track.timeline.entries else True
    all_open = track.opened + there <= max(1, len(track.connections))
    return all_open and len(names - {""}) <= 1
