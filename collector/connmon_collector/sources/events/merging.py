"""Dumps: how what the kernel shows at a moment is merged into the table. Pure.

Which row is which entry: by ends and cookie, if a dump has shown it before; by its ends alone, if
events have told of it. What an event touched that is newer than the beginning of the dump is left
to the events. What is in the table and not in the dump has ended without our hearing of it.

Of *twins*, sockets with the same ends (as several that listen on one port, or of two namespaces),
nobody may know which is which: one may have been given the cookie of another, or may have been
closed in its place. Then a row is left over, and a twin that no row is of: they are one.
"""

from collections.abc import Callable, Container, Iterable, Iterator

from connmon_collector.sources.events.entry import (
    AF_INET,
    UNDECIDED,
    UNKNOWN,
    Entry,
    has_local_port,
    is_mapped,
    udp_key_of,
    unported,
)
from connmon_collector.sources.events.numbers import (
    CLOSE_WAIT,
    ESTABLISHED,
    LISTEN,
    SYN_RECV,
    SYN_SENT,
    TCP,
    UDP,
)
from connmon_collector.sources.events.table import Table
from connmon_collector.sources.sock_diag.netlink import TCPDIAG_GETSOCK
from connmon_collector.sources.sock_diag.rows import Row, is_tcp

_INODE = slice(4, None)  # in an owner


class Merging:
    """Merges one dump after the other into a table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._look = 1  # the number of the dump; entries that none has shown have 0
        self._lossy = False
        self._arrived: list[Entry] = []
        self._doubtful: set[bytes] = set()  # keys whose rows were left to the events
        self._twins: dict[bytes, set[int]] = {}  # the namespaces of what had one key, by key
        self._left_over: list[tuple[Row, int]] = []  # rows of those, and their namespaces

    def begin(self, *, lossy: bool = False) -> None:
        """Begin a new dump.

        Args:
            lossy: whether events were lost since the one before.
        """
        self._table.file()
        self._look += 1
        self._lossy = lossy
        self._doubtful.clear()
        self._left_over.clear()

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
            while entry is not None and (entry.mark != mark or not mark):
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

    def shown(self, entry: Entry) -> bool:
        """Return whether the dump has shown an entry so far."""
        return entry.look == self._look

    def missing(self) -> Iterator[Entry]:
        """Yield the TCP sockets that it has not shown so far."""
        look = self._look
        return (entry for entry in self._table if entry.look != look and entry.protocol == TCP)

    def networks_of_twins(self) -> set[int]:
        """Return the namespaces of sockets that may have been closed in place of their twins."""
        return set().union(*self._twins.values())

    def finish(
        self, over: Callable[[Entry], bool], touched: Container[bytes], time: int
    ) -> list[Entry]:
        """Close what the dump does not know any more.

        Args:
            over: whether it would have shown an entry that is not over.
            touched: keys that events name which are not applied yet.
            time: ns, when the dump began.

        Returns:
            The entries whose socket got an inode, or whose process has ended without it.
        """
        for row, network in self._left_over:
            if _key(row) not in touched:
                mistaken = None if self._lossy else self._mistaken(row, network, over)
                self._show(mistaken or self._open(row, time), row, network, touched)
        self._review_twins()
        undecided = [entry for entry in self._table if entry.direction == UNDECIDED]
        for entry in list(self._table):
            if entry.look == self._look:
                if entry.program is not None and entry.program.gone(time):
                    self._disown(entry)  # somebody else holds it: a child, say
                    self._arrived.append(entry)
            elif entry.born >= time or entry.key in touched or entry.key in self._doubtful:
                continue
            elif _is_socket(entry) and over(entry):
                self._table.close(entry, time)
        for entry in undecided:  # by the servers that are left
            if not entry.ended:
                self._table.judge(entry)
        arrived, self._arrived = self._arrived, []
        return arrived

    def identify(self, rows: Iterable[Row], network: int) -> list[Entry]:
        """Take over the marks and inodes of some rows, and what a mark makes certain, no more.

        Returns:
            The entries that had no mark, or another inode.
        """
        self._table.file()
        arrived = []
        for row in rows:
            known = _marked(self._find(row), row[4])
            if known is not None:
                if known.owner != row[5]:  # it has been accepted meanwhile
                    self._identify(known, row, network)
                    arrived.append(known)
                if known.state == ESTABLISHED and row[2][1] == CLOSE_WAIT:  # no event tells this
                    self._table.set_state(known, CLOSE_WAIT)
            elif (entry := self._unmarked(row, network)) is not None:
                self._identify(entry, row, network)
                self._doubt(entry)  # there may be another one that events have yet to tell of
                arrived.append(entry)
        return arrived

    def _identify(self, entry: Entry, row: Row, network: int) -> None:
        before = self._table.render(entry) if entry.told else None
        entry.mark, entry.owner, entry.network = row[4], row[5], network
        twin = self._find(row)
        if twin is not None and twin.twin is not None:
            while twin is not None:
                self._doubt(twin)
                twin = twin.twin
        if before is not None and self._table.render(entry) != before:
            self._table.set_state(entry, entry.state)  # its user or namespace is news

    def _adopt(self, row: Row, network: int, touched: Container[bytes], time: int) -> None:
        """Find out what a row is that is not known by its ends and mark."""
        tcp, key = is_tcp(row), _key(row)
        entry = self._unmarked(row, network)
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
        if entry is None and key in self._twins:
            self._left_over.append((row, network))
        else:
            if entry is not None and self._lossy and has_local_port(key):
                self._table.unbind(entry)  # or it has ended, and the row is of the next one
            self._show(entry or self._open(row, time), row, network, touched)

    def _open(self, row: Row, time: int) -> Entry:
        family, state = row[2]
        if not is_tcp(row) and is_mapped(row[3]):
            family = AF_INET
        return self._table.open(TCP if is_tcp(row) else UDP, state, _key(row), family, time)

    def _show(self, entry: Entry, row: Row, network: int, touched: Container[bytes]) -> None:
        """Note that a row is that of an entry."""
        if entry.key in touched:
            self._doubt(entry)  # or it is that of one that is not told yet
        if row[4] or entry.owner != row[5]:
            self._arrived.append(entry)
        self._identify(entry, row, network)
        entry.look = self._look
        self._set_state(entry, row[2][1], touched)

    def _set_state(self, entry: Entry, state: int, touched: Container[bytes]) -> None:
        if entry.state != state and entry.key not in touched and entry.state != LISTEN:
            self._table.set_state(entry, state)

    def _unmarked(self, row: Row, network: int) -> Entry | None:
        """Return the first entry that no dump has shown yet and that a row may be of.

        Of several it is one that is established, and known to be of that namespace.
        """
        entry, found, best = self._find(row), None, -1
        half_open = row[2][1] == SYN_RECV and is_tcp(row)  # which is told once it is no more
        while entry is not None:
            unshown = not entry.mark and entry.look != self._look
            if unshown and not (half_open and entry.state == ESTABLISHED):
                known = self._table.network(entry)
                same = entry.owner[_INODE] == row[5][_INODE]
                fitting = 4 * same + 2 * (entry.state != SYN_RECV) + (known == network)
                if known in {0, network} and fitting > best and (same or not entry.inode):
                    found, best = entry, fitting
            entry = entry.twin
        return found

    def _doubt(self, entry: Entry) -> None:
        """Note that an entry may be taken for its twin, and so for one of another namespace."""
        self._twins.setdefault(entry.key, set()).add(self._table.network(entry))

    def _review_twins(self) -> None:
        find = self._table.tcp, self._table.udp
        self._twins = {k: n for k, n in self._twins.items() if any(each(k) for each in find)}
        if self._lossy:  # an end that was missed may be that of the other
            for key in self._twins:
                entry = self._table.tcp(key)
                while entry is not None:
                    self._table.unbind(entry)
                    entry = entry.twin

    def _mistaken(self, row: Row, network: int, over: Callable[[Entry], bool]) -> Entry | None:
        """Return the entry that was taken for a twin of what a row is of."""
        found, entry = None, self._find(row)
        while entry is not None:
            fits = found is None or entry.network == network
            if fits and entry.look != self._look and _is_socket(entry) and over(entry):
                found = entry
            entry = entry.twin
        if found is not None:
            self._disown(found)  # whose the twin is was found out by its inode
        return found

    def _disown(self, entry: Entry) -> None:
        if entry.trust != UNKNOWN:
            entry.trust = UNKNOWN
            self._table.set_state(entry, entry.state)  # its pid is told no more

    def _find(self, row: Row) -> Entry | None:
        """Return the first entry with the ends of a row; others are its twins."""
        return (self._table.tcp if is_tcp(row) else self._table.udp)(_key(row))

    def _connecting(self, key: bytes, network: int) -> list[Entry]:
        """Return the entries that connect to these ends and whose port no event has told yet."""
        found = []
        entry = self._table.tcp(unported(key))
        while entry is not None:
            if entry.look != self._look and self._table.network(entry) in {0, network}:
                found.append(entry)
            entry = entry.twin
        return found


def _key(row: Row) -> bytes:
    return row[3] if is_tcp(row) else udp_key_of(row[3])


def _is_socket(entry: Entry) -> bool:
    """Return whether dumps would show an entry, unlike what a UDP socket sends here and there."""
    return entry.protocol == TCP or bool(entry.mark)


def _marked(entry: Entry | None, mark: bytes) -> Entry | None:
    """Return the one of these twins that is known by a mark."""
    while entry is not None and entry.mark != mark:
        entry = entry.twin
    return entry
