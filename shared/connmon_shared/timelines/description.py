"""The messages that rebuild a state elsewhere: in a viewer that joins, or from a recording. Pure.

Each is small enough for a slow link, and they are made as they are asked for.
"""

from collections.abc import Iterable, Iterator

from connmon_shared.messages import (
    PROCESSES_PER_PART,
    ROWS_PER_PART,
    Fact,
    Facts,
    Histories,
    Keyframe,
    Message,
    Processes,
    Record,
    Traffic,
)
from connmon_shared.timelines.ages import Ages
from connmon_shared.timelines.details import Details
from connmon_shared.timelines.history import History
from connmon_shared.wire import in_parts

PART_BYTES = 150_000  # what one part of the histories may hold
_ROW_BYTES = 120  # of a record beside its transitions, about
_MOMENT = 0.0  # the messages of a state stand for no time of their own: its session does


def describe(history: History, details: Details, ages: Ages) -> Iterator[Message]:
    """Yield the messages that rebuild `history`, `details` and `ages`."""
    yield history.session()
    yield from _histories(history.records())
    yield from in_parts(Keyframe(_MOMENT, _MOMENT, _MOMENT, tuple(history.connections.values())))
    yield from ages.openings(history)
    processes, counters = tuple(details.processes.values()), tuple(details.counters.values())
    for start in range(0, len(processes), PROCESSES_PER_PART):
        yield Processes(processes[start : start + PROCESSES_PER_PART])
    for start in range(0, len(counters), ROWS_PER_PART):
        yield Traffic(_MOMENT, counters[start : start + ROWS_PER_PART])


def facts_in_parts(facts: Iterable[Fact]) -> Iterator[Facts]:
    """Yield `facts` in parts; none if there are none."""
    rows = tuple(facts)
    for start in range(0, len(rows), ROWS_PER_PART):
        yield Facts(rows[start : start + ROWS_PER_PART])


def _histories(records: Iterable[Record]) -> Iterator[Histories]:
    batch: list[Record] = []
    size = 0
    for record in records:
        added = len(record.transitions) + _ROW_BYTES
        if batch and size + added > PART_BYTES:
            yield Histories(tuple(batch))
            batch, size = [], 0
        batch.append(record)
        size += added
    if batch:
        yield Histories(tuple(batch))
