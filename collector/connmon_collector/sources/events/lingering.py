"""Which connections are over and still have a socket: our side has ended its own direction.

The peer may go on for hours, or takes its time to fetch what we have sent. The last counters come
when the socket is destroyed, so that is worth waiting for; of what was reset none ever come.
"""

import time
from collections.abc import Container

from connmon_collector.sources.events.networks import Networks

_NS = 1_000_000_000
_SHARE = 1_000  # a look that took 10 ms is followed by 10 s without one: 0.1 % of a core
_SOONEST, _LATEST = 5 * _NS, 60 * _NS  # between two looks


class Lingering:
    """Looks for sockets of connections that are over.

    Args:
        networks: the namespaces that can be dumped.
    """

    def __init__(self, networks: Networks) -> None:
        self._networks = networks
        self._next = 0  # ns

    def look(self, now: int) -> Container[bytes] | None:
        """Return the ends of those there are; None: it is not time for that."""
        if now < self._next:
            return None
        began = time.thread_time_ns()
        found: set[bytes] = set()
        try:
            for _, diag in self._networks:
                found.update(row[3] for row in diag.lingering())
        except OSError:  # what is not found is waited for no longer
            self._next = now + _LATEST
            return found
        cost = time.thread_time_ns() - began
        self._next = now + min(max(_SOONEST, cost * _SHARE), _LATEST)
        return found
