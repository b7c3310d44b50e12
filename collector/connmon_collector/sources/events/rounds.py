"""Goes through all network namespaces, a bit at a time: no ring is read meanwhile."""

import time
from collections.abc import Iterator

from connmon_collector.sources.diag_sockets import DiagSocket
from connmon_collector.sources.events.networks import Networks

_SHARE = 1_000  # a bit that took 2 ms is followed by 2 s without one: 0.1 % of a core
_MOST = 5_000_000  # ns of a bit, after which no other namespace is begun


class Rounds:
    """Knows which namespaces are next.

    Args:
        networks: those that can be dumped.

    Attributes:
        left: those of this round that are still to come.
        rest: ns for which nothing is to be done after the last bit.
    """

    def __init__(self, networks: Networks) -> None:
        self.left: list[int] = []
        self.rest = 0
        self._networks = networks

    def bit(self) -> Iterator[tuple[int, DiagSocket]]:
        """Yield the next ones, those of a new round after the last one."""
        there = dict(self._networks)
        self.left = [network for network in self.left if network in there] or list(there)
        began, cost = time.thread_time_ns(), 0
        while self.left and cost < _MOST:
            network = self.left.pop(0)
            yield network, there[network]
            cost = time.thread_time_ns() - began
        self.rest = cost * _SHARE
