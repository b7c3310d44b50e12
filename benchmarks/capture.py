"""What the collector sees, and what it costs, against bars and beside the usual tools.

Starts a real collector, makes connections of its own on the loopback interface, and compares
what was told with what was done. Needs root for the names of all processes:

    python -m benchmarks.capture [--source events] [--only NAME ...]

A connection on the loopback interface has two ends, and both must be told: "connections" are
what the load opens, "sockets" are the rows of the collector. It ends by itself, after about seven
minutes. What is compared takes turns where it can; trust the ratios.
"""

import argparse
import os
import socket
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import psutil
from benchmarks import load, sample
from benchmarks.load import Load, Outcome, Plan
from benchmarks.table import Line, at_most, laid_out, share
from benchmarks.truth import Delay, Ends, Told, Verdict, delay, expected, judge
from benchmarks.watched import Watched, decoded

SHORT, SHORT_RATE = 20_000, 5_000.0
FLAT_OUT = 60_000
IDLE_SECONDS = 30
HELD = 100_000  # sockets
CHURN = 300.0  # connections a second
STEADY_SECONDS = 66  # at least one resynchronisation falls into them
STEADY_BEFORE = 10  # seconds for the collector to come to rest
OUTSTANDING = 4.0  # times the usual cost of a second
PEER_ROUNDS = 5
SATURATED_ROUNDS, SATURATED_SECONDS = 5, 3.0
ENDLESS = 10_000_000  # connections: the time ends first
DELAYED, DELAYED_RATE = 2_000, 200.0
PEER_SECONDS = 1.0  # between two looks of the peer

IDLE_BAR, FLAT_OUT_BAR, STEADY_BAR = 0.3, 20.0, 5.0  # % of a core, µs, ms a second
RESIDENT_BAR, SLOWER_BAR, DELAY_BAR = 80.0, 8.0, 150.0  # MB, %, ms
PSUTIL_BAR, SS_BAR, SS_HELD = 12.0, 35.0, 50_000  # times less, at so many sockets

Scenario = Callable[[str], Iterator[Line]]


def main() -> None:
    """Run the scenarios asked for and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--source", default="events")
    parser.add_argument("--only", nargs="+", choices=SCENARIOS, default=list(SCENARIOS))
    options = parser.parse_args()
    if os.geteuid():
        print("not root: the processes of others have no names", file=sys.stderr)
    lines = []
    for name in options.only:
        print(f"{name} ...", file=sys.stderr, flush=True)
        for line in SCENARIOS[name](options.source):
            print("  ", *line.cells, file=sys.stderr, flush=True)
            lines.append(line)
    print(f"\n--source {options.source}, {os.cpu_count()} processors, Linux {os.uname().release}\n")
    print(laid_out(lines))


def idle(source: str) -> Iterator[Line]:
    """Nothing of ours happens."""
    with Watched(source) as watched:
        watched.settle()
        heard = len(told_by(watched).rows)
        costs = watched.each_second(IDLE_SECONDS)
        heard = len(told_by(watched).rows) - heard
    # Others may use this host: what stands out for a moment is theirs. Two seconds at a time, for
    # a host with few sockets is looked at every other second.
    used = statistics.median(map(sum, zip(costs[::2], costs[1::2], strict=False))) / 2
    beside = f"mean {statistics.mean(costs) / 10:.2f} %, {heard / IDLE_SECONDS:.0f} new sockets/s"
    yield at_most(f"idle host, {IDLE_SECONDS} s", IDLE_BAR, used / 10, "% of a core", beside)


def held(source: str) -> Iterator[Line]:
    """Many idle sockets, and some short connections every second."""
    for count in (SS_HELD, HELD):
        with sample.connections(count) as opened:
            peers = _peers(tool=count == SS_HELD)  # first: they would list what the churn leaves
            yield from _steady(source, opened, peers)


def _peers(*, tool: bool) -> dict[str, float]:
    """Return the CPU time, in ms, of one look of each usual tool."""
    methods: dict[str, sample.Method] = {"psutil": sample.bare_psutil}
    if tool:
        methods["ss -tunap"] = sample.run_tool
    costs: dict[str, list[float]] = {name: [] for name in methods}
    for _ in range(PEER_ROUNDS):
        for name, method in methods.items():
            costs[name].append(sample.cost_of(method).cpu)
    return {name: statistics.median(each) for name, each in costs.items()}


def _steady(source: str, opened: int, peers: dict[str, float]) -> Iterator[Line]:
    churn = Load(Plan(ENDLESS, CHURN, STEADY_BEFORE + STEADY_SECONDS + 10))
    try:
        with Watched(source) as watched:
            watched.each_second(STEADY_BEFORE)
            costs = watched.each_second(STEADY_SECONDS)
            resident = watched.resident()
    finally:
        churn.end()
    usual, dump = statistics.median(costs), resynchronisation(costs)
    what = f"{opened:,} idle sockets, {CHURN:g} connections a second"
    whole = f"all in: {statistics.mean(costs):.1f}"
    yield at_most(f"{what}: steady", STEADY_BAR, usual, "ms of CPU a second", whole)
    yield at_most(f"{opened:,} sockets: resident", RESIDENT_BAR, resident, "MB")
    for (name, cost), bar in zip(peers.items(), (PSUTIL_BAR, SS_BAR), strict=False):
        ratio = cost / dump if dump else 0.0
        yield Line(
            f"{opened:,} sockets: resynchronisation, against {name}",
            f"≥ {bar:g} × less",
            f"{dump:,.0f} ms" if dump else "none seen",
            ratio >= bar,
            f"{ratio:.1f} × ({cost:,.0f} ms)",
        )


def resynchronisation(costs: list[float]) -> float:
    """Return what one resynchronisation costs, from the costs of every second; 0: there is none.

    It is what stands out; one may fall into two seconds.
    """
    usual = statistics.median(costs)
    extra = [cost - usual if cost > OUTSTANDING * usual else 0.0 for cost in costs]
    times = sum(this > 0.0 and not before for before, this in pairwise([0.0, *extra]))
    return sum(extra) / times if times else 0.0


def short(source: str) -> Iterator[Line]:
    """Connections of a tenth of a millisecond, IPv4 and IPv6."""
    for name, family, network in (("IPv4", socket.AF_INET, 0), ("IPv6", socket.AF_INET6, 1)):
        plan = Plan(SHORT, SHORT_RATE, family=family, network=network)
        yield from _seen(source, name, plan, peer=family == socket.AF_INET)


def flat_out(source: str) -> Iterator[Line]:
    """As many connections as the machine can do."""
    yield from _seen(source, "flat out", Plan(FLAT_OUT, network=2), bar=FLAT_OUT_BAR)


def _seen(
    source: str, name: str, plan: Plan, *, bar: float = 0.0, peer: bool = False
) -> Iterator[Line]:
    """Let a load run; yield what the collector told of it, and what that cost."""
    with Watched(source) as watched:
        resting = statistics.median(watched.each_second(4)) / 1_000
        before, begin = watched.cpu(), time.monotonic()
        outcome = load.run(plan)
        watched.settle()
        used = watched.cpu() - before - resting * (time.monotonic() - begin)
    told = told_by(watched)
    verdict = judge(expected(outcome), told)
    what = f"{name}: {len(outcome.done):,} of {outcome.life * 1_000:.2f} ms"
    what += f" at {outcome.rate:,.0f}/s"
    beside = f"psutil at 1 Hz: {_psutil_sees(plan)}" if peer else ""
    yield _truth(f"{what}: ends, pid, name, bytes", verdict, beside)
    lost = f"{told.lost} and {told.unseen} stretches"
    yield Line(f"{name}: events lost", "0", lost, not (told.lost or told.unseen))
    each = used * 2 / max(1, verdict.ends) * 1e6  # of what was told: missing them costs nothing
    cost = f"{name}: CPU a connection"
    if bar:
        yield at_most(cost, bar, each, "µs")
    else:
        yield Line(cost, "", f"{each:.3g} µs", None)
    yield Line(f"{name}: told after connect()", "", _said(delay(outcome, told)), None)


def _truth(what: str, verdict: Verdict, beside: str) -> Line:
    each = (verdict.ends, verdict.pid, verdict.process, verdict.size)
    shares = " ".join(share(part, verdict.expected) for part in each)
    measured = f"{shares}, {verdict.wrong} wrong, {verdict.open} open"
    return Line(what, "100.00 %, 0 wrong", measured, verdict.complete, beside)


def told_by(watched: Watched) -> Told:
    """Return everything that a collector told."""
    told = Told()
    for arrival in watched.arrivals:
        told.take(decoded(arrival), arrival.time)
    return told


def _psutil_sees(plan: Plan) -> str:
    """Return how many of a load's ends with their pid psutil sees, once a second."""
    seen: dict[Ends, int] = {}
    under_way = Load(plan._replace(network=plan.network + 100))
    while under_way.running:
        begin = time.monotonic()
        for row in psutil.net_connections("tcp4"):
            if row.laddr and row.raddr and row.pid:
                local, remote = map(socket.inet_aton, (row.laddr.ip, row.raddr.ip))
                seen[local, row.laddr.port, remote, row.raddr.port] = row.pid
        time.sleep(max(0.0, begin + PEER_SECONDS - time.monotonic()))
    outcome = under_way.wait()
    wanted = list(expected(outcome))
    return share(sum(seen.get(each.ends) == each.pid for each in wanted), len(wanted))


def _said(waited: Delay | None) -> str:
    if waited is None:
        return "too few were told"
    return f"median {waited.median:.0f}, 99 % {waited.late:.0f}, worst {waited.worst:.0f} ms"


def saturated(source: str) -> Iterator[Line]:
    """How much slower a load becomes that does nothing but connect."""
    last = (os.cpu_count() or 1) - 1
    spared = tuple(range(max(1, last)))
    yield _slower(
        source, "one processor left free", Plan(ENDLESS, clients=len(spared), cpus=spared)
    )
    yield _slower(source, "none left free", Plan(ENDLESS, clients=last + 1))


def _slower(source: str, what: str, plan: Plan) -> Line:
    alone, watched = [], []
    for number in range(SATURATED_ROUNDS):
        timed = plan._replace(seconds=SATURATED_SECONDS, network=10 * number)
        alone.append(load.run(timed).rate)
        with Watched(source):
            watched.append(load.run(timed._replace(network=10 * number + 5)).rate)
    before, after = statistics.median(alone), statistics.median(watched)
    beside = f"{before:,.0f}/s alone, {after:,.0f}/s watched"
    slower = (1 - after / before) * 100
    return at_most(f"load slowed down, {what}", SLOWER_BAR, slower, "%", beside)


def delayed(source: str) -> Iterator[Line]:
    """How long after its connect() a connection is heard of."""
    with Watched(source) as watched:
        outcome: Outcome = load.run(Plan(DELAYED, DELAYED_RATE, network=60))
        watched.settle()
    waited = delay(outcome, told_by(watched))
    good = waited is not None and waited.worst <= DELAY_BAR
    what = f"connect() to message, {DELAYED_RATE:g} a second"
    yield Line(what, f"≤ {DELAY_BAR:g} ms", _said(waited), good)


#: Peers that read /proc/net/tcp suffer from what short connections leave behind: these come last.
SCENARIOS: dict[str, Scenario] = {
    "idle": idle,
    "held": held,
    "delayed": delayed,
    "short": short,
    "flat-out": flat_out,
    "saturated": saturated,
}


if __name__ == "__main__":
    main()
