"""Bad weather: listeners of other namespaces, and such as close, do not confuse who began what."""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
from helpers_weather import Actor, Host, Watcher, watching

from connmon_shared.messages import Direction

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs uid 0"),
    pytest.mark.skipif(shutil.which("ip") is None, reason="needs ip (apt install iproute2)"),
]

OUT, IN = Direction.OUT, Direction.IN


@pytest.fixture
def host() -> Iterator[Host]:
    made = Host()
    yield made
    made.end()


@pytest.fixture
def elsewhere() -> Iterator[Actor]:
    """Yield a program in a network namespace of its own that has a name."""
    name = f"cm-{secrets.token_hex(4)}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
    actor = Actor("ip", "netns", "exec", name)
    yield actor
    actor.end()
    subprocess.run(["ip", "netns", "delete", name], check=False)


def connected(host: Host, actor: Actor, bound: int = 0) -> tuple[int, int]:
    """Let the actor connect to itself, and return the ports of both ends, the client's first."""
    port = actor.number(f"listen('{host.address}')")
    actor.do(
        f"end = socket.create_connection(('{host.address}', {port}), source_address=('', {bound}));"
        "opened.append(end); accept()"
    )
    return actor.number("end.getsockname()[1]"), port


def directions(watcher: Watcher, host: Host, port: int, namespace: str = "") -> dict[int, int]:
    """Return the direction of each connection with `port` at one of its ends, by its own port."""
    rows = watcher.rows(host.address, port)
    here = [row for row in rows if row.remote and bool(row.namespace) == bool(namespace)]
    return {row.local_port: row.direction for row in here}


def test_a_listener_of_another_namespace_does_not_make_a_connection_come_in(
    host: Host, elsewhere: Actor
) -> None:
    served = elsewhere.number("listen('')")
    client, port = connected(host, host.actor(), bound=served)
    with watching(*host.inside) as (watcher, _):
        assert directions(watcher, host, port) == {client: OUT, port: IN}


@pytest.mark.parametrize("before", [True, False])
def test_in_another_namespace_directions_outlive_the_listener(
    host: Host, elsewhere: Actor, *, before: bool
) -> None:
    early = connected(host, elsewhere) if before else None
    with watching(*host.inside) as (watcher, _):
        client, port = early or connected(host, elsewhere)
        expected = {client: OUT, port: IN}
        watcher.until(lambda: directions(watcher, host, port, "there") == expected)
        elsewhere.do("servers.pop().close()")
        watcher.until(lambda: not [r for r in watcher.rows(host.address, port) if not r.remote])
        watcher.away()
        watcher.rebind()
        watcher.until(lambda: watcher.live)
        assert directions(watcher, host, port, "there") == expected


def test_a_namespace_made_after_the_start(host: Host) -> None:
    with watching(*host.inside) as (watcher, _):
        actor = host.actor("unshare", "--net", "sh", "-c", 'ip link set lo up; exec "$@"', "sh")
        client, port = connected(host, actor)
        expected = {client: OUT, port: IN}
        watcher.until(
            lambda: (
                {**directions(watcher, host, port), **directions(watcher, host, port, "new")}
                == expected
            )
        )


def test_a_service_of_udp_is_asked_by_its_peers(host: Host) -> None:
    """Its socket is known from a dump; what it sends is seen when it answers."""
    server, client = host.actor(), host.actor()
    port = 20_000
    bind = "end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
    server.do(f"{bind}; end.bind(('{host.address}', {port}))")
    with watching(*host.inside) as (watcher, _):
        client.do(f"{bind}; end.sendto(b'?', ('{host.address}', {port}))")
        other = client.number("end.getsockname()[1]")
        server.do(f"end.sendto(b'!', ('{host.address}', {other}))")

        def seen() -> dict[int, int]:
            rows = (r for r in watcher.open.values() if r.remote)
            return {r.local_port: r.direction for r in rows if r.local_port in {port, other}}

        watcher.until(lambda: len(seen()) == 2)
        assert seen() == {other: OUT, port: IN}
