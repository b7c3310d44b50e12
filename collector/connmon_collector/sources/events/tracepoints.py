"""The kernel's tracepoints: their numbers, and where their fields lie.

Both differ from kernel to kernel, so they are read from tracefs and never assumed. A perf
sample of a tracepoint is laid out like this (perf_event_open(2), PERF_RECORD_SAMPLE with TID,
TIME and RAW); offsets in the format files count from `data`:

```
u32 type, u16 misc, u16 size, u32 pid, u32 tid, u64 time, u32 length, u8 data[length]
```
"""

import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

MOUNTS = (Path("/sys/kernel/tracing"), Path("/sys/kernel/debug/tracing"))
SAMPLE = "=I2xHIIQ"  # type, size, pid, tid, time; what every layout begins with
DATA = 28  # where the tracepoint's own bytes begin in a sample
_HEAD = 24  # what SAMPLE covers
_FIELD = re.compile(r"field:(?P<what>[^;]+);\s*offset:(?P<offset>\d+);\s*size:(?P<size>\d+);")
_NAME = re.compile(r"(\w+)(?:\[\w*\])?$")


class TracepointError(OSError):
    """A tracepoint cannot be used here; the text says why."""


@dataclass(frozen=True, slots=True)
class Tracepoint:
    """One tracepoint of this kernel.

    Attributes:
        name: `subsystem/event`.
        number: what perf knows it by.
        fields: (offset, size) in bytes of each field.
    """

    name: str
    number: int
    fields: dict[str, tuple[int, int]]

    def layout(self, wanted: Iterable[tuple[str, str]]) -> struct.Struct:
        """Return how a sample with these (field, struct code) pairs is unpacked.

        The result begins with what SAMPLE names. Fields must come in the kernel's order.

        Raises:
            TracepointError: this kernel's tracepoint has another shape.
        """
        code, at = SAMPLE, _HEAD
        for name, kind in wanted:
            offset, size = self.fields.get(name, (-1, -1))
            gap = DATA + offset - at
            if gap < 0 or size != struct.calcsize("=" + kind):
                raise TracepointError(f"{self.name} has no field {name} as we know it")
            code += f"{gap}x{kind}"
            at = DATA + offset + size
        return struct.Struct(code)


def find(name: str, mounts: Iterable[Path] = MOUNTS) -> Tracepoint:
    """Return the tracepoint `name` (subsystem/event).

    Raises:
        TracepointError: tracefs is not mounted or not readable, or has no such tracepoint.
    """
    for mount in mounts:
        try:
            text = (mount / "events" / name / "format").read_text("ascii", "replace")
        except FileNotFoundError:
            continue
        except OSError as error:
            raise TracepointError(f"{mount} cannot be read ({error.strerror})") from error
        return parse(name, text)
    if not any((mount / "events").is_dir() for mount in mounts):
        raise TracepointError("tracefs is not mounted; mount -t tracefs none /sys/kernel/tracing")
    raise TracepointError(f"this kernel has no tracepoint {name}")


def parse(name: str, text: str) -> Tracepoint:
    """Return the tracepoint that a format file describes.

    Raises:
        TracepointError: it has no number.
    """
    number = re.search(r"^ID:\s*(\d+)$", text, re.MULTILINE)
    if number is None:
        raise TracepointError(f"the format of {name} names no number")
    fields = {}
    for found in _FIELD.finditer(text):
        field = _NAME.search(found["what"].strip())
        if field is not None:
            fields[field[1]] = int(found["offset"]), int(found["size"])
    return Tracepoint(name, int(number[1]), fields)
