"""Sessions to export."""

from dataclasses import replace

from connmon_display.export.material import Material
from connmon_display.export.row import Watched
from connmon_display.filters.rows import RowFilter
from connmon_display.options import Options
from connmon_shared.endpoints import parse
from connmon_shared.messages import Connection, Counters, Delta, Fact, Keyframe, Traffic
from connmon_shared.timelines.ages import Ages
from connmon_shared.timelines.details import Details
from connmon_shared.timelines.history import History
from connmon_shared.timelines.states import Protocol, State

START = 1_790_000_000.0  # 2026-09-21 14:13:20 UTC


def row(number: int, remote: str) -> Connection:
    ends = parse("10.0.0.2"), 40_000, parse(remote), 443
    return Connection(number, Protocol.TCP, State.ESTABLISHED, *ends, 42, "curl")


def ten_seconds(*, gap: bool = False) -> History:
    """Return 10 s: one address all the time, one from 4 s to 7 s, one for an instant at 9 s."""
    seen = History()
    seen.keyframe(Keyframe(START, START, START + 1, (row(1, "8.8.8.8"),)))
    events = {
        4: ((row(2, "1.1.1.1"),), ()),
        7: ((), (2,)),
        9: ((row(3, "2606:4700::1111"),), (3,)),
    }
    for second in range(1, 10):
        if gap and second in {5, 6}:
            continue
        changed, gone = events.get(second, ((), ()))
        at = START + second
        seen.delta(Delta(at, at, at + 1, changed, gone))
    return seen


def material(
    history: History,
    unit: int = 10,
    features: tuple[str, ...] = (),
    row_filter: RowFilter | None = None,
    details: Details | None = None,
) -> Material:
    facts = {parse("8.8.8.8"): Fact(parse("8.8.8.8"), "US", 15_169, "Google LLC")}
    hosts = (Watched("web1", history, history.origin or 0, details or Details(), Ages()),)
    row_filter = row_filter or RowFilter(Options(unit, 80))
    return Material(hosts, facts, row_filter, unit, frozenset(features))


def two_hosts() -> Material:
    """Return two hosts; the clock of the second is 3 s ahead, and it was watched 2 s less."""
    other = History()
    at = START + 5
    other.keyframe(Keyframe(at, at, at + 1, (row(1, "8.8.8.8"),)))
    other.delta(Delta(at + 1, at + 1, at + 8, (), ()))
    first = ten_seconds()
    hosts = (
        Watched("web1", first, first.origin or 0, Details(), Ages()),
        Watched("web2", other, (other.origin or 0) - 30, Details(), Ages()),
    )
    return replace(material(first), hosts=hosts)


def leaking() -> Material:
    """Return 310 s: two leaks of one address for 300 s, a half-open connection all the time."""
    seen, ages, details = History(), Ages(), Details()
    rows = row(1, "1.1.1.1"), row(2, "1.1.1.1"), row(3, "8.8.8.8")._replace(state=State.SYN_SENT)
    seen.keyframe(Keyframe(START, START, START + 1, rows))
    ages.renew({}, seen.connections, START, first=True)
    at = START + 10
    leaks = tuple(each._replace(state=State.CLOSE_WAIT) for each in rows[:2])
    change = Delta(at, START + 1, START + 310, leaks, ())
    ages.follow(change, seen.delta(change))
    details.count(Traffic(at, (Counters(1, 1_000, 70_000), Counters(2, 200, 0))), seen.connections)
    made = material(seen, details=details)
    (host,) = made.hosts
    return replace(made, hosts=(replace(host, ages=ages),))
