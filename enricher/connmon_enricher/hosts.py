"""The hosts that are watched: of each its collector's feed, and its stream to the displays."""

from collections.abc import Callable, Iterator

from connmon_enricher.feed import Feed, Step
from connmon_enricher.stream import KEPT_BYTES, Publish, Stream
from connmon_shared import wire
from connmon_shared.codec import RemoteProtocolError
from connmon_shared.codec.limits import MAX_HOST_NAME, MAX_HOSTS
from connmon_shared.endpoints import Peer
from connmon_shared.messages import Header, Message
from connmon_shared.stage.clock import Monotonic, boottime
from connmon_shared.stage.loop import Timer
from connmon_shared.timelines.description import describe
from connmon_shared.timelines.history import History
from connmon_shared.timelines.memory import LIMITS

MAX_OF_KEY = 16  # hosts that one key may tell of
RESYNC_SECONDS = 1.0
GONE_SECONDS = 3_600.0  # of silence after which a host may be forgotten for another
ALL_KEPT_BYTES = 16 * KEPT_BYTES  # of the streams of all hosts


class CrowdedError(Exception):
    """Too many hosts are followed to take in another."""


class OwnedError(Exception):
    """A host is told of with another key than before: somebody may only pretend to be it."""


class Host:
    """One host.

    Args:
        name: its name.
        publish: sends to all displays.
        now: a monotonic clock.

    Attributes:
        key: whose messages are taken; empty: those that need no key, of collectors beside us.
        resync: when its collector may be asked for a keyframe again.
    """

    def __init__(self, name: str, publish: Publish, now: Monotonic) -> None:
        self.name = name
        self.key = ""
        self.feed = Feed(History(), now)
        self.resync = Timer(RESYNC_SECONDS)
        self.stream = Stream(name, self._describe, self.feed.time, publish)

    @property
    def history(self) -> History:
        """What is known of its connections."""
        return self.feed.history

    def forward(self, step: Step) -> None:
        """Publish what is in `step` for the displays."""
        parts = sum(kind == "keyframe" for kind, _ in step.forward)  # the last ones
        for index, (kind, body) in enumerate(step.forward, parts - len(step.forward)):
            part = (index, parts) if kind == "keyframe" else wire.WHOLE
            self.stream.forward(kind, body, part)

    def _describe(self) -> Iterator[Message]:
        yield from describe(self.history, self.feed.details, self.feed.ages)
        if self.feed.status is not None:
            yield self.feed.status


class Hosts:
    """All hosts, in the order of meeting.

    Args:
        publish: sends to all displays.
        allowed: tells whether a key is allowed.
        now: a monotonic clock.

    Attributes:
        met: how many hosts have come, those that were forgotten since included.
    """

    def __init__(
        self, publish: Publish, allowed: Callable[[str], bool], now: Monotonic = boottime
    ) -> None:
        self.met = 0
        self._now = now
        self._publish = publish
        self._allowed = allowed
        self._hosts: dict[str, Host] = {}

    def __iter__(self) -> Iterator[Host]:
        return iter(self._hosts.values())

    def get(self, name: str) -> Host | None:
        """Return the host of that name; None: nothing came from it."""
        return self._hosts.get(name)

    def receive(self, header: Header, body: bytes, key: str = "") -> tuple[Host, Step]:
        """Take a message of some collector, which came with `key`.

        A host is its first key's as long as that is allowed; a collector beside us needs none,
        and may call itself as it likes.

        Raises:
            RemoteProtocolError: it breaks the protocol.
            CrowdedError: it is of a host for which there is no room.
            OwnedError: it is of a host that has another key.
        """
        if not header.host or "/" in header.host or len(header.host) > MAX_HOST_NAME:
            raise RemoteProtocolError(f"no host can be called {header.host!r:.40}")
        host = self._hosts.get(header.host)
        if host is not None:
            self._see_key(host, key)
            return host, host.feed.receive(header, body)
        self._make_room(header.host, key)
        host = Host(header.host, self._publish, self._now)
        host.key = key
        step = host.feed.receive(header, body)
        self._hosts[header.host] = host  # only now: who sends nothing readable takes no room
        self.met += 1
        for each in self:
            each.stream.keep(min(KEPT_BYTES, ALL_KEPT_BYTES // len(self._hosts)))
            each.history.limits = LIMITS.shared(len(self._hosts))
        return host, step

    def _make_room(self, name: str, key: str) -> None:
        """Forget the host that has been silent longest, if another one is too many."""
        if key and sum(host.key == key for host in self) >= MAX_OF_KEY:
            raise CrowdedError(f"{name!r:.40} is not followed: its key has {MAX_OF_KEY} hosts")
        if len(self._hosts) < MAX_HOSTS:
            return
        oldest = max(self, key=lambda host: host.feed.silence)
        if oldest.feed.silence < GONE_SECONDS:
            raise CrowdedError(f"{name!r:.40} is not followed: {MAX_HOSTS} hosts are enough")
        del self._hosts[oldest.name]

    def _see_key(self, host: Host, key: str) -> None:
        if key and key != host.key and (not host.key or self._allowed(host.key)):
            raise OwnedError(f"dropped what {key!r} tells of {host.name!r}: that has another key")
        host.key = key

    def connected(self, address: bytes) -> bool:
        """Return whether a connection of any host to `address` is open."""
        peer = Peer(address)
        return any(peer in host.history.tracks and host.history.tracks[peer].open for host in self)

    def keys(self, address: bytes) -> set[str]:
        """Return the keys of the hosts whose histories have `address`."""
        peer = Peer(address)
        return {host.key for host in self if peer in host.history.tracks}

    def addresses(self) -> set[bytes]:
        """Return the remote addresses that any history has."""
        return {peer.address for host in self for peer in host.history.tracks if not peer.listening}
