"""What stands in a ring: the kernel's records, decoded into events. Pure.

An event is a tuple that begins with (kind, size, pid, tid, time); time is in nanoseconds of
CLOCK_MONOTONIC. Tuples, because a busy host makes tens of thousands a second. What follows:

- TCP: flags, socket, old and new state, then ports, family and addresses as in `_TCP_FIELDS`
- UDP: source and destination address, source and destination port
- SENT: the socket; COMM: name, whether by executing; FORK, EXIT: the parent's pid; EXEC: path
"""

import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from connmon_collector.sources.events.tracepoints import DATA, Tracepoint, TracepointError

TIME = 4  # the place of the time in every event

Event = tuple[Any, ...]

# Types of records, linux/perf_event.h.
_LOST, _COMM, _EXIT, _FORK, _SAMPLE = 2, 3, 4, 7, 9
#: Kinds of events. The busiest is a sample as it was unpacked, so its kind is the record's type.
TCP = _SAMPLE
COMM, FORK, EXIT, EXEC, UDP, SENT = range(100, 106)
_MISC_EXEC = 1 << 13  # PERF_RECORD_MISC_COMM_EXEC
_HEADER = struct.Struct("=IHH")  # type, misc, size
_PAIR = struct.Struct("=II")
_TASK = struct.Struct("=IIIIQ")  # pid, parent's pid, tid, parent's tid, time
_U64 = struct.Struct("=Q")
_TYPE = struct.Struct("=H")  # the number of a tracepoint, first in its data
_BODY, _COMM_NAME, _LOST_COUNT = 8, 16, 16  # offsets in records
_TRAILER = 16  # pid, tid and time stand behind every record that is no sample
_TYPE_AND_SIZE = (0, 1, 2, 3, 6, 7)  # where they lie in a record
_LOW_HALF = 0xFFFF  # __data_loc: the offset of a text; its length is in the upper half
#: TRACE_FLAG_HARDIRQ | TRACE_FLAG_SOFTIRQ of common_flags: the process was only interrupted.
IN_INTERRUPT = 0x18
MAX_PID = 1 << 22  # PID_MAX_LIMIT (linux/threads.h); the kernel gives -1 for one that is gone

#: What a TCP event holds behind its time: whether it was in an interrupt, the kernel's address
#: of the socket (reused as soon as it is freed), states before and after, both ends.
_TCP_FIELDS = (
    ("common_flags", "B"),
    ("skaddr", "Q"),
    ("oldstate", "i"),
    ("newstate", "i"),
    ("sport", "H"),
    ("dport", "H"),
    ("family", "H"),
    ("saddr", "4s"),
    ("daddr", "4s"),
    ("saddr_v6", "16s"),
    ("daddr_v6", "16s"),
)


def _fib_fields(address: str) -> tuple[tuple[str, str], ...]:
    ends = (("src", address), ("dst", address), ("sport", "H"), ("dport", "H"))
    return (("common_flags", "B"), *ends)


class Lost(NamedTuple):
    """The ring was full: so many events are missing."""

    events: int


class Decoder:
    """Knows how this kernel's tracepoints lie in their samples.

    Args:
        tcp: sock:inet_sock_set_state.
        others: any of fib:fib_table_lookup, fib6:fib6_table_lookup, sock:sock_send_length and
            sched:sched_process_exec; whatever is missing makes no events.

    Raises:
        TracepointError: a tracepoint has a shape that we do not know.
    """

    def __init__(self, tcp: Tracepoint, *others: Tracepoint) -> None:
        self._tcp = tcp.layout(_TCP_FIELDS)
        self._tcp_number = tcp.number
        self._padded = self._tcp
        self._samples = {point.number: _MAKERS[point.name](point) for point in others}

    def decode_tcp(self, records: bytes) -> list[Event]:
        """Return the events of a ring that holds nothing but TCP's, `Lost` among them."""
        if not records:
            return []
        kind, _, size = _HEADER.unpack_from(records)
        if kind == _SAMPLE and _all_alike(records, size):
            return list(self._whole(size).iter_unpack(records))
        return list(self.decode(records))

    def decode_all(self, records: bytes) -> list[Event]:
        """Return the events of any ring, `Lost` among them."""
        return list(self.decode(records))

    def decode(self, records: bytes) -> Iterator[Event]:
        """Yield the events in `records` in the order of the ring, `Lost` among them."""
        at, end = 0, len(records)
        while at < end:
            kind, misc, size = _HEADER.unpack_from(records, at)
            if kind == _SAMPLE:
                number = _TYPE.unpack_from(records, at + DATA)[0]
                if number == self._tcp_number:
                    yield self._tcp.unpack_from(records, at)
                elif number in self._samples:
                    yield from self._samples[number](records, at)
            elif kind == _COMM:
                pid, tid = _PAIR.unpack_from(records, at + _BODY)
                time = _U64.unpack_from(records, at + size - _U64.size)[0]
                name = records[at + _COMM_NAME : at + size - _TRAILER].partition(b"\0")[0]
                yield COMM, size, pid, tid, time, name, bool(misc & _MISC_EXEC)
            elif kind in {_FORK, _EXIT}:
                pid, parent, tid, _, time = _TASK.unpack_from(records, at + _BODY)
                yield FORK if kind == _FORK else EXIT, size, pid, tid, time, parent
            elif kind == _LOST:
                yield Lost(_U64.unpack_from(records, at + _LOST_COUNT)[0])
            at += size

    def _whole(self, size: int) -> struct.Struct:
        """Return the layout of a TCP sample with all that the kernel pads it with."""
        if self._padded.size != size:
            self._padded = struct.Struct(f"{self._tcp.format}{size - self._tcp.size}x")
        return self._padded


def _all_alike(records: bytes, size: int) -> bool:
    """Return whether all records have the type and size of the first."""
    count, rest = divmod(len(records), size)
    return not rest and all(
        records[at::size] == records[at : at + 1] * count for at in _TYPE_AND_SIZE
    )


def known(point: Tracepoint) -> bool:
    """Return whether a tracepoint has the shape that we know."""
    try:
        _MAKERS[point.name](point)
    except TracepointError:
        return False
    return True


Sample = Callable[[bytes, int], Iterator[Event]]


def _route(point: Tracepoint, fields: Iterable[tuple[str, str]]) -> Sample:
    layout = point.layout(fields)

    def decode(records: bytes, at: int) -> Iterator[Event]:
        _, size, pid, tid, time, flags, *ends = layout.unpack_from(records, at)
        if not flags & IN_INTERRUPT:  # a packet that arrives is looked up in one, ours are not
            yield UDP, size, pid, tid, time, *ends

    return decode


def _sent(point: Tracepoint) -> Sample:
    layout = point.layout((("sk", "Q"),))

    def decode(records: bytes, at: int) -> Iterator[Event]:
        yield SENT, *layout.unpack_from(records, at)[1:]

    return decode


def _executed(point: Tracepoint) -> Sample:
    layout = point.layout((("filename", "I"),))

    def decode(records: bytes, at: int) -> Iterator[Event]:
        _, size, pid, tid, time, location = layout.unpack_from(records, at)
        start = at + DATA + (location & _LOW_HALF)
        yield EXEC, size, pid, tid, time, records[start : start + (location >> 16)].rstrip(b"\0")

    return decode


_MAKERS: dict[str, Callable[[Tracepoint], Sample]] = {
    "fib/fib_table_lookup": lambda point: _route(point, _fib_fields("4s")),
    "fib6/fib6_table_lookup": lambda point: _route(point, _fib_fields("16s")),
    "sock/sock_send_length": _sent,
    "sched/sched_process_exec": _executed,
}
