"""A filter list of a million entries: load, memory and look-up, beside its peers in one run.

pytricia and netaddr are measured if they are installed; the list of the standard library's
networks, searched by bisection, always is. netaddr takes so long that it gets a tenth.
"""

import contextlib
import gc
import importlib
import ipaddress
import multiprocessing
import random
import sys
import tempfile
import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from connmon_display.filters.address_list import read_list
from connmon_display.filters.list_file import ListFile, Role
from connmon_display.filters.lists import Lists
from connmon_display.filters.renewal import Renewal
from connmon_shared.stage.loop import Loop

ENTRIES = 1_000_000
PROBES = 200_000
ROUNDS = 12  # of the look-ups; the best counts
_WIDTHS = (9, 8, 8, 8, 9, 6)  # of the columns
_PAGE_BYTES = 4_096
_LoadedList = Callable[[bytes], object]


class Peer(NamedTuple):
    """How somebody holds a list."""

    module: str  # that it needs; empty: none
    entries: int
    load: Callable[[Path], _LoadedList]


class Figures(NamedTuple):
    """What was measured of one of them."""

    load: float  # seconds of CPU
    memory: float  # MB that stay
    peak: float  # MB at most, while it loads
    look_up: float  # µs, of an address in network bytes
    found: int  # of the probes


def run(_data: Path | None) -> None:
    """Print the table, and how long a view stands still while it reads such a list."""
    with tempfile.TemporaryDirectory() as folder:
        path, part = Path(folder) / "list", Path(folder) / "tenth"
        lines = [*entries(random.Random(1))]  # noqa: S311 - not a secret
        path.write_text("\n".join(lines), encoding="ascii")
        part.write_text("\n".join(lines[: ENTRIES // 10]), encoding="ascii")
        asked = probes(lines, PROBES)
        heads = zip(("entries", "load", "memory", "peak", "look-up", "ratio"), _WIDTHS, strict=True)
        print(" " * 12, *(f"{head:>{width}}" for head, width in heads))
        ours = None
        for name, peer in PEERS.items():
            if peer.module and not _installed(peer.module):
                print(f"{name:12} not installed: {sys.executable} -m pip install {peer.module}")
                continue
            found = _measured(peer, path if peer.entries == ENTRIES else part, asked)
            ours = ours or found
            _print(name, peer, found, ours)
        pause = _longest_pause(path) * 1e3
        print(f"\na view stands still for {pause:.0f} ms at most while it reads it")


def _print(name: str, peer: Peer, found: Figures, ours: Figures) -> None:
    load, memory, peak, look_up, hits = found
    print(
        f"{name:12} {peer.entries:>9,} {load:>6.1f} s {memory:>5.0f} MB {peak:>5.0f} MB"
        f" {look_up:>6.2f} µs {look_up / ours.look_up:>5.1f}×  {hits:,} found"
    )


def entries(chance: random.Random) -> Iterator[str]:
    """Yield what a long block list holds: mostly single IPv4 addresses, in no order."""
    for number in range(ENTRIES):
        kind = number % 8
        if kind == 0:
            yield f"{ipaddress.IPv6Address(_public6(chance))}/{chance.randrange(48, 129)}"
        elif kind == 1:
            yield f"{ipaddress.IPv4Address(chance.getrandbits(32))}/{chance.randrange(20, 33)}"
        else:
            comment = "  # seen twice" if kind == 2 else ""
            yield f"{ipaddress.IPv4Address(chance.getrandbits(32))}{comment}"


def _public6(chance: random.Random) -> int:
    return 1 << 125 | chance.getrandbits(125)


def probes(lines: Sequence[str], count: int) -> list[bytes]:
    """Return addresses to look up, most of them IPv4; every fourth one is listed in `lines`."""
    chance = random.Random(2)  # noqa: S311 - not a secret
    listed = [line.partition("/")[0].partition(" ")[0] for line in chance.choices(lines, k=count)]
    return [
        ipaddress.ip_address(listed[n]).packed
        if n % 4 == 0
        else chance.randbytes(4)
        if n % 8 > 1
        else _public6(chance).to_bytes(16)
        for n in range(count)
    ]


def _measured(peer: Peer, path: Path, asked: list[bytes]) -> Figures:
    """Measure in a process of its own: nobody finds the memory of another."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(
        target=_measure, args=(peer, path, asked, theirs)
    )
    process.start()
    theirs.close()
    found = ours.recv()
    process.join()
    assert isinstance(found, Figures)
    return found


def _measure(peer: Peer, path: Path, asked: list[bytes], out: Connection) -> None:
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # VmHWM anew, proc(5)
    before, begun = _memory(), time.process_time()
    listed = peer.load(path)
    load = time.process_time() - begun
    gc.collect()
    memory, peak = _memory() - before, _peak() - before
    best = min(_looked_up(listed, asked) for _ in range(ROUNDS))
    found = sum(1 for address in asked if listed(address))
    out.send(Figures(load, memory, peak, best / len(asked) * 1e6, found))


def _looked_up(listed: _LoadedList, asked: Iterable[bytes]) -> float:
    begun = time.perf_counter()
    for address in asked:
        listed(address)
    return time.perf_counter() - begun


def _memory() -> float:
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * _PAGE_BYTES / 1e6


def _peak() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1_024 / 1e6


def _longest_pause(path: Path) -> float:
    """Return how long the thread of a view had to wait at most while a list was read again."""
    small = path.with_name("again")
    small.write_text("192.0.2.1\n", encoding="ascii")
    lists, loop = Lists([ListFile(small, Role.HIDDEN)]), Loop(stops=())
    renewal = Renewal(lists, loop)
    path.replace(small)
    renewal.begin()
    longest, last = 0.0, time.monotonic()
    while not renewal.finish():
        loop.wait(0.001)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    loop.close()
    return longest


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="ascii") as lines:
        for line in lines:
            yield line.partition("#")[0].strip()


def _connmon(path: Path) -> _LoadedList:
    return read_list(path).lists


def _pytricia(path: Path) -> _LoadedList:
    module = importlib.import_module("pytricia")
    tries = {4: module.PyTricia(32), 16: module.PyTricia(128)}
    for line in _lines(path):
        tries[16 if ":" in line else 4].insert(line, True)
    return lambda address: address in tries[len(address)]


def _netaddr(path: Path) -> _LoadedList:
    module = importlib.import_module("netaddr")
    listed = module.IPSet(_lines(path))
    versions = {4: 4, 16: 6}
    return lambda raw: module.IPAddress(int.from_bytes(raw), versions[len(raw)]) in listed


def _ipaddress(path: Path) -> _LoadedList:
    networks = [ipaddress.ip_network(line, strict=False) for line in _lines(path)]
    lasts: dict[int, list[int]] = {}
    firsts: dict[int, list[int]] = {}
    for version, size in ((4, 4), (6, 16)):
        same = [network for network in networks if network.version == version]
        merged = [*ipaddress.collapse_addresses(same)]  # type: ignore[type-var] # of one version
        firsts[size] = [int(network.network_address) for network in merged]
        lasts[size] = [int(network.broadcast_address) for network in merged]

    def find(address: bytes) -> bool:
        number, size = int(ipaddress.ip_address(address)), len(address)
        at = bisect_right(firsts[size], number) - 1
        return at >= 0 and number <= lasts[size][at]

    return find


def _installed(module: str) -> bool:
    with contextlib.suppress(ImportError):
        importlib.import_module(module)
        return True
    return False


PEERS = {
    "connmon": Peer("", ENTRIES, _connmon),
    "pytricia": Peer("pytricia", ENTRIES, _pytricia),
    "ipaddress": Peer("", ENTRIES, _ipaddress),
    "netaddr": Peer("netaddr", ENTRIES // 10, _netaddr),
}
