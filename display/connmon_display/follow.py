"""Following an enricher: its stream and its answers in, history and requests out. Pure.

A display that joins (or missed something) asks for the whole state, part by part, keeps what
the stream brings meanwhile, and then goes on from there by sequence number.
"""

from collections.abc import Callable
from typing import NamedTuple

from connmon_display.lasting import Lasting
from connmon_shared import codec
from connmon_shared.details import Details
from connmon_shared.history import Event, History
from connmon_shared.messages import (
    KINDS,
    Connection,
    Delta,
    Fact,
    Facts,
    Header,
    Histories,
    Keyframe,
    Message,
    Processes,
    Session,
    StateRequest,
    Status,
    Traffic,
    Wait,
)
from connmon_shared.wire import NUMBERED, Assembly

RETRY_SECONDS = 1.0  # a request that is not answered by then is asked again
KEPT_MESSAGES = 512  # of the stream while the state is being fetched


class Change(NamedTuple):
    """What one message changed."""

    events: list[Event]
    facts: tuple[Fact, ...] = ()  # new or changed
    joined: bool = False  # the whole state was taken over: everything may be different
    lost: bool = False  # and what we knew from before is not in it: the enricher began anew
    unseen: tuple[tuple[float, float], ...] = ()  # stretches in which events were lost


NOTHING = Change([])
#: What a snapshot is made of; None stands for what only a later version knows.
_OF_A_STATE = Session | Histories | Keyframe | Processes | Traffic | Facts | Status | None


class Follower:
    """The display's copy of the enricher's state.

    Attributes:
        history: empty until the state was taken over.
        details: of processes and traffic.
        lasting: since when connections are in a state that should not last.
        facts: what is known of each remote address.
        statuses: the last status of each stage, by its name.
        waiting: why there is no state yet, in the enricher's words.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self.history = History()
        self.details = Details()
        self.lasting = Lasting()
        self.facts: dict[bytes, Fact] = {}
        self.statuses: dict[str, Status] = {}
        self.waiting = ""
        self._now = now
        self._epoch = b""
        self._seq = -1  # the last number applied; -1: the state is to be fetched
        self._kept: list[tuple[Header, bytes]] = []
        self._parts: list[Message | None] = []  # None: of a kind that only a later version knows
        self._snapshot: Header | None = None  # of the part received last
        self._ask_at = 0.0
        self._assembly = Assembly()

    @property
    def live(self) -> bool:
        """Whether the state is here and every message since has been applied."""
        return self._seq >= 0

    def request(self) -> StateRequest | None:
        """Return the request to send now, if any."""
        if self.live or self._now() < self._ask_at:
            return None
        self._ask_at = self._now() + RETRY_SECONDS
        if self._snapshot is None:
            return StateRequest()
        return StateRequest(self._snapshot.seq, len(self._parts))

    def hear(self, header: Header, body: bytes) -> Change:
        """Take a message of the stream.

        Raises:
            RemoteProtocolError: its body breaks the protocol.
        """
        if not _numbered(header):
            return self._take_other(header, body)
        if header.epoch != self._epoch and self.live:
            self._begin_anew()
        if not self.live:
            self._kept = [*self._kept[-KEPT_MESSAGES + 1 :], (header, body)]
            return NOTHING
        if header.seq < self._seq or (header.seq == self._seq and header.part == 0):
            return NOTHING  # part of the state that was taken over
        broken = self._assembly.incomplete and header.seq != self._seq  # a part was lost
        if broken or self._seq not in {header.base, header.seq}:
            self._begin_anew()
            self._kept.append((header, body))
            return NOTHING
        self._seq = header.seq
        return self._apply(header, _decoded(header, body))

    def answer(self, header: Header, body: bytes) -> Change:
        """Take an answer to a request.

        Raises:
            RemoteProtocolError: its body breaks the protocol.
        """
        if self.live:
            return NOTHING
        message = _decoded(header, body)
        if isinstance(message, Wait):
            self.waiting = message.reason
            self._snapshot, self._parts = None, []
            return NOTHING
        if header.part == 0:
            self._parts = []
        elif not self._continues(header):
            if header.epoch != self._epoch_asked():
                self._snapshot, self._parts = None, []  # the enricher began anew: so do we
            return NOTHING
        self._snapshot = header
        self._parts.append(message)
        self._ask_at = 0.0
        return self._take_over(header) if len(self._parts) == header.parts else NOTHING

    def _continues(self, header: Header) -> bool:
        last = self._snapshot
        return last is not None and (header.epoch, header.seq, header.part) == (
            last.epoch,
            last.seq,
            len(self._parts),
        )

    def _epoch_asked(self) -> bytes:
        return self._snapshot.epoch if self._snapshot is not None else b""

    def _begin_anew(self) -> None:
        self._seq = -1
        self._snapshot, self._parts, self._kept = None, [], []
        self._assembly = Assembly()
        self._ask_at = 0.0

    def _take_over(self, header: Header) -> Change:
        if not all(isinstance(part, _OF_A_STATE) for part in self._parts):
            raise codec.RemoteProtocolError(f"a state holds no {header.kind!r:.40}")
        session = next((part for part in self._parts if isinstance(part, Session)), None)
        if session is None:
            raise codec.RemoteProtocolError("a state without a session")
        histories = [part for part in self._parts if isinstance(part, Histories)]
        frames = [part for part in self._parts if isinstance(part, Keyframe)]
        rows = [row for frame in frames for row in frame.connections]
        missed = self._missed(session, rows, header.time)
        lost = self.history.started and self.history.origin != session.origin
        self.history = History.restore(session, histories, rows)
        self.lasting.renew(rows, header.time)
        self.facts, self.details = {}, Details()
        for part in self._parts:
            self._note(part)
        self._epoch, self._seq = header.epoch, header.seq
        kept, self._kept = self._kept, []
        self._snapshot, self._parts, self.waiting = None, [], ""
        events = [event for late in kept for event in self._late(*late)]
        return Change(missed + events, joined=True, lost=lost)

    def _missed(self, session: Session, rows: list[Connection], time: float) -> list[Event]:
        """Return what must have happened since our own history broke off."""
        if not self.history.started or session.origin != self.history.origin:
            return []
        return self.history.keyframe(Keyframe(time, time, time, tuple(rows)))

    def _late(self, header: Header, body: bytes) -> list[Event]:
        if header.epoch != self._epoch or header.seq <= self._seq:
            return []
        return self.hear(header, body).events

    def _take_other(self, header: Header, body: bytes) -> Change:
        message = _decoded(header, body)
        if not isinstance(message, Status | Traffic | None):
            raise codec.RemoteProtocolError(f"an enricher publishes no {header.kind!r:.40}")
        if isinstance(message, Status) or (self.live and header.epoch == self._epoch):
            self._note(message)
        return NOTHING

    def _note(self, message: Message | None) -> None:
        """Take over what is no history."""
        match message:
            case Status():
                self.statuses[message.stage] = message
            case Facts(facts=facts):
                self.facts.update((fact.address, fact) for fact in facts)
            case Processes():
                self.details.introduce(message, self.history.connections)
            case Traffic():
                self.details.count(message, self.history.connections)

    def _apply(self, header: Header, message: Message | None) -> Change:
        match message:
            case Delta():
                events = self.history.delta(message)
                self.details.follow(message)
                self.lasting.note(message.changed, message.time)
                self.lasting.forget(events)
                return Change(events, unseen=message.lost)
            case Facts(facts=facts):
                self._note(message)
                return Change([], facts)
            case Processes():
                self._note(message)
            case Keyframe():
                whole = self._assembly.add(header, message)
                if whole is not None:
                    before = self.history.connections
                    events = self.history.keyframe(whole)
                    self.details.renumber(before, self.history.connections)
                    self.lasting.renew(whole.connections, whole.time)
                    return Change(events)
        return NOTHING


def _numbered(header: Header) -> bool:
    """Return whether later messages build on it, also of a kind that we do not know."""
    return header.kind in NUMBERED if header.kind in KINDS else header.seq != header.base


def _decoded(header: Header, body: bytes) -> Message | None:
    """Return the message; None for one of a kind that only a later version knows."""
    return codec.decode(header.kind, body) if header.kind in KINDS else None
