"""What waits for our side to close it (CLOSE_WAIT): found by looks of its own, at little cost.

The event of that is not listened to: of all connections that their peers close, which are half of
all, it would tell one thing more. The kernel goes through all its sockets for such a look, but
shows only these: 5,000 sockets take it 0.4 ms, a thirtieth of what a look at counters takes.
"""

import contextlib

from connmon_collector.sources.events.entry import Entry
from connmon_collector.sources.events.merging import Merging
from connmon_collector.sources.events.networks import Networks
from connmon_collector.sources.events.numbers import CLOSE_WAIT
from connmon_collector.sources.events.rounds import Rounds
from connmon_collector.sources.events.table import Table
from connmon_collector.sources.sock_diag.rows import Row

_NS = 1_000_000_000
_MS = 1_000_000
_SOONEST = _NS - 50_000_000  # between two looks: each second, though early
#: What the peer sent after its end may have come before it: the network held that back, nearly
#: always for less than a millisecond. After its least time-out (200 ms) the peer sends it again.
_OVERTAKEN_MS = 1_000


class Waiting:
    """Looks for connections that the peer has closed and our side has not.

    Args:
        table: where they are noted.
        networks: the namespaces that can be dumped.
        merging: knows which row is which entry.
    """

    def __init__(self, table: Table, networks: Networks, merging: Merging) -> None:
        self._table = table
        self._rounds = Rounds(networks)
        self._merging = merging
        self._known: set[int] = set()  # namespaces: what is found there later is not old
        self._next = 0  # ns

    def look(self, now: int) -> list[Entry]:
        """Look, if it is time for that, and return the entries of which it told what they are."""
        if now < self._next:
            return []
        arrived: list[Entry] = []
        before = len(self._known)
        for network, diag in self._rounds.bit():
            with contextlib.suppress(OSError):  # the next dump of everything will tell
                for part in diag.waiting_parts(listening=network not in self._known):
                    arrived += self._merging.identify(part.rows, network)
                    silent = {heard.mark: heard.ms for heard in part.heard}
                    for row in part.rows:
                        self._note(row, silent.get(row[4], 0), now)
                self._known.add(network)
        rest = self._rounds.rest if len(self._known) == before else 0  # the first asks for more
        self._next = now + max(_SOONEST, rest)
        return arrived

    def _note(self, row: Row, silent: int, now: int) -> None:
        """Note since when a row has been so, at least.

        Its peer has sent nothing for `silent` ms. Its end came in a segment that acknowledges, as
        all do; whatever comes later makes the silence shorter.
        """
        entry = self._table.tcp_socket(row[3], row[4])
        if entry is not None and entry.state == CLOSE_WAIT:
            since = now - max(0, silent - _OVERTAKEN_MS) * _MS
            self._table.note_waiting(entry, since, now)
