"""Peers that mean harm: what the enricher survives, what it costs, and what others notice of it.

`make bench-hostile` runs all of it beside a collector and a viewer that do nothing wrong.
"""

import multiprocessing
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import psutil
from benchmarks.enriched import Watching, enricher
from benchmarks.pretend import start
from benchmarks.table import Line, at_most, laid_out
from benchmarks.zmtp import COMMAND, MORE, Peer, frame, greeting

from connmon_shared import wire
from connmon_shared.messages import StateRequest
from connmon_shared.stage.runtime import Runtime

_ROWS, _CHURN, _RATE = 1_000, 0.01, 10.0
_FUZZED = 100_000  # frames
_SUBSCRIPTIONS = 200_000
_GIGABYTE = 1 << 30
_SENT_OF_IT = 64 << 20  # bytes
_SILENT = 5_000  # connections
_SILENT_SECONDS = 8.0  # longer than a handshake may take
_BATCH = 500
_MIB = 1 << 20
_BAR_MIB = 64
_BAR_LATE_MS = 1_000

_OWN_PROCESS = multiprocessing.get_context("spawn")

Attack = Callable[[Runtime], None]


def fuzzed(runtime: Runtime) -> None:
    """Send frames that are damaged, to the feed and to the state."""
    chance = random.Random(1)  # noqa: S311 - the same damage every time
    sender = wire.Sender("evil", wire.new_epoch())
    for endpoint, kind in ((runtime.feed, b"PUB"), (runtime.state, b"DEALER")):
        with Peer(endpoint) as peer:
            peer.shake(kind)
            for _ in range(_FUZZED // 2 // _BATCH):
                peer.send(b"".join(_damaged(chance, sender) for _ in range(_BATCH)))


def _damaged(chance: random.Random, sender: wire.Sender) -> bytes:
    frames = sender.frames(StateRequest(), time.time())
    number = chance.randrange(len(frames))
    data = bytearray(frames[number])
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        data[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
    frames[number] = bytes(data)
    return b"".join(frame(body, MORE * (i + 1 < len(frames))) for i, body in enumerate(frames))


def subscribed(runtime: Runtime) -> None:
    """Subscribe to very many topics."""
    chance = random.Random(2)  # noqa: S311 - likewise
    with Peer(runtime.view) as peer:
        peer.shake(b"SUB")
        for _ in range(_SUBSCRIPTIONS // _BATCH):
            topics = (frame(b"\x01" + chance.randbytes(16)) for _ in range(_BATCH))
            peer.send(b"".join(topics))


def huge(runtime: Runtime) -> None:
    """Announce a frame of a gigabyte, and send some of it, before and after a handshake."""
    for endpoint, kind in (
        (runtime.feed, b"PUB"),
        (runtime.view, b"SUB"),
        (runtime.state, b"DEALER"),
    ):
        with Peer(endpoint) as peer:
            peer.shake(kind)
            peer.send(frame(b"", claimed=_GIGABYTE) + bytes(_SENT_OF_IT))
        with Peer(endpoint) as peer:
            peer.send(greeting() + frame(b"", COMMAND, claimed=_GIGABYTE) + bytes(_SENT_OF_IT))


def silent(runtime: Runtime) -> None:
    """Connect very often and say nothing."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with ExitStack() as stack:
        for _ in range(_SILENT):
            try:
                stack.enter_context(Peer(runtime.view))
            except OSError:  # the queue of those that wait is full
                time.sleep(0.01)
        time.sleep(_SILENT_SECONDS)


_ATTACKS: tuple[tuple[str, Attack], ...] = (
    (f"{_FUZZED:,} fuzzed messages", fuzzed),
    (f"{_SUBSCRIPTIONS:,} subscriptions of one peer", subscribed),
    ("frames of 1 GB announced", huge),
    (f"{_SILENT:,} silent connections", silent),
)


def measure() -> Iterator[Line]:
    """Yield what each attack cost, and what a viewer noticed."""
    with enricher() as (runtime, process):
        host = start(runtime, _ROWS, _CHURN, _RATE)
        delays: list[float] = []

        def tap(name: str, frames: wire.Frames) -> None:
            header, _ = wire.split(frames)
            if name == "stream" and header.kind == "delta":
                delays.append(time.time() - header.time)

        viewer = Watching(runtime, tap)
        try:
            viewer.join(_ROWS)
            for name, attack in _ATTACKS:
                before = process.memory_info().rss
                grown = 0
                delays.clear()
                attacker = _OWN_PROCESS.Process(target=attack, args=(runtime,))
                attacker.start()
                while attacker.is_alive():
                    viewer.turn()
                    grown = max(grown, _resident(process) - before)
                yield at_most(f"{name}: enricher grows by", _BAR_MIB, grown / _MIB, "MiB")
                worst = max(delays, default=0.0) * 1_000
                yield at_most("… a viewer's worst delay", _BAR_LATE_MS, worst, "ms")
            alive = process.is_running() and process.status() != psutil.STATUS_ZOMBIE
            yield Line("the enricher after all that", "alive", "alive" if alive else "dead", alive)
        finally:
            host.kill()
            host.wait()
            viewer.close()


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _main() -> None:
    lines = []
    for line in measure():
        print(*line.cells, sep="  ", file=sys.stderr, flush=True)
        lines.append(line)
    print(laid_out(lines))


if __name__ == "__main__":
    _main()
