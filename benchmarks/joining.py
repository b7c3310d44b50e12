"""Viewers that join late: from their start until the whole history is on the screen."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator

from benchmarks.enriched import Watching, enricher
from benchmarks.pretend import PretendHost
from benchmarks.table import Line, at_most

from connmon_shared.stage.runtime import Runtime

_ADDRESSES = 10_000
_SECONDS = 3_600
_CHANGES = 60  # connections opened, and closed, a second: each address every 3 minutes
_AT_ONCE = 12
_SIZE = (50, 200)  # lines and columns
_PATIENCE = 60.0  # seconds
_CHUNK = 1 << 16
_SHOWN = b"[ACTIVE"


def joins() -> Iterator[Line]:
    """Yield how long viewers take that join an hour of 10,000 addresses."""
    with enricher() as (runtime, process), PretendHost(runtime, _ADDRESSES) as host:
        began = time.time() - _SECONDS
        host.begin(_ADDRESSES, began)
        for second in range(1, _SECONDS):
            host.change(_CHANGES, began + second, 1.0)
            host.flush()
        first = Watching(runtime)
        first.join(_ADDRESSES)
        history = first.history
        changes = sum(len(track.timeline) for track in history.tracks.values())
        first.close()
        yield Line("joins: rows, transitions", "", f"{len(history.tracks):,}, {changes:,}", None)
        second_viewer = Watching(runtime)
        alone = second_viewer.join(_ADDRESSES)
        second_viewer.close()
        yield Line("one more viewer: state taken over", "", f"{alone:.2f} s", None)
        shown = min(_painted(runtime, 1)[0] for _ in range(3))
        yield at_most("one more viewer: on the screen since its start", 0.5, shown, "s")
        empty = min(_imported() for _ in range(3))
        yield Line("… of that Python and its modules alone", "", f"{empty:.2f} s", None)
        crowd = max(_painted(runtime, _AT_ONCE))
        yield at_most("12 viewers at once: all on the screen", 3, crowd, "s")
        resident = process.memory_info().rss / (1 << 20)
        yield Line("enricher resident after that", "", f"{resident:.0f} MiB", None)


def _painted(runtime: Runtime, count: int) -> list[float]:
    """Start `count` displays at once; return the seconds until each shows the rows."""
    began = time.monotonic()
    started = [_display(runtime) for _ in range(count)]
    waiting = {master: b"" for _, master in started}
    times: list[float] = []
    while waiting:
        assert time.monotonic() - began < _PATIENCE, "it shows nothing"
        ready, _, _ = select.select([*waiting], [], [], 0.1)
        for master in ready:
            waiting[master] += os.read(master, _CHUNK)
            if _SHOWN in waiting[master]:
                times.append(time.monotonic() - began)
                del waiting[master]
    for process, master in started:
        process.kill()
        process.wait()
        os.close(master)
    return times


def _display(runtime: Runtime) -> tuple["subprocess.Popen[bytes]", int]:
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *_SIZE, 0, 0))
    command = [sys.executable, "-I", "-m", "connmon_display", str(runtime.directory)]
    environment = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    process = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
    )
    os.close(slave)
    return process, master


def _imported() -> float:
    """Return the seconds that Python takes to load what a display consists of."""
    began = time.monotonic()
    modules = "connmon_display.following.client, connmon_display.refresh.app, connmon_display.cli"
    subprocess.run([sys.executable, "-I", "-c", f"import {modules}"], check=True)
    return time.monotonic() - began
