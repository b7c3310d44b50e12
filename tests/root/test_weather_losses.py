"""Bad weather: more happens than can be taken in. What was lost is said, and nothing made up."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from itertools import pairwise

import pytest
from helpers_weather import INTERVAL, Host, Watcher, is_seen, stop, watching

from connmon_shared.states import State

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(sys.platform != "linux", reason="events are Linux's"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs uid 0"),
]

STORM = 15_000  # connections; 6 events of 104 bytes each, so 9 MB on one processor
SAMENESS = 0.05  # seconds that times may differ: one is taken before, the other after a call


@pytest.fixture
def host() -> Iterator[Host]:
    made = Host()
    yield made
    made.end()


def told_gaps(watcher: Watcher) -> list[float]:
    return [later - end for (_, end), (later, _) in pairwise(watcher.slots)]


def test_events_that_were_lost_are_a_stretch_not_observed_and_the_table_is_right_again(
    host: Host,
) -> None:
    actor, patient = host.actor(), host.actor()
    port = actor.number(f"listen('{host.address}')")
    with watching(*host.inside) as (watcher, program):
        kept = {patient.number(f"connect('{host.address}', {port})") for _ in range(5)}
        doomed = {actor.number(f"connect('{host.address}', {port})") for _ in range(3)}
        actor.do("[accept() for _ in range(8)]; waiting, opened = opened[3:], opened[:3]")
        watcher.until(lambda: len(watcher.rows(host.address, port)) == 1 + 2 * 8)
        before = {row.id: row for row in watcher.rows(host.address, port)}

        stopped = stop(program)
        actor.do("affinity = os.sched_getaffinity(0); os.sched_setaffinity(0, {min(affinity)})")
        actor.do(f"storms = listen('0.0.0.0'); storm({STORM}, '{host.octets}', storms)")
        actor.do("[end.close() for end in waiting[5:]]; disconnect(); servers.pop().close()")
        late = {patient.number(f"connect('{host.address}', {port})") for _ in range(2)}
        actor.do("waiting += [servers[-1].accept()[0] for _ in range(2)]")
        going_on = time.time()
        program.process.send_signal(signal.SIGCONT)

        watcher.until(lambda: watcher.lost)
        watcher.until(lambda: late <= ports(watcher, host, port))
        watcher.until(lambda: not doomed & ports(watcher, host, port))
        assert any(
            begin <= stopped + SAMENESS and going_on <= end for begin, end in watcher.lost
        ), (stopped, going_on, watcher.lost)
        is_seen(watcher, host, actor)  # on the same processor: now the kernel says how many
        watcher.until(lambda: watcher.status.lost)
        assert watcher.status.lost > STORM, "one event of each at least had no room"
        assert ports(watcher, host, port) == kept | late
        still = {
            number
            for number, row in before.items()
            if row.state == State.LISTEN or kept & {row.local_port, row.remote_port}
        }
        assert len(still) == 1 + 2 * len(kept)
        assert still <= watcher.open.keys(), "what stayed open is the same as before"
        rows = watcher.rows(host.address, port)
        clients = {row.local_port: row for row in rows if row.remote_port == port}
        assert {clients[number].pid for number in kept | late} == {patient.pid}
        assert not watcher.rows(host.octets + ".2"), "nothing of the storm is left over"
        assert len(watcher.rows(host.address)) == 1 + 2 * (len(kept) + len(late))


def ports(watcher: Watcher, host: Host, server: int) -> set[int]:
    """Return the clients' ports of what is open to a server."""
    rows = watcher.rows(host.address, server)
    return {r.local_port if r.remote_port == server else r.remote_port for r in rows} - {0}


def test_a_stopped_collector_tells_all_that_happened_meanwhile_at_its_time(host: Host) -> None:
    server, actor = host.actor(), host.actor()
    port = server.number(f"listen('{host.address}')")
    with watching(*host.inside) as (watcher, program):
        stopped = stop(program)
        times: dict[int, tuple[float, float]] = {}
        while time.time() < stopped + 3.0:
            opened = time.time()
            local = actor.number(f"connect('{host.address}', {port})")
            server.do("accept()")
            actor.do("disconnect()")
            server.do("disconnect()")
            times[local] = opened, time.time()
            time.sleep(0.05)  # spread over the stop
        program.process.send_signal(signal.SIGCONT)
        is_seen(watcher, host, actor)
        clients = {r.local_port: r for r in watcher.all(host.address, port) if r.remote_port}
        assert times.keys() <= clients.keys()
        for local, (opened, closed) in times.items():
            row = clients[local]
            assert row.pid == actor.pid
            assert opened - SAMENESS < watcher.opened[row.id] < closed + SAMENESS
            assert opened - SAMENESS < watcher.closed[row.id] < closed + SAMENESS
        assert watcher.lost == []
        assert (watcher.status.lost, watcher.status.missed) == (0, 0)
        watcher.until(lambda: watcher.slots[-1][0] > time.time() - 2 * INTERVAL)
        assert max(told_gaps(watcher)) <= 0.0, "the time of the stop is vouched for"
