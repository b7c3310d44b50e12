"""Many viewers at once, and one of them that no longer reads."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import zmq
from benchmarks.enriched import Watching, cpu_of, enricher
from benchmarks.pretend import start
from benchmarks.table import Line, at_most

from connmon_shared import sockets, wire
from connmon_shared.stage.runtime import Runtime

_ROWS, _CHURN, _RATE = 10_000, 0.01, 10.0
_VIEWERS = 100
_SECONDS = 20.0
_STOPPED_SECONDS = 60.0
_MIB = 1 << 20


def crowd() -> Iterator[Line]:
    """Yield what a hundred viewers cost, and what they missed."""
    with enricher() as (runtime, process):
        host = start(runtime, _ROWS, _CHURN, _RATE)
        try:
            first = Watching(runtime)
            first.join(_ROWS)
            first.close()
            with zmq.Context() as context:
                many = [_listening(context, runtime) for _ in range(_VIEWERS)]
                numbers: dict[object, list[int]] = {sock: [] for sock in many}
                _hear(numbers, 2.0)  # all are connected by then
                for heard in numbers.values():
                    heard.clear()
                before, began = cpu_of(process), time.monotonic()
                _hear(numbers, _SECONDS)
                cost = (cpu_of(process) - before) / (time.monotonic() - began)
                for sock in many:
                    sock.close(linger=0)
        finally:
            host.kill()
            host.wait()
    missed = sum(heard[-1] - heard[0] + 1 - len(heard) for heard in numbers.values())
    yield at_most(f"{_VIEWERS} viewers: enricher", 10, 100 * cost, "% of a core")
    total = sum(map(len, numbers.values()))
    yield at_most(f"{_VIEWERS} viewers: messages missed of {total:,}", 0, missed, "")


def _listening(context: "zmq.Context[sockets.Socket]", runtime: Runtime) -> sockets.Socket:
    sock = sockets.subscriber(context, wire.EVERYTHING)
    sock.connect(runtime.view)
    return sock


def _hear(numbers: dict[object, list[int]], seconds: float) -> None:
    """Note the numbers of the deltas that come for `seconds`."""
    poller = zmq.Poller()
    for sock in numbers:
        poller.register(sock, zmq.POLLIN)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for sock, _ in poller.poll(50):
            for frames in sockets.drain(sock):
                header, _ = wire.split(frames)
                if header.kind == "delta":
                    numbers[sock].append(header.seq)


def stopped() -> Iterator[Line]:
    """Yield what a viewer that is stopped for a minute costs, and the others beside it."""
    with enricher() as (runtime, process):
        host = start(runtime, _ROWS, _CHURN, _RATE)
        answers = 0

        def tap(name: str, _: wire.Frames) -> None:
            nonlocal answers
            answers += name == "answer"

        other = Watching(runtime, tap)
        sleeper = _scrolling(runtime)
        try:
            other.join(_ROWS)
            _turn(other, 5.0)  # both have joined, and the enricher has its usual size
            usual = _growth(process, other)
            answers = 0
            sleeper.send_signal(signal.SIGSTOP)
            grown = _growth(process, other)
            again = answers
            sleeper.send_signal(signal.SIGCONT)
            _turn(other, 5.0)
        finally:
            for child in (sleeper, host):
                child.kill()
                child.wait()
            other.close()
    yield Line("enricher grows in 60 s, by what it keeps", "", f"{usual:.3g} MiB", None)
    yield at_most("… in the 60 s after, with one viewer stopped", 10, grown, "MiB")
    yield at_most("… and what the other one asked for again", 0, again, "messages")


def _growth(process: psutil.Process, viewer: Watching) -> float:
    """Return by how many MiB `process` grew at most in the time that a viewer will be stopped."""
    before = most = process.memory_info().rss
    end = time.monotonic() + _STOPPED_SECONDS
    while time.monotonic() < end:
        _turn(viewer, 1.0)
        most = max(most, process.memory_info().rss)
    return (most - before) / _MIB


def _turn(viewer: Watching, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        viewer.turn()


def _scrolling(runtime: Runtime) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-I", "-m", "connmon_display", str(runtime.directory), "--scroll"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
