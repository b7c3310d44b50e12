"""What one sample of all connections with their processes costs, against the usual tools.

Opens the connections itself, on the loopback interface in child processes, and ends by itself:

    python benchmarks/sample.py [COUNT...]

Every table line is the median of rounds in which all methods take turns, so that a busy moment
hits them alike. CPU time counts the tool's own process too. Trust the ratios.
"""

import contextlib
import os
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import psutil

from connmon_collector.sources.netlink_source import NetlinkSource
from connmon_collector.sources.polled import Tracker
from connmon_collector.sources.psutil_source import PsutilSource

COUNTS = (100, 1_000, 10_000)
HOLDERS = 10  # child processes that hold the connections
ROUNDS = 7
SPARE_DESCRIPTORS = 100  # of a child, besides its connections
TOOL = ("ss", "-tunapH")
REFERENCE = "netlink source, steady"

Method = Callable[[], object]


class Cost(NamedTuple):
    """What one call took, in milliseconds."""

    wall: float
    cpu: float


def main() -> None:
    """Measure at each count that was asked for."""
    counts = [int(text) for text in sys.argv[1:]] or list(COUNTS)
    if shutil.which(TOOL[0]) is None:
        print(f"{TOOL[0]} is not installed (Debian: iproute2): left out")
    for count in counts:
        with connections(count) as opened:
            print_table(opened, measure())


@contextlib.contextmanager
def connections(count: int) -> Iterator[int]:
    """Hold about `count` connected sockets open in child processes; yield how many."""
    pairs = max(1, count // 2 // HOLDERS)
    pids = []
    ready, tell = os.pipe()
    try:
        for _ in range(HOLDERS):
            pid = os.fork()
            if not pid:
                hold(pairs, tell)
            pids.append(pid)
        os.close(tell)
        for _ in pids:
            if not os.read(ready, 1):
                raise SystemExit("not enough descriptors for so many connections: see ulimit -n")
        yield pairs * 2 * HOLDERS
    finally:
        os.close(ready)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def hold(pairs: int, tell: int) -> None:
    """Open both ends of `pairs` connections, tell it, and stay until killed."""
    try:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = max(soft, 2 * pairs + SPARE_DESCRIPTORS)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
        listener = socket.create_server(("127.0.0.1", 0))
        kept = [listener]
        for _ in range(pairs):
            kept += [socket.create_connection(listener.getsockname()), listener.accept()[0]]
        os.write(tell, b"+")
        os.close(tell)
        while os.getppid() != 1:
            time.sleep(1)
    finally:
        os._exit(1)


def measure() -> dict[str, list[Cost]]:
    """Return the costs of every method, taken in turns."""
    steady = NetlinkSource()
    tracker, other = Tracker(), Tracker()
    portable = PsutilSource()
    methods: dict[str, Method] = {
        "netlink source, first": first_sample,
        REFERENCE: lambda: tracker.step(steady.sample()),
        "psutil source": lambda: other.step(portable.sample()),
        "psutil.net_connections + names": bare_psutil,
    }
    if shutil.which(TOOL[0]):
        methods[" ".join(TOOL)] = run_tool
    tracker.step(steady.sample())
    costs: dict[str, list[Cost]] = {name: [] for name in methods}
    for _ in range(ROUNDS):
        for name, method in methods.items():
            costs[name].append(cost_of(method))
    steady.close()
    return costs


def first_sample() -> None:
    """Take a sample that knows nothing from before."""
    source = NetlinkSource()
    Tracker().step(source.sample())
    source.close()


def bare_psutil() -> list[tuple[object, str]]:
    """Do what a script would: ask for all, then name each process."""
    rows = psutil.net_connections("inet")
    names = {pid: name_of(pid) for pid in {row.pid for row in rows} if pid}
    return [(row, names.get(row.pid or 0, "")) for row in rows]


def name_of(pid: int) -> str:
    """Return a process's name; none when it has ended meanwhile."""
    try:
        return psutil.Process(pid).name()
    except psutil.NoSuchProcess:
        return ""


def run_tool() -> None:
    """Run ss and throw away what it prints."""
    subprocess.run(TOOL, stdout=subprocess.DEVNULL, check=True)


def cost_of(method: Method) -> Cost:
    """Return what one call of `method` costs, child processes included."""
    before, begin = processor_time(), time.perf_counter()
    method()
    wall = time.perf_counter() - begin
    return Cost(wall * 1_000, (processor_time() - before) * 1_000)


def processor_time() -> float:
    """Return the seconds of processor time that we and our ended children used."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def print_table(opened: int, costs: dict[str, list[Cost]]) -> None:
    """Print the medians and how they compare with the reference."""
    medians = {
        name: Cost(*map(statistics.median, zip(*all_, strict=True))) for name, all_ in costs.items()
    }
    reference = medians[REFERENCE]
    print(f"\n{opened:,} connections in {HOLDERS} processes, median of {ROUNDS} rounds")
    print(f"{'':32}{'wall ms':>10}{'CPU ms':>10}{'wall':>9}{'CPU':>9}")
    for name, cost in medians.items():
        wall, cpu = cost.wall / reference.wall, cost.cpu / reference.cpu if reference.cpu else 0
        print(f"{name:32}{cost.wall:10.1f}{cost.cpu:10.1f}{wall:8.1f}×{cpu:8.1f}×")


if __name__ == "__main__":
    main()
