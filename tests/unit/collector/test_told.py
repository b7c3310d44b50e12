from collections.abc import Iterable, Iterator
from typing import cast

from connmon_collector.sources.base import Source
from connmon_collector.told import Told
from connmon_shared.messages import PROCESSES_PER_PART, Connection, Process, Processes


class Known:
    """A source that knows processes."""

    def __init__(self, *processes: Process) -> None:
        self.known = {each.pid: each for each in processes}

    def processes(self, pids: Iterable[int]) -> Iterator[Process]:
        return (self.known[pid] for pid in sorted(pids) if pid in self.known)


def told_of(known: Known) -> Told:
    return Told(cast("Source", known))


def row(pid: int, *holders: int) -> Connection:
    return Connection(1, 6, 1, b"", 1, b"", 2, pid, holders=holders)


def pids(messages: Iterable[Processes]) -> list[int]:
    return [each.pid for message in messages for each in message.processes]


def test_each_process_is_told_once_with_all_that_hold_a_socket() -> None:
    told = told_of(Known(*(Process(pid, "x") for pid in range(1, 9))))
    assert pids(told.news([row(5), row(3, 3, 4), row(0)])) == [3, 4, 5]
    assert pids(told.news([row(5), row(6)])) == [6]


def test_what_is_new_about_one_is_told() -> None:
    known = Known(Process(5, "sh"))
    told = told_of(known)
    assert pids(told.news([row(5)])) == [5]
    known.known[5] = Process(5, "curl")
    assert pids(told.news([row(5)])) == [5]


def test_who_joins_is_told_of_everybody_that_the_keyframe_names() -> None:
    told = told_of(Known(*(Process(pid, "x") for pid in range(1, 9))))
    assert pids(told.news([row(5)])) == [5]
    rows = [row(5), row(2, 2, 7), row(0)]
    assert list(told.noting(rows)) == rows
    assert pids(told.noted()) == [2, 5, 7]
    assert pids(told.news([row(5), row(7), row(8)])) == [8]


def test_unknown_ones_are_left_out() -> None:
    assert pids(told_of(Known()).news([row(5)])) == []


def test_many_come_in_parts() -> None:
    many = [Process(pid, "x") for pid in range(1, PROCESSES_PER_PART + 2)]
    messages = list(told_of(Known(*many)).news([row(each.pid) for each in many]))
    assert [len(message.processes) for message in messages] == [PROCESSES_PER_PART, 1]
