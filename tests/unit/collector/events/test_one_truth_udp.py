"""The same of UDP: who exchanges what with whom is told once, as long as it lasts."""

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from unit.collector.events.datagrams import Contact, Datagram, Host
from unit.collector.events.kernel import make_proc
from unit.collector.events.world import NAMES, Happening, World, some_of

from connmon_collector.sources.events.exchanges import IDLE
from connmon_shared.messages import Connection
from connmon_shared.timelines.states import Protocol

HAPPENINGS = ("serve", "query", "repeat", "dial", "write", "hang_up", "wait")
TCP_TOO = ("connect", "establish", "close")
_NETWORKS = {name: network for network, name in NAMES.items()}


class UdpWorld(World):
    """A world with UDP, which is looked at with each drain.

    Args:
        shared: whether several sockets may have one port.
    """

    def __init__(self, proc: Path, *, newest_first: bool = False, shared: bool = False) -> None:
        self.host = Host(shared=shared)
        super().__init__(proc, newest_first=newest_first, kernel=self.host)
        self.forgetting = 0  # messages of destroyed sockets to come that nobody hears
        self.faultless = True
        self._ids: dict[tuple[int, bytes], int] = {}  # of what was shown the last time

    def happen(self, name: str, which: int) -> None:
        if name == "forget":
            self.forgetting = which % 4
            self.faultless = False
            return
        before = len(self.host.said)
        super().happen(name, which)
        self.faultless = self.faultless and not self.lost
        if self.forgetting and len(self.host.said) > before:
            del self.host.said[before:]
            self.forgetting -= 1

    def drain(self) -> None:
        super().drain()
        if not self.host.shared:
            self.check()
        elif self.faultless:
            self.check_shared()

    def check(self) -> None:
        """Look whether everything that is going on is shown, once, and nothing else."""
        shown = self.contacts()
        assert shown.keys() <= {
            sock.contact(remote)
            for sock in self.host.datagrams
            for remote in {sock.remote, *sock.sent}
            if sock.remote == remote or self.is_lately(sock, remote)
        }
        expected = {
            (sock.cookie, remote): shown[sock.contact(remote)]
            for sock in self.host.datagrams
            for remote in sock.sent
            if self.is_lately(sock, remote) and (sock.known or not sock.remote)
        }
        pids = {sock.cookie: sock.pid for sock in self.host.datagrams}
        for (cookie, remote), row in expected.items():
            assert row.pid == pids[cookie]
            assert self._ids.get((cookie, remote), row.id) == row.id, "it was told twice"
        self._ids = {each: row.id for each, row in expected.items()}

    def check_shared(self) -> None:
        """Look whether nothing that is going on is taken for over."""
        going_on = {
            sock.contact(remote)
            for sock in self.host.datagrams
            for remote, sent in sock.sent.items()
            if self.is_lately(sock, remote)
            and not sock.remote
            and sent > self.watch.heard.get(sock.port, 0)  # else it may be taken for the other
        }
        assert going_on <= {self.contact(row) for row in self.rows(Protocol.UDP)}

    def is_lately(self, sock: Datagram, remote: bytes) -> bool:
        return self.host.now - sock.sent.get(remote, -IDLE) <= IDLE

    def contact(self, row: Connection) -> Contact:
        return _NETWORKS[row.namespace], row.local_port, row.remote, row.remote_port

    def contacts(self) -> dict[Contact, Connection]:
        """Return what is shown of exchanges."""
        rows = [row for row in self.rows(Protocol.UDP) if row.remote]
        shown = {self.contact(row): row for row in rows}
        assert len(shown) == len(rows), "it is told twice"
        return shown

    def bound(self) -> list[tuple[str, int, bytes]]:
        """Return what is shown, as far as a dump may show it."""
        return sorted((r.namespace, r.local_port, r.remote) for r in self.rows(Protocol.UDP))

    def live(self, *steps: Happening) -> None:
        """Do all of it, and then let it rest."""
        self.begin()
        self.run(*steps)
        self.rest()

    def rest(self) -> None:
        """Look whether only sockets are left when nothing is sent, and who asked whom."""
        assert all(told == true for told, true in self.directions())
        for _ in range(2):
            self.happen("wait", 3)
            self.drain()
        self.dump()
        assert self.bound() == sorted(
            (NAMES[sock.network], sock.port, sock.remote)
            for sock in self.host.datagrams
            if sock.network in self.watch.networks.diags
        )


@pytest.fixture(scope="module")
def proc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_proc(tmp_path_factory.mktemp("proc"))


@settings(max_examples=1_000, deadline=None)
@given(steps=some_of(*HAPPENINGS, "drain", "dump"), newest_first=st.booleans())
def test_without_losses_every_exchange_is_told_while_it_lasts(
    proc: Path, steps: list[Happening], *, newest_first: bool
) -> None:
    world = UdpWorld(proc, newest_first=newest_first)
    world.live(*steps)


@settings(max_examples=1_000, deadline=None)
@given(steps=some_of(*HAPPENINGS, "drain", "dump"), newest_first=st.booleans())
def test_of_ports_that_several_share_nothing_is_taken_for_over(
    proc: Path, steps: list[Happening], *, newest_first: bool
) -> None:
    world = UdpWorld(proc, newest_first=newest_first, shared=True)
    world.live(*steps)


#: A socket that is connected has the port of one that was not, and whose end nobody heard of.
_AFTER_UNCONNECTED = [
    *(("dial", 0), ("hang_up", 0), ("query", 1), ("dial", 0), ("dump", 0)),
    *(("forget", 1), ("hang_up", 0), ("dial", 1), ("dump", 0)),
]


@settings(max_examples=1_000, deadline=None)
@given(
    steps=some_of(*HAPPENINGS, *TCP_TOO, "forget", "lose", "drain", "dump"),
    newest_first=st.booleans(),
)
@example(steps=_AFTER_UNCONNECTED, newest_first=False)
def test_whatever_is_lost_what_is_over_does_not_stay(
    proc: Path, steps: list[Happening], *, newest_first: bool
) -> None:
    world = UdpWorld(proc, newest_first=newest_first, shared=True)
    world.live(*steps)
