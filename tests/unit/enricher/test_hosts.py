import pytest
from helpers import connection, delta, keyframe, listener

from connmon_enricher.hosts import (
    ALL_KEPT_BYTES,
    GONE_SECONDS,
    MAX_OF_KEY,
    CrowdedError,
    Hosts,
    OwnedError,
)
from connmon_enricher.stream import KEPT_BYTES
from connmon_shared import wire
from connmon_shared.codec import RemoteProtocolError, decode
from connmon_shared.codec.limits import MAX_HOSTS
from connmon_shared.endpoints import parse
from connmon_shared.messages import (
    Header,
    Histories,
    Keyframe,
    Message,
    Openings,
    Session,
    Status,
)
from connmon_shared.timelines.memory import LIMITS

START = 1_700_000_000.0
STATUS = Status("collector", "1", "fake", 1.0, ())
LARGE = 200_000  # bytes
HERE, THERE = parse("198.51.100.7"), parse("203.0.113.5")


class Network:
    """Collectors of several hosts, and what displays hear of them."""

    def __init__(self) -> None:
        self.published: list[wire.Frames] = []
        self.allowed = {"key of web1", "another key"}
        self.now = 1_000.0  # of a monotonic clock
        self.hosts = Hosts(self.published.append, self.allowed.__contains__, lambda: self.now)
        self._senders: dict[str, wire.Sender] = {}

    def sends(
        self, host: str, message: Message, part: wire.Part = wire.WHOLE, key: str = ""
    ) -> None:
        sender = self._senders.setdefault(host, wire.Sender(host, wire.new_epoch()))
        told, step = self.hosts.receive(*wire.split(sender.frames(message, START, part)), key)
        assert told.name == host
        told.forward(step)

    def restart(self, host: str) -> None:
        del self._senders[host]

    @property
    def heard(self) -> list[tuple[Header, Message]]:
        split = map(wire.split, self.published)
        return [(header, decode(header.kind, body)) for header, body in split]


@pytest.fixture
def network() -> Network:
    return Network()


def test_each_host_has_a_history_and_a_stream_of_its_own(network: Network) -> None:
    network.sends("web1", keyframe(START, connection(1)))
    network.sends("web2", keyframe(START, connection(1, "203.0.113.5")))
    network.sends("web1", change := delta(START + 1, connection(2)))
    assert [(h.host, h.kind, h.base, h.seq) for h, _ in network.heard] == [
        ("web1", "keyframe", 0, 1),
        ("web2", "keyframe", 0, 1),
        ("web1", "delta", 1, 2),
    ]
    assert network.heard[-1][1] == change
    assert [host.name for host in network.hosts] == ["web1", "web2"]
    assert [len(host.history.connections) for host in network.hosts] == [2, 1]
    assert len({host.stream.place[1] for host in network.hosts}) == 2


def test_the_state_of_a_host_is_its_history_and_then_its_status(network: Network) -> None:
    network.sends("web1", STATUS)
    network.sends("web1", keyframe(START, connection(1)))
    host = network.hosts.get("web1")
    assert host is not None
    *state, status = host.stream.describe()
    assert [type(part) for part in state] == [Session, Histories, Keyframe, Openings]
    assert status == STATUS


def test_the_parts_of_a_large_keyframe_share_a_number(network: Network) -> None:
    parts = [keyframe(START, connection(number)) for number in range(3)]
    for index, part in enumerate(parts):
        network.sends("web1", part, (index, len(parts)))
    assert [(h.seq, h.part, h.parts) for h, _ in network.heard] == [
        (1, part, 3) for part in range(3)
    ]


def test_a_second_collector_of_the_same_host_is_refused(network: Network) -> None:
    network.sends("web1", keyframe(START, connection(1)))
    network.sends("web2", keyframe(START))
    network.restart("web1")
    network.sends("web1", keyframe(START, connection(2), connection(3)))
    host = network.hosts.get("web1")
    assert host is not None
    assert set(host.history.connections) == {1}


@pytest.mark.parametrize("name", ["", "web/1", "/", "w" * 101])
def test_a_host_needs_a_name_that_a_topic_can_hold(network: Network, name: str) -> None:
    with pytest.raises(RemoteProtocolError, match="called"):
        network.sends(name, keyframe(START))
    assert list(network.hosts) == []


def test_who_sends_nothing_readable_takes_no_room(network: Network) -> None:
    header = wire.split(wire.Sender("web1", wire.new_epoch()).frames(keyframe(START), START))[0]
    with pytest.raises(RemoteProtocolError):
        network.hosts.receive(header, b"garbage")
    assert network.hosts.get("web1") is None


def test_there_is_room_for_so_many_hosts(network: Network) -> None:
    for number in range(MAX_HOSTS):
        network.sends(f"web{number}", keyframe(START))
    with pytest.raises(CrowdedError, match=f"'one more' .* {MAX_HOSTS} hosts"):
        network.sends("one more", keyframe(START))
    network.sends("web7", delta(START + 1))
    assert len(list(network.hosts)) == MAX_HOSTS


def test_many_hosts_share_the_room_for_what_was_published(network: Network) -> None:
    count = 2 * ALL_KEPT_BYTES // KEPT_BYTES
    for number in range(count):
        network.sends(f"web{number}", keyframe(START))
    host = network.hosts.get("web0")
    assert host is not None
    for _ in range(2 * KEPT_BYTES // LARGE):
        host.stream.forward("delta", bytes(LARGE))
    _, _, seq = host.stream.place
    kept = sum(map(host.stream.reaches, range(seq)))
    assert 0.4 * KEPT_BYTES < kept * LARGE <= 0.5 * KEPT_BYTES


def test_all_hosts_together_remember_no_more_than_one(network: Network) -> None:
    network.sends("web1", keyframe(START, connection(1)))
    assert [host.history.limits for host in network.hosts] == [LIMITS]
    network.sends("web2", keyframe(START, connection(1)))
    half = LIMITS.shared(2)
    assert (half.transitions, half.over) == (LIMITS.transitions / 2, LIMITS.over / 2)
    assert [host.history.limits for host in network.hosts] == [half, half]


def test_an_address_is_connected_as_long_as_any_host_is(network: Network) -> None:
    network.sends("web1", keyframe(START, connection(1)))
    network.sends("web2", keyframe(START, connection(1, "203.0.113.5"), listener(2)))
    assert network.hosts.addresses() == {HERE, THERE}
    assert network.hosts.connected(HERE)
    assert network.hosts.connected(THERE)
    network.sends("web2", delta(START + 1, gone=[1]))
    assert not network.hosts.connected(THERE)
    assert network.hosts.addresses() == {HERE, THERE}


def test_a_host_is_its_first_keys_as_long_as_that_is_allowed(network: Network) -> None:
    network.sends("web1", STATUS, key="key of web1")
    with pytest.raises(OwnedError, match="'web1': that has another key"):
        network.sends("web1", STATUS, key="another key")
    network.sends("web1", STATUS, key="key of web1")
    network.allowed.remove("key of web1")  # revoked: it has a new one, say
    network.sends("web1", STATUS, key="another key")


def test_our_own_host_is_nobody_elses(network: Network) -> None:
    network.sends("here", STATUS, key="another key")  # before our own collector was there
    network.sends("here", STATUS)
    with pytest.raises(OwnedError):
        network.sends("here", STATUS, key="another key")


def test_one_key_may_tell_of_so_many_hosts(network: Network) -> None:
    for number in range(MAX_OF_KEY):
        network.sends(f"web{number}", STATUS, key="another key")
    with pytest.raises(CrowdedError, match=f"key has {MAX_OF_KEY} hosts"):
        network.sends("one more", STATUS, key="another key")
    network.sends("web1", STATUS, key="another key")
    network.sends("our own", STATUS)


def test_a_host_that_was_silent_for_long_makes_room(network: Network) -> None:
    for number in range(MAX_HOSTS):
        network.sends(f"web{number}", keyframe(START))
        network.now += 1
    network.sends("web0", delta(START + 1))
    network.now += GONE_SECONDS - MAX_HOSTS
    with pytest.raises(CrowdedError):
        network.sends("one more", keyframe(START))
    network.now += 1
    network.sends("one more", keyframe(START))
    names = [host.name for host in network.hosts]
    assert "web1" not in names
    assert {"web0", "web2", "one more"} <= set(names)
