"""Dumps: how what the kernel shows at a moment is merged into the table. Pure.

Which row is which entry: by ends and cookie, if a dump has shown it before; by its ends alone, if
events have told of it. What an event touched that is newer than the beginning of the dump is left
to the events. What is in the table and not in the dump has ended without our hearing of it.
"""

from collections.abc import Callable, Container, Iterable

from connmon_collector.sources.events.entry import UNKNOWN, Entry, udp_key_of, unported
from connmon_collector.sources.events.numbers import LISTEN, SYN_SENT, TCP, UDP
from connmon_collector.sources.events.table import Table
from connmon_collector.sources.sock_diag import TCPDIAG_GETSOCK, Row, is_tcp


class Merging:
    """Merges one dump after the other into a table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._look = 0  # the number of the dump
        self._arrived: list[Entry] = []
        self._doubtful: set[bytes] = set()  # keys whose rows were left to the events

    def begin(self) -> None:
        """Begin a new dump."""
        self._table.file()
        self._look += 1
        self._doubtful.clear()

    def take(self, rows: Iterable[Row], network: int, touched: Container[bytes], time: int) -> None:
        """Take over rows of a dump.

        Args:
            rows: some of them.
            network: inode of the namespace that they are of.
            touched: keys that events name which are not applied yet, at least all those that
                happened before the rows were read.
            time: ns, when the dump began.
        """
        look, tcp, udp = self._look, self._table.tcp, self._table.udp
        for row in rows:
            entry = tcp(row[3]) if row[1] == TCPDIAG_GETSOCK else udp(udp_key_of(row[3]))
            mark = row[4]
            while entry is not None and entry.mark != mark:
                entry = entry.twin
            if entry is None:
                self._adopt(row, network, touched, time)
                continue
            entry.look = look
            if entry.owner != row[5]:
                self._identify(entry, row, network)
                self._arrived.append(entry)
            if entry.state != row[2][1]:
                self._set_state(entry, row[2][1], touched)

    def finish(
        self, dumped: Callable[[int], bool], touched: Container[bytes], time: int
    ) -> list[Entry]:
        """Close what the dump does not know any more.

        Args:
            dumped: whether the dump was of this namespace (inode; 0: not known which).
            touched: keys that events name which are not applied yet.
            time: ns, when the dump began.

        Returns:
            The entries whose socket got an inode, or whose process has ended without it.
        """
        for entry in list(self._table):
            if entry.look == self._look:
                if entry.program is not None and entry.program.ended:
                    entry.trust = UNKNOWN  # somebody else holds it: a child, say
                    self._arrived.append(entry)
            elif entry.born >= time or entry.key in touched or entry.key in self._doubtful:
                continue
            elif entry.protocol == UDP and not entry.mark:
                continue  # of a socket that is not connected: dumps never show where that sends to
            elif dumped(self._table.network(entry)):
                self._table.close(entry, time)
        arrived, self._arrived = self._arrived, []
        return arrived

    def identify(self, rows: Iterable[Row], network: int) -> list[Entry]:
        """Take over the marks and inodes of some rows, without concluding anything else.

        Returns:
            The entries that had none.
        """
        self._table.file()
        arrived = []
        for row in rows:
            tcp = is_tcp(row)
            known = self._table.tcp(row[3]) if tcp else self._table.udp(udp_key_of(row[3]))
            entry = None if _marked(known, row[4]) else self._unmarked(known, network)
            if entry is not None:
                self._identify(entry, row, network)
                arrived.append(entry)
        return arrived

    def _identify(self, entry: Entry, row: Row, network: int) -> None:
        before = self._table.render(entry) if entry.told else None
        entry.mark, entry.owner, entry.network = row[4], row[5], network
        if before is not None and self._table.render(entry) != before:
            self._table.set_state(entry, entry.state)  # its user or namespace is news

    def _adopt(self, row: Row, network: int, touched: Container[bytes], time: int) -> None:
        """Find out what a row is that is not known by its ends and mark."""
        tcp = is_tcp(row)
        key = row[3] if tcp else udp_key_of(row[3])
        entry = self._unmarked((self._table.tcp if tcp else self._table.udp)(key), network)
        if entry is None:
            if key in touched:
                self._doubtful.add(unported(key))  # an entry of it may be this row's
                return
            waiting = self._connecting(key, network) if tcp else []
            if row[2][1] == SYN_SENT and tcp:
                if waiting:
                    waiting[0].look = self._look
                if waiting or unported(key) in touched:
                    return
            elif len(waiting) == 1:
                entry = waiting[0]  # established, which some kernels do not tell
                self._table.rename(entry, key)
        if entry is None:
            family, state = row[2]
            entry = self._table.open(TCP if tcp else UDP, state, key, family, time)
        self._identify(entry, row, network)
        entry.look = self._look
        self._arrived.append(entry)
        self._set_state(entry, row[2][1], touched)

    def _set_state(self, entry: Entry, state: int, touched: Container[bytes]) -> None:
        if entry.state != state and entry.key not in touched and entry.state != LISTEN:
            self._table.set_state(entry, state)

    def _unmarked(self, entry: Entry | None, network: int) -> Entry | None:
        """Return the first twin that no dump has shown yet and that may be of this namespace."""
        while entry is not None and (entry.mark or self._table.network(entry) not in {0, network}):
            entry = entry.twin
        return entry

    def _connecting(self, key: bytes, network: int) -> list[Entry]:
        """Return the entries that connect to these ends and whose port no event has told yet."""
        found = []
        entry = self._table.tcp(unported(key))
        while entry is not None:
            if entry.look != self._look and self._table.network(entry) in {0, network}:
                found.append(entry)
            entry = entry.twin
        return found


def _marked(entry: Entry | None, mark: bytes) -> bool:
    """Return whether one of these twins is known by a mark."""
    while entry is not None and entry.mark != mark:
        entry = entry.twin
    return entry is not None
