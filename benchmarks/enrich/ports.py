"""Names of services, beside getservbyport, which reads /etc/services at each call."""

import random
import socket
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.table import Line, at_most, laid_out

from connmon_display.words.services import FILE, read_services, service_of
from connmon_shared.timelines.states import Protocol

_PORTS, _ROUNDS = 2_000, 5
_TIMES_FASTER, _READ_BAR = 20.0, 50.0  # beside the peer; ms, once in the life of a view


def run(_data: Path | None) -> None:
    """Measure, and print the table."""
    pick = random.Random(1)  # noqa: S311 - a load, no secret
    ports = [pick.randrange(1, 65_536) for _ in range(_PORTS)]
    service_of(Protocol.TCP, 1)  # the file is read once
    ours, theirs = [], []
    for _ in range(_ROUNDS):  # in turns: whatever else the machine does is shared
        ours.append(_seconds(lambda port: service_of(Protocol.TCP, port), ports))
        theirs.append(_seconds(_asked, ports))
    mine, peer = statistics.median(ours) / _PORTS, statistics.median(theirs) / _PORTS
    times = peer / mine
    beside = f"{peer * 1e6:.3g} µs: {times:.0f} times more"
    read = min(_seconds(read_services, [FILE]) for _ in range(_ROUNDS))
    lines = [
        Line(
            "name of a port",
            f"{_TIMES_FASTER:g} times less",
            f"{mine * 1e6:.2g} µs",
            times >= _TIMES_FASTER,
            beside,
        ),
        at_most(f"reading {FILE}", _READ_BAR, read * 1e3, "ms"),
    ]
    print(laid_out(lines))


def _seconds(ask: Callable[[Any], object], many: Sequence[Any]) -> float:
    began = time.perf_counter()
    for each in many:
        ask(each)
    return time.perf_counter() - began


def _asked(port: int) -> str:
    try:
        return socket.getservbyport(port, "tcp")
    except OSError:
        return ""
