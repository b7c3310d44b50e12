"""Which processes receivers have been told of: each before the first connection that names it."""

from collections.abc import Iterable, Iterator

from connmon_collector.sources.base import Source
from connmon_shared.messages import PROCESSES_PER_PART, Connection, Process, Processes

_MAX_TOLD = 50_000  # then all are told anew as they turn up; receivers keep the newest


class Told:
    """Remembers what was told."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._told: dict[int, Process] = {}
        self._noted: set[int] = set()  # pids

    def news(self, connections: Iterable[Connection]) -> Iterator[Processes]:
        """Yield what is new about the processes that `connections` name."""
        if len(self._told) > _MAX_TOLD:
            self._told.clear()
        news = [
            process
            for process in self._source.processes(_pids(connections))
            if self._told.get(process.pid) != process
        ]
        self._told.update((process.pid, process) for process in news)
        return _in_parts(news)

    def noting(self, connections: Iterable[Connection]) -> Iterator[Connection]:
        """Yield `connections`, and note which processes they name, for `noted`."""
        self._noted = set()
        for connection in connections:
            self._noted.add(connection.pid)
            self._noted.update(connection.holders)
            yield connection

    def noted(self) -> Iterator[Processes]:
        """Yield all that is known about the processes that were noted."""
        known = list(self._source.processes(self._noted - {0}))
        self._told = {process.pid: process for process in known}
        return _in_parts(known)


def _pids(connections: Iterable[Connection]) -> set[int]:
    pids = set()
    for connection in connections:
        pids.add(connection.pid)
        pids.update(connection.holders)
    return pids - {0}


def _in_parts(processes: list[Process]) -> Iterator[Processes]:
    for start in range(0, len(processes), PROCESSES_PER_PART):
        yield Processes(tuple(processes[start : start + PROCESSES_PER_PART]))
