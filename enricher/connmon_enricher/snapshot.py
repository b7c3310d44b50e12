"""The state for a display that joins: history, sockets, details, facts, status, in numbered parts.

The display pulls one part after the other, so a slow one costs nothing but its own time.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from connmon_shared import codec
from connmon_shared.details import Details
from connmon_shared.history import History
from connmon_shared.messages import (
    ROWS_PER_PART,
    Facts,
    Histories,
    Keyframe,
    Message,
    Processes,
    Record,
    StateRequest,
    Status,
    Traffic,
    Wait,
    kind_of,
)
from connmon_shared.wire import Frames, Sender, in_parts

PART_BYTES = 150_000  # what one part of the histories may hold
_ROW_BYTES = 120  # of a record beside its transitions, about
PROCESSES_PER_PART = 500  # a process is about 150 bytes, 4 kB at most
KEPT_SECONDS = 30.0  # a display that takes longer between two parts begins anew
KEPT_SNAPSHOTS = 8
_MOMENT = 0.0  # the messages of a snapshot stand for no time of their own: its session does

Part = tuple[str, bytes]  # (kind, body)


@dataclass(frozen=True, slots=True)
class _Snapshot:
    parts: list[Part]
    taken: float


class Snapshots:
    """Answers requests for the state.

    A snapshot is named by its number in the view's sequence, and ends with the view's epoch: a
    new epoch may use the number for another state.
    """

    def __init__(
        self, sender: Sender, describe: Callable[[], Iterable[Message]], now: Callable[[], float]
    ) -> None:
        self._sender = sender
        self._describe = describe
        self._now = now
        self._kept: dict[int, _Snapshot] = {}
        self._epoch = sender.epoch  # of what is kept

    def answer(self, request: StateRequest) -> Frames:
        """Return the frames of the part asked for.

        Part 0 is always of the state as it is now. A later part of a snapshot that is no longer
        kept is answered with `wait`: the display begins anew.
        """
        if self._epoch != self._sender.epoch:
            self._epoch, self._kept = self._sender.epoch, {}
        seq = self._sender.seq if request.part == 0 else request.snapshot
        if request.part == 0 and seq not in self._kept:
            self._take(seq)
        snapshot = self._kept.get(seq)
        if snapshot is None or request.part >= len(snapshot.parts):
            return self.refuse("this part of the state is no longer kept; ask for part 0")
        kind, body = snapshot.parts[request.part]
        part = (request.part, len(snapshot.parts))
        return self._sender.answer(kind, body, self._now(), seq, part)

    def refuse(self, reason: str) -> Frames:
        """Return the frames that tell a display why it gets no state now."""
        return self._sender.frames(Wait(reason), self._now())

    def _take(self, seq: int) -> None:
        now = self._now()
        fresh = {s: kept for s, kept in self._kept.items() if now - kept.taken < KEPT_SECONDS}
        while len(fresh) >= KEPT_SNAPSHOTS:
            del fresh[min(fresh)]
        parts = [(kind_of(message), codec.encode(message)) for message in self._describe()]
        self._kept = {**fresh, seq: _Snapshot(parts, now)}


def describe(
    history: History, details: Details, facts: Facts, statuses: Iterable[Status]
) -> Iterator[Message]:
    """Yield the messages that rebuild this state in a display."""
    yield history.session()
    yield from _histories(history.records())
    yield from in_parts(Keyframe(_MOMENT, _MOMENT, _MOMENT, tuple(history.connections.values())))
    yield from _details(details)
    for start in range(0, len(facts.facts), ROWS_PER_PART):
        yield Facts(facts.facts[start : start + ROWS_PER_PART])
    yield from statuses


def _details(details: Details) -> Iterator[Message]:
    processes, counters = tuple(details.processes.values()), tuple(details.counters.values())
    for start in range(0, len(processes), PROCESSES_PER_PART):
        yield Processes(processes[start : start + PROCESSES_PER_PART])
    for start in range(0, len(counters), ROWS_PER_PART):
        yield Traffic(_MOMENT, counters[start : start + ROWS_PER_PART])


def _histories(records: Iterable[Record]) -> Iterator[Histories]:
    batch: list[Record] = []
    size = 0
    for record in records:
        batch.append(record)
        size += len(record.transitions) + _ROW_BYTES
        if size >= PART_BYTES:
            yield Histories(tuple(batch))
            batch, size = [], 0
    if batch:
        yield Histories(tuple(batch))
