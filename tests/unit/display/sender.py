"""The sending side of a view without sockets: real histories, real states, real frames."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import replace

from connmon_display.following.stream import RETRY_SECONDS
from connmon_shared import codec
from connmon_shared.endpoints import parse
from connmon_shared.messages import (
    Connection,
    Delta,
    Fact,
    Facts,
    Header,
    Keyframe,
    Message,
    Openings,
    Processes,
    RepeatRequest,
    StateRequest,
    Status,
    Traffic,
    Wait,
    kind_of,
)
from connmon_shared.timelines.ages import Ages
from connmon_shared.timelines.description import describe, facts_in_parts
from connmon_shared.timelines.details import Details
from connmon_shared.timelines.history import History
from connmon_shared.timelines.states import Protocol, State
from connmon_shared.wire import Sender, new_epoch, split

HOST = "host"
STATUS = Status("enricher", "1", "feed", 0.0, (), ("names",))
COLLECTOR = Status("collector", "1", "events", 1.0, ())
Sent = tuple[Header, bytes]


def row(number: int, remote: str = "8.8.8.8") -> Connection:
    ends = parse("10.0.0.2"), 20_000 + number, parse(remote), 443
    return Connection(number, Protocol.TCP, State.ESTABLISHED, *ends)


def delta(at: float, *changed: Connection, gone: tuple[int, ...] = ()) -> Delta:
    return Delta(at, at, at + 1, changed, gone)


class Clock:
    """A clock that goes on when told to."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


class Hurry(Clock):
    """A clock on which the time for a repetition has always come."""

    def __call__(self) -> float:
        self.time += RETRY_SECONDS
        return self.time


class SendingStream(ABC):
    """One stream: its messages since the beginning, and the state that they led to."""

    def __init__(self, host: str) -> None:
        self.sender = Sender(host, new_epoch())
        self.sent: list[Sent] = []
        self.now = 0.0  # by its clock
        self._states: dict[int, list[Message]] = {}  # by the number that they describe

    @abstractmethod
    def state(self) -> Iterable[Message]:
        """Return the messages that rebuild the state."""

    def send(self, message: Message) -> Sent:
        message_sent = split(self.sender.frames(message, self.now))
        self.sent.append(message_sent)
        return message_sent

    def answers(self, request: StateRequest | RepeatRequest | None) -> Iterator[Sent]:
        """Yield what a `request` is answered with."""
        assert request is not None
        if isinstance(request, RepeatRequest):
            known = request.epoch == self.sender.epoch
            missed = [m for m in self.sent if m[0].seq > request.after and m[0].seq != m[0].base]
            if known and missed and missed[0][0].base == request.after:
                yield from missed[: request.count]
            else:
                yield self.wait("no longer kept")
            return
        if request.part == 0:
            self._states[self.sender.seq] = [*self.state()]
        number = request.snapshot if request.part else self.sender.seq
        parts = self._states.get(number, [])
        if request.part >= len(parts):
            yield self.wait("begin again")
        for index in range(request.part, min(request.part + request.count, len(parts))):
            kind, body = kind_of(parts[index]), codec.encode(parts[index])
            part = (index, len(parts))
            yield split(self.sender.answer(kind, body, self.now, number, part))

    def wait(self, reason: str) -> Sent:
        return split(self.sender.frames(Wait(reason), 0.0))


class SendingHost(SendingStream):
    """What an enricher publishes of one host, and answers."""

    def __init__(self, *rows: Connection, host: str = HOST, at: float = 100.0) -> None:
        super().__init__(host)
        self.history = History()
        self.history.keyframe(Keyframe(at, at, at + 1, rows))
        self.details = Details()
        self.ages = Ages()
        self.ages.renew({}, self.history.connections, at, first=True)
        self.tells_openings = True

    def state(self) -> Iterator[Message]:
        for part in describe(self.history, self.details, self.ages):
            if self.tells_openings or not isinstance(part, Openings):
                yield part
        yield COLLECTOR

    def publish(self, message: Message) -> Sent:
        match message:
            case Delta():
                events = self.history.delta(message)
                self.ages.follow(message, events)
                self.details.settle(events, self.history.tracks)
            case Processes():
                self.details.introduce(message, self.history.connections)
            case Traffic():
                self.details.count(message, self.history.connections)
        return self.send(message)


class SendingEnricher(SendingStream):
    """What an enricher says of itself and of addresses."""

    def __init__(self, *facts: Fact) -> None:
        super().__init__("")
        self.facts = {fact.address: fact for fact in facts}
        self.hosts: list[str] = [HOST]
        self.features = STATUS.features

    def state(self) -> Iterator[Message]:
        yield replace(STATUS, features=self.features)
        for host in self.hosts:
            yield Status("collector", "1", "events", 1.0, (), host=host)
        yield from facts_in_parts(self.facts.values())

    def publish(self, *facts: Fact) -> Sent:
        self.facts |= {fact.address: fact for fact in facts}
        return self.send(Facts(facts))
