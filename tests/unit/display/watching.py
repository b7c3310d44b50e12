"""A display without sockets that watches hosts which a test makes up."""

from collections.abc import Iterable, Iterator

from unit.display.sender import Clock, SendingEnricher, SendingHost, SendingStream, Sent

from connmon_display.following.change import Change
from connmon_display.following.pipeline import Pipeline
from connmon_display.following.source import Playback, Source
from connmon_shared.messages import Connection, Delta, Fact, Message

START = 1_790_000_000.0  # 2026-09-21 14:13:20 UTC


class Host(SendingHost):
    """A host that was watched for a second before START.

    Attributes:
        name: of the host.
        delay: seconds that its messages take to us.
        vouched: the moment up to which its time was observed.
    """

    def __init__(self, name: str, clock: Clock, ahead: float, rows: Iterable[Connection]) -> None:
        super().__init__(*rows, host=name, at=START - 1 + ahead)
        self.name = name
        self.delay = 0.0
        self._clock = clock
        self._ahead = ahead
        self.vouched = START + ahead

    @property
    def moment(self) -> float:
        """The time on its own clock."""
        return START + self._clock.time + self._ahead

    def send(self, message: Message) -> Sent:
        self.now = self.moment - self.delay
        return super().send(message)

    def delta(self, *changed: Connection, gone: Iterable[int] = ()) -> Sent:
        """Publish what has changed, and vouch for all time until now."""
        begin, self.vouched = self.vouched, self.moment
        return self.publish(Delta(self.moment, begin, self.vouched, changed, tuple(gone)))


class Watching(Source):
    """What a display knows of hosts.

    Attributes:
        clock: seconds since START, the same for all; each host's own may be ahead of it.
        enricher: what it says of itself and of addresses.
        why: why the enricher cannot be reached.
        retry: seconds until it is tried again.
        changes: all that came of hosts.
    """

    def __init__(self, *facts: Fact, playback: Playback | None = None) -> None:
        self.clock = Clock()
        self.why = ""
        self.retry = 0.0
        self.changes: list[Change] = []
        super().__init__(Pipeline(self.clock), playback)
        self.enricher = SendingEnricher(*facts)
        self.enricher.hosts = []
        self._streams: dict[str, SendingStream] = {"": self.enricher}

    def receive(self) -> Iterator[Change]:
        yield from ()

    def trouble(self) -> str:
        return self.why

    @property
    def next_attempt(self) -> float:
        return self.retry

    def close(self) -> None: ...

    def meet(self, name: str, *rows: Connection, ahead: float = 0.0) -> Host:
        """Return a new host (or a stream that begins anew), whose state is not here yet."""
        host = Host(name, self.clock, ahead, rows)
        self._streams[name] = host
        self.take(host.delta())
        return host

    def host(self, name: str, *rows: Connection, ahead: float = 0.0) -> Host:
        """Return a new host, whose state is here."""
        host = self.meet(name, *rows, ahead=ahead)
        self.fetch()
        self.take(host.delta())
        return host

    def fetch(self) -> None:
        """Fetch what is missing."""
        while requests := [*self.pipeline.requests()]:
            for request in requests:
                answers = self._streams[request.host].answers(request)
                self.changes += [self.pipeline.answer(*answer) for answer in answers]

    def take(self, *sent: Sent) -> None:
        """Take messages of a stream."""
        self.changes += [self.pipeline.hear(*message) for message in sent]

    def pass_by(self, seconds: float, *hosts: Host) -> None:
        """Let time go by, in which `hosts` send their heartbeat and others are silent."""
        for _ in range(round(seconds)):
            self.clock.time += 1.0
            for host in hosts:
                self.take(host.delta())
