"""Which connections are over and still have a socket: our side has ended its own direction.

The peer may go on for hours, or takes its time to fetch what we have sent. The last counters come
when the socket is destroyed, so that is worth waiting for; of what was reset none ever come.
"""

import contextlib
from collections.abc import Container

from connmon_collector.sources.events.networks import Networks
from connmon_collector.sources.events.rounds import Rounds

_SOONEST = 5_000_000_000  # ns between two looks


class Lingering:
    """Looks for sockets of connections that are over.

    Args:
        networks: the namespaces that can be dumped.
    """

    def __init__(self, networks: Networks) -> None:
        self._rounds = Rounds(networks)
        self._found: set[bytes] = set()
        self._since = 0  # ns; when this round began
        self._next = 0  # ns

    def look(self, now: int) -> tuple[int, Container[bytes]] | None:
        """Return the ends of those there are, once all namespaces have been gone through.

        With them comes the time (ns) at which that began: what was over later may be missing. None:
        it is not time for that, or some namespaces are left for the next time.
        """
        if now < self._next:
            return None
        if not self._rounds.left:
            self._found, self._since = set(), now
        for _, diag in self._rounds.bit():
            with contextlib.suppress(OSError):  # what is not found is waited for no longer
                self._found.update(row[3] for row in diag.lingering())
        self._next = now + max(_SOONEST, self._rounds.rest)
        return None if self._rounds.left else (self._since, self._found)
