"""The last counters of TCP connections, from the kernel's messages about destroyed sockets. Pure.

Such a message has no time, and may overtake the event of its connection's end: then it waits.
"""

from collections.abc import Callable, Container

from connmon_collector.sources.events.numbers import make
from connmon_collector.sources.events.table import Table
from connmon_collector.sources.meter import Meter
from connmon_collector.sources.sock_diag.last_words import Destroyed
from connmon_shared.messages import Counters

#: ns. The kernel sends them from a queue of work, which a busy host may leave for seconds.
_PATIENCE = 10_000_000_000
_MAX_WAITING = 100_000


class Farewells:
    """Joins last words to the connections that they are about.

    Args:
        table: the connections.
        meter: takes the counters.
        lingering: returns the ends of what is over and still has its socket, after the time (ns)
            since when what was over later may be missing; None: not now.
    """

    def __init__(
        self,
        table: Table,
        meter: Meter,
        lingering: Callable[[int], tuple[int, Container[bytes]] | None] = lambda now: (now, ()),
    ) -> None:
        self._table = table
        self._meter = meter
        self._lingering = lingering
        self._waiting: dict[bytes, list[tuple[Destroyed, int]]] = {}  # by ends, and since when

    def hear(self, said: Destroyed, now: int) -> None:
        """Take in that a socket is no more."""
        if not said.counted:
            return
        if said.ends in self._waiting:  # what came before it comes first
            self._waiting[said.ends].append((said, now))
        elif not self._match(said) and len(self._waiting) < _MAX_WAITING:
            self._waiting[said.ends] = [(said, now)]

    def settle(self, now: int) -> None:
        """Give those that came too early to the connections that have ended meanwhile."""
        for ends, words in list(self._waiting.items()):
            while words and (now - words[0][1] > _PATIENCE or self._match(words[0][0])):
                del words[0]
            if not words:
                del self._waiting[ends]
        closing = self._table.closing
        if closing.overdue(now - _PATIENCE) and (found := self._lingering(now)) is not None:
            since, alive = found
            closing.forget(since - _PATIENCE, alive)

    def _match(self, said: Destroyed) -> bool:
        entry, sure = self._table.closing.take(said.ends, said.mark)
        if entry is None or not sure:
            return entry is not None
        # The peer's end of a connection counts as one byte. A connection that was not reset has
        # got one, unless the kernel forgot it before, as it does when the answer to our end and the
        # peer's own do not come together: it is a byte short then. Nothing here tells that from a
        # peer's end that somebody has read.
        received = said.received - entry.orderly if said.received else 0
        self._meter.end(
            make(Counters, (entry.id, said.sent, received, 0, 0, said.rtt, said.retransmits, True))
        )
        return True
