"""Which sockets of connections that are over are still there, in all network namespaces."""

import errno
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from connmon_collector.sources.events.lingering import Lingering
from connmon_collector.sources.events.networks import Networks
from connmon_collector.sources.sock_diag.rows import Row

SECOND = 1_000_000_000
MS = 1_000_000


@dataclass
class Diag:
    """One namespace, of which a socket is left."""

    host: "Host"
    ends: bytes
    cost: int  # ns
    fails: bool = False

    def lingering(self) -> list[Row]:
        self.host.spent += self.cost
        if self.fails:
            raise OSError(errno.ENOBUFS, "No buffer space available")
        return [(0, 0, b"", self.ends, b"", b"")]


class Host:
    """Has namespaces, of which each look takes its time."""

    def __init__(self, *costs: int) -> None:
        self.spent = 0  # ns
        self.diags = [Diag(self, bytes([at]), cost) for at, cost in enumerate(costs)]

    def __iter__(self) -> Iterator[tuple[int, Diag]]:
        return enumerate(self.diags)

    def __call__(self) -> int:
        return self.spent


def lingering(host: Host, monkeypatch: pytest.MonkeyPatch) -> Lingering:
    taken = "connmon_collector.sources.events.rounds.time.thread_time_ns"
    monkeypatch.setattr(taken, host)
    networks: Networks = host  # type: ignore[assignment]
    return Lingering(networks)


def test_a_namespace_that_does_not_answer_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(0, 0, 0)
    host.diags[1].fails = True
    assert lingering(host, monkeypatch).look(SECOND) == (SECOND, {b"\0", b"\2"})


@pytest.mark.parametrize(("cost", "rest"), [(0, 5), (2 * MS, 5), (70 * MS, 70)])
def test_looks_take_a_thousandth_of_the_time(
    monkeypatch: pytest.MonkeyPatch, cost: int, rest: int
) -> None:
    looking = lingering(Host(cost), monkeypatch)
    assert looking.look(0) == (0, {b"\0"})
    assert looking.look(rest * SECOND - 1) is None
    assert looking.look(rest * SECOND) == (rest * SECOND, {b"\0"})


def test_what_is_gone_at_the_next_look_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(0)
    looking = lingering(host, monkeypatch)
    assert looking.look(0) == (0, {b"\0"})
    host.diags[0].ends = b"other"
    assert looking.look(5 * SECOND) == (5 * SECOND, {b"other"})


def test_many_namespaces_are_gone_through_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(*(2 * MS for _ in range(7)))
    looking = lingering(host, monkeypatch)
    assert looking.look(0) is None
    assert host.spent == 6 * MS
    assert looking.look(5 * SECOND) is None, "0.1 % of the time"
    assert looking.look(6 * SECOND) is None
    host.diags[0].ends = b"later"
    assert looking.look(12 * SECOND) == (0, {bytes([at]) for at in range(7)})
    assert looking.look(14 * SECOND) is None, "never sooner than after five seconds"
    assert looking.look(17 * SECOND) is None
    assert host.spent == 20 * MS, "the next round has begun"


def test_those_that_have_gone_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(6 * MS, 0)
    looking = lingering(host, monkeypatch)
    assert looking.look(0) is None
    del host.diags[1]
    assert looking.look(6 * SECOND) == (0, {b"\0"})
