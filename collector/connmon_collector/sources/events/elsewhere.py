"""What is in the namespaces that cannot be dumped, and what is over there. Pure but for /proc.

What no dump has shown may be in a namespace that was made after the start. Each one that has such
a socket is read; all of them, if it is not known which, and after events were lost. Where there are
many, each dump reads some. What is in none is over, as is what was where nobody is any more.
"""

from collections.abc import Container, Iterable, Iterator

from connmon_collector.sources.events.entry import Entry
from connmon_collector.sources.events.merging import Merging
from connmon_collector.sources.events.networks import Networks
from connmon_collector.sources.events.proc_net import ProcNet
from connmon_collector.sources.events.table import Table
from connmon_collector.sources.sock_diag.rows import Row
from connmon_shared.timelines.states import OPEN

_MOST_AT_ONCE = 20  # namespaces: each takes some milliseconds
_ATTEMPTS = 2  # to see a socket that the changes of others have hidden


class Elsewhere:
    """Looks at the namespaces that cannot be dumped.

    Args:
        table: what is compared with them.
        networks: knows which these are not.
        merging: knows what a dump has shown.
        proc_net: shows what is there.

    Attributes:
        connected: in how many of them there were connections at the last look.
    """

    def __init__(
        self, table: Table, networks: Networks, merging: Merging, proc_net: ProcNet
    ) -> None:
        self.connected = 0
        self._table = table
        self._networks = networks
        self._merging = merging
        self._proc_net = proc_net
        self._inhabited: dict[int, int] = {}  # a process of each
        self._is_all = False  # whether that is all, now
        self._read: dict[int, int] = {}  # when each was read last; ns
        self._lost = 0  # the time of the first look after events were lost; ns
        self._owing = False  # whether there are some that were not read since
        self._now = 0

    def look(
        self, now: int, touched: Container[bytes], *, lossy: bool
    ) -> Iterator[tuple[int, Iterable[Row]]]:
        """Yield namespaces and rows of their TCP sockets, after a dump has shown all others.

        Args:
            now: ns; the time of the dump.
            touched: keys that events name which are not applied yet; most of these are over.
            lossy: whether events were lost since the last one.
        """
        self._now, self._is_all = now, False
        if lossy:
            self._lost, self._owing = now, True
        missing: dict[int, list[Entry]] = {}
        for entry in self._merging.missing():
            if entry.key not in touched:
                missing.setdefault(self._table.network(entry), []).append(entry)
        self.connected = sum(
            not self._dumped(network) and any(entry.state in OPEN for entry in entries)
            for network, entries in missing.items()
        )
        foreign = missing.keys() | self._merging.networks_of_twins()
        foreign = {network for network in foreign if network and not self._dumped(network)}
        astray = missing.get(0, [])  # as what came in where programs of several serve the port
        if not (foreign or astray or self._owing):
            return
        self._inhabited = self._proc_net.inhabited()
        self._is_all = self._proc_net.complete
        others = [network for network in self._inhabited if not self._dumped(network)]
        self._read = {network: self._read.get(network, 0) for network in others}
        since = max((entry.born for entry in astray), default=0)
        since = max(since, self._lost)
        due = [each for each in others if each in foreign or self._read[each] < since]
        for network in sorted(due, key=self._read.__getitem__)[:_MOST_AT_ONCE]:
            lacking = missing.get(network, []) + astray
            for rows in self._rows(network, self._inhabited[network], lacking):
                yield network, rows
        self._owing = any(read < self._lost for read in self._read.values())

    def over(self, entry: Entry) -> bool:
        """Return whether an entry that neither the dump nor the last look has shown is over."""
        network = self._table.network(entry)
        if not network:
            return self._is_all and all(read > entry.born for read in self._read.values())
        if self._dumped(network) or self._read.get(network) == self._now:
            return True
        empty = self._is_all and network not in self._inhabited
        return empty and (entry.program is None or entry.program.gone(self._now))

    def _dumped(self, network: int) -> bool:
        return self._networks.dumped(network)

    def _rows(self, network: int, pid: int, lacking: list[Entry]) -> Iterator[list[Row]]:
        shown: set[Row] = set()
        try:
            for _ in range(_ATTEMPTS):
                for rows in self._proc_net.rows(network, pid):
                    yield [row for row in rows if row not in shown]
                    shown.update(rows)
                if all(map(self._merging.shown, lacking)):
                    break
        except OSError:
            return  # the process has ended meanwhile; the next dump may find another
        self._read[network] = self._now
