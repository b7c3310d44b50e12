"""Whose the sockets are: what processes do, and what /proc shows of those that no event tells."""

from connmon_collector.processes.holders import Holders
from connmon_collector.processes.programs import Programs
from connmon_collector.sources.events.entry import CERTAIN, Entry
from connmon_collector.sources.events.numbers import LISTEN
from connmon_collector.sources.events.records import Event
from connmon_collector.sources.events.servers import Servers
from connmon_collector.sources.events.table import Table


class Ownership:
    """Follows processes, and gives the entries of a table their owners.

    Attributes:
        servers: the listening sockets, and who shares them.
    """

    def __init__(self, table: Table, programs: Programs, holders: Holders) -> None:
        self._table = table
        self._programs = programs
        self._holders = holders
        self.servers = Servers(table, holders.sharers)
        self._unowned: dict[int, Entry] = {}  # by inode

    @property
    def hidden(self) -> bool:
        """Whether there are processes that we may not look into."""
        return self._holders.hidden

    def own(self, arrived: list[Entry]) -> None:
        """Say whose the sockets are that a dump has shown for the first time."""
        self._holders.forget(self._table.take_freed())
        servers = {entry.inode for entry in arrived if entry.state == LISTEN}
        for entry in arrived:
            if entry.trust < CERTAIN or entry.inode in servers:
                self._unowned[entry.inode] = entry
        wanted = {inode for inode, entry in self._unowned.items() if not entry.ended}
        self._unowned = {inode: self._unowned[inode] for inode in wanted - {0}}
        fresh = wanted & {entry.inode for entry in arrived}
        for inode, pid in self._holders.find(fresh, servers, self._likely(arrived)).items():
            entry = self._unowned.pop(inode)
            holder = self.servers.add(entry) if inode in servers else pid
            if entry.trust < CERTAIN:
                self._table.attribute(entry, self._programs.find(holder or pid), CERTAIN)

    def _likely(self, arrived: list[Entry]) -> set[int]:
        """Return the processes that probably hold what a dump has shown for the first time."""
        openers = {entry.program.pid for entry in arrived if entry.program is not None}
        return openers | self.servers.holders_of(arrived)

    # One for each kind of event.

    def forked(self, event: Event) -> None:
        """Take in that a process, or a thread, has begun."""
        _, _, pid, _, _, parent = event
        if pid != parent:  # else it is a thread
            self._programs.forked(pid, parent)
            self.servers.forked(pid, parent)

    def exited(self, event: Event) -> None:
        """Take in that a process, or a thread, has ended."""
        _, _, pid, tid, time, _ = event
        if pid == tid:
            self._programs.exited(pid, time)
            self.servers.exited(pid)
            self._holders.died(pid)

    def named(self, event: Event) -> None:
        """Take in that a thread gave itself a name."""
        _, _, pid, tid, _, name, executed = event
        if pid == tid and pid:  # 0 is everybody outside our namespace of processes
            self._programs.named(pid, name, executed=executed)

    def executed(self, event: Event) -> None:
        """Take in what a process executes."""
        if event[2]:
            self._programs.executed(event[2], event[5])
