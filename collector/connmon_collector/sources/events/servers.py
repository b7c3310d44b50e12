"""Which processes share a listening socket: all of them are its owners. Pure but for /proc.

Workers inherit it by being forked, so after one look at all processes only the children of those
that hold it need looking at, and the dead are struck off.
"""

from collections.abc import Callable, Iterable

from connmon_collector.sources.events.entry import Entry
from connmon_collector.sources.events.table import Table

#: (inode, processes to look at or None for all) → those of them that hold it, the oldest first
Sharers = Callable[[int, Iterable[int] | None], list[int]]
_MAX_HOLDERS = 256  # told of one socket


class Servers:
    """The listening sockets and their holders."""

    def __init__(self, table: Table, sharers: Sharers) -> None:
        self._table = table
        self._sharers = sharers
        self._entries: dict[int, Entry] = {}  # by id
        self._holders: dict[int, set[int]] = {}  # pids, by the entry's id
        self._held: dict[int, set[int]] = {}  # the other way round: ids of entries, by pid
        self._born: dict[int, set[int]] = {}  # children of holders that were not looked at yet
        self._new: list[Entry] = []  # whose inode is not known yet

    def add(self, entry: Entry) -> int:
        """Look for all holders of a listening socket whose inode and owner are known now.

        Returns:
            The pid of the oldest, which has opened it; 0 when there is none any more.
        """
        self._entries[entry.id] = entry
        holders = self._sharers(entry.inode, None)
        self._hold(entry, set(holders))
        return holders[0] if holders else 0

    def opened(self, entry: Entry) -> None:
        """Note that a socket listens whose inode is not known yet."""
        self._new.append(entry)

    def forked(self, pid: int, parent: int) -> None:
        """Note a new process: it may hold what its parent holds."""
        for number in self._held.get(parent, ()):
            self._born.setdefault(number, set()).add(pid)
            self._held.setdefault(pid, set()).add(number)

    def exited(self, pid: int) -> None:
        """Note that a process has ended."""
        for number in self._held.pop(pid, ()):
            entry = self._entries.get(number)
            if entry is not None:
                self._hold(entry, self._holders[number] - {pid})

    def alone(self, entry: Entry) -> bool:
        """Return whether one process is known to hold a listening socket, and no other can."""
        return len(self._holders.get(entry.id, ())) == 1 and entry.id not in self._born

    def holders_of(self, accepted: Iterable[Entry]) -> set[int]:
        """Return the processes that may hold connections which came in at these servers."""
        ports = {entry.local_port for entry in accepted}
        return {
            pid
            for port in ports
            for server in self._table.servers(port)
            for pid in self._holders.get(server.id, ())
        }

    def settle(self) -> bool:
        """Look whether new processes hold what their parents hold; forget what is closed.

        Returns:
            Whether a dump is needed, to get at the inodes of new ones.
        """
        for number in [n for n, entry in self._entries.items() if entry.ended]:
            self._forget(number)
        born, self._born = self._born, {}
        for number, pids in born.items():
            entry = self._entries.get(number)
            if entry is not None:
                for pid in pids:
                    self._let_go(pid, number)
                found = self._sharers(entry.inode, pids)
                self._hold(entry, self._holders[number] | set(found))
        self._new = [entry for entry in self._new if not (entry.inode or entry.ended)]
        return bool(self._new)

    def _hold(self, entry: Entry, holders: set[int]) -> None:
        for pid in self._holders.get(entry.id, set()) - holders:
            self._let_go(pid, entry.id)
        self._holders[entry.id] = holders
        for pid in holders:
            self._held.setdefault(pid, set()).add(entry.id)
        several = tuple(sorted(holders)[:_MAX_HOLDERS]) if len(holders) > 1 else ()
        self._table.share(entry, several)

    def _forget(self, number: int) -> None:
        for pid in self._holders.pop(number) | self._born.pop(number, set()):
            self._let_go(pid, number)
        del self._entries[number]

    def _let_go(self, pid: int, number: int) -> None:
        held = self._held.get(pid, set())
        held.discard(number)
        if not held:
            self._held.pop(pid, None)
