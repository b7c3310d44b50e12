"""Rings of the kernel's perf events: opened with privilege, read without (perf_event_open(2)).

One ring for each CPU and group of tracepoints. A dummy event owns the ring and carries news of
processes (COMM, FORK, EXIT), tracepoints are redirected into it. Nothing is left behind: all of
it vanishes with the descriptors.
"""

import errno
import fcntl
import mmap
import os
import select
import struct
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from connmon_collector import syscalls

# struct perf_event_attr of 112 bytes (PERF_ATTR_SIZE_VER5), linux/perf_event.h: type, size,
# config, period, sample_type, read_format, flags, wakeup, bp_type, two configs, three masks,
# clockid, regs_intr, aux_watermark, max_stack, reserved.
_ATTRIBUTES = struct.Struct("=IIQQQQQIIQQQQIiQIHH")
_TYPE_SOFTWARE, _TYPE_TRACEPOINT = 1, 2
_COUNT_DUMMY = 9
_SAMPLE_TID, _SAMPLE_TIME, _SAMPLE_RAW = 1 << 1, 1 << 2, 1 << 10
_SAMPLED = _SAMPLE_TID | _SAMPLE_TIME
_DISABLED, _COMM, _TASK, _WATERMARK = 1 << 0, 1 << 9, 1 << 13, 1 << 14
_ID_ALL, _COMM_EXEC, _USE_CLOCK = 1 << 18, 1 << 24, 1 << 25
_EVERY = _DISABLED | _ID_ALL | _USE_CLOCK
_CLOEXEC = 8  # PERF_FLAG_FD_CLOEXEC
_NEVER = 1 << 31
_ENABLE, _DISABLE, _REFRESH = 0x2400, 0x2401, 0x2402
_PERIOD, _SET_OUTPUT, _SET_FILTER = 0x4008_2404, 0x2405, 0x4008_2406
_EVERY_ONE = struct.pack("=Q", 1)  # a period
# struct perf_event_mmap_page: where the kernel writes next, and how far we have read.
_HEAD, _TAIL = 1024 // 8, 1032 // 8
_ONLINE = Path("/sys/devices/system/cpu/online")
SMALLEST = 64 << 10  # bytes of a ring, when memory is tight
_LARGEST_RECORD = 5 << 10  # bytes: a path has at most 4,096


def now() -> int:
    """Return the time that records are stamped with, nanoseconds.

    It is CLOCK_MONOTONIC of the host: what we read ourselves may be moved by a time namespace.
    """
    return time.monotonic_ns() - _offset()


@cache
def _offset(path: Path = Path("/proc/self/timens_offsets")) -> int:
    try:
        lines = path.read_text("ascii").splitlines()
    except OSError:
        return 0  # an older kernel: there is nothing that could move clocks
    offsets = {clock: (int(whole), int(rest)) for clock, whole, rest in map(str.split, lines)}
    seconds, nanoseconds = offsets.get("monotonic", (0, 0))
    return seconds * 1_000_000_000 + nanoseconds


class Source(NamedTuple):
    """A tracepoint to listen to."""

    number: int
    filter: str = ""  # evaluated by the kernel; empty: everything


class Ring:
    """One CPU's ring of records.

    Args:
        cpu: its number.
        size: bytes, a power of two; halved for as long as the kernel refuses to lock so many.
        sources: the tracepoints that write into it.
        processes: whether COMM, FORK and EXIT records are written into it, too.

    Attributes:
        full: whether the last reading found it so: then something may be missing. The kernel says
            how much, but not before it has another record for this ring.

    Raises:
        OSError: the kernel refuses.
    """

    def __init__(
        self, cpu: int, size: int, sources: Sequence[Source], *, processes: bool = False
    ) -> None:
        self.full = False
        self._read = 0
        self._events: list[int] = []
        told = _COMM | _TASK | _COMM_EXEC if processes else 0
        owner = _open(_TYPE_SOFTWARE, _COUNT_DUMMY, _SAMPLED, told | _WATERMARK, cpu)
        self._descriptors = [owner]
        try:
            self._map, self.size = _map(owner, size)
            for source in sources:
                sampled = _SAMPLED | _SAMPLE_RAW
                event = _open(_TYPE_TRACEPOINT, source.number, sampled, _WATERMARK, cpu)
                self._descriptors.append(event)
                self._events.append(event)
                fcntl.ioctl(event, _SET_OUTPUT, owner)
                _restrict(event, source)
        except OSError:
            self._close_descriptors()
            raise
        self._places = memoryview(self._map)[: mmap.PAGESIZE].cast("Q")
        self._data = memoryview(self._map)[mmap.PAGESIZE :]

    def enable(self) -> None:
        """Begin to listen."""
        for descriptor in self._descriptors:
            fcntl.ioctl(descriptor, _ENABLE, 0)

    def switch(self, index: int, *, on: bool) -> None:
        """Let the tracepoint number `index` of this ring speak, or be silent."""
        fcntl.ioctl(self._events[index], _ENABLE if on else _DISABLE, 0)

    def read(self) -> bytes:
        """Return all whole records that have come, and make room for others."""
        head = self._places[_HEAD]
        length = head - self._read
        self.full = length > self.size - _LARGEST_RECORD
        if not length:
            return b""
        start = self._read & (self.size - 1)
        if start + length <= self.size:
            records = bytes(self._data[start : start + length])
        else:
            first = self.size - start
            records = bytes(self._data[start:]) + bytes(self._data[: length - first])
        self._read = self._places[_TAIL] = head
        return records

    def close(self) -> None:
        """Stop listening and give the memory back."""
        self._places.release()
        self._data.release()
        self._map.close()
        self._close_descriptors()

    def _close_descriptors(self) -> None:
        for descriptor in self._descriptors:
            os.close(descriptor)


class Bell:
    """Makes a descriptor readable the next time that a tracepoint fires on a CPU, and only then.

    Args:
        cpu: its number.
        source: the tracepoint.

    Raises:
        OSError: the kernel refuses.
    """

    def __init__(self, cpu: int, source: Source) -> None:
        self._event = _open(_TYPE_TRACEPOINT, source.number, 0, 0, cpu)
        try:
            # Without a ring it would wake nobody. One that is only read is never full.
            self._map = mmap.mmap(self._event, 2 * mmap.PAGESIZE, prot=mmap.PROT_READ)
            _restrict(self._event, source)
        except OSError:
            os.close(self._event)
            raise
        self._places = memoryview(self._map)[: mmap.PAGESIZE].cast("Q")
        self._head = -1  # of the ring as it was set last
        self._poller = select.poll()
        self._poller.register(self._event, select.POLLIN)

    @property
    def rung(self) -> bool:
        """Whether it has rung since it was set, or never was set."""
        return self._places[_HEAD] != self._head

    def fileno(self) -> int:
        """Return what becomes readable, once, when it rings."""
        return self._event

    def set(self) -> None:
        """Let it ring once, if it does not wait for that. Until then it costs the CPU nothing."""
        if self.rung:
            # It stays readable until somebody looks, and nobody does at the second CPU that rang.
            self._poller.poll(0)
            self._head = self._places[_HEAD]
            fcntl.ioctl(self._event, _REFRESH, 1)
            # Linux 6.18 leaves an event stopped that has used its last refresh up; this starts it.
            fcntl.ioctl(self._event, _PERIOD, _EVERY_ONE)

    def close(self) -> None:
        """Be silent for ever."""
        self._places.release()
        self._map.close()
        os.close(self._event)


def online_cpus(path: Path = _ONLINE) -> list[int]:
    """Return the numbers of the CPUs that run, from a list such as `0-3,6`."""
    cpus: list[int] = []
    for part in path.read_text("ascii").strip().split(","):
        first, _, last = part.partition("-")
        cpus += range(int(first), int(last or first) + 1)
    return cpus


def _open(kind: int, config: int, sampled: int, flags: int, cpu: int) -> int:
    # A ring is read on a timer and wakes nobody: its watermark, in bytes, is never reached. A bell
    # has none, and rings at the first event.
    wakeup = _NEVER if flags & _WATERMARK else 1
    fields = (kind, _ATTRIBUTES.size, config, 1, sampled, 0, flags | _EVERY)
    rest = (wakeup, 0, 0, 0, 0, 0, 0, time.CLOCK_MONOTONIC, 0, 0, 0, 0)
    return syscalls.perf_event_open(_ATTRIBUTES.pack(*fields, *rest), -1, cpu, -1, _CLOEXEC)


def _restrict(event: int, source: Source) -> None:
    if source.filter:
        fcntl.ioctl(event, _SET_FILTER, source.filter.encode() + b"\0")


def _map(owner: int, size: int) -> tuple[mmap.mmap, int]:
    while True:
        try:
            return mmap.mmap(owner, size + mmap.PAGESIZE), size
        except PermissionError as error:
            if error.errno != errno.EPERM or size <= SMALLEST:
                raise
            size //= 2
