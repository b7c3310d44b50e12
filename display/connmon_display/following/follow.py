"""Following one host: its stream in, history and what is known of its connections out. Pure."""

from collections.abc import Callable, Iterable
from copy import copy
from typing import cast

from connmon_display.following.beforehand import Mixed, mixed_pasts
from connmon_display.following.change import NOTHING, Change, together
from connmon_display.following.draft import Draft
from connmon_display.following.paces import Paces
from connmon_display.following.stream import Place, State, Stream, Taken
from connmon_display.words.lasting import Unusual, unusual
from connmon_shared.codec import RemoteProtocolError
from connmon_shared.endpoints import Peer
from connmon_shared.messages import (
    Connection,
    Counters,
    Delta,
    Ended,
    Header,
    Keyframe,
    Message,
    Processes,
    RepeatRequest,
    Session,
    StateRequest,
    Status,
    Traffic,
)
from connmon_shared.timelines.ages import Ages
from connmon_shared.timelines.details import Details
from connmon_shared.timelines.history import Event, History
from connmon_shared.timelines.rows import Track
from connmon_shared.timelines.timeline import TICKS_PER_SECOND
from connmon_shared.wire import Assembly

STALE_INTERVALS = 3  # without a heartbeat
_HARDLY_BEGUN = 3 * TICKS_PER_SECOND  # what is there then was there from the beginning
_DEFAULT_INTERVAL = 1.0  # seconds, until the collector has told its own


#: What is left of a draft; None stands for what is in it, or what only a later version knows.
_OF_A_STATE = Processes | Traffic | Status | None


class Follower:
    """The display's copy of what the enricher knows of one host.

    Attributes:
        host: its name.
        history: empty until the state was taken over.
        details: of processes and traffic.
        paces: how fast bytes went lately.
        ages: since when connections are there, and in a state that should not last.
        collector: the latest status of the host's collector.
        joined: the tick at which the history was taken over; 0: it has hardly begun then.
        mixed: the addresses of which it cannot be told whose their connections were until then.
    """

    def __init__(self, host: str, now: Callable[[], float]) -> None:
        self.host = host
        self.history = History()
        self.details = Details()
        self.paces = Paces()
        self.ages = Ages()
        self.collector: Status | None = None
        self.joined = 0
        self.mixed: Mixed = {}
        self._stream = Stream(host, now, Draft)
        self._assembly = Assembly()
        self._monotonic = now
        self._heard = now()  # when the newest message came
        self._sent = 0.0  # by the collector's clock, when that message was sent
        self._looked = 0.0  # likewise, up to when the latest change tells what happened

    @property
    def live(self) -> bool:
        """Whether the state is here."""
        return self._stream.live

    @property
    def place(self) -> Place | None:
        """What was applied of its stream; None while something is missing."""
        return self._stream.place

    @property
    def waiting(self) -> str:
        """Why there is no state yet, in the enricher's words."""
        return self._stream.waiting

    @property
    def interval(self) -> float:
        """Seconds between two heartbeats of the collector."""
        return self.collector.interval if self.collector is not None else _DEFAULT_INTERVAL

    @property
    def silence(self) -> float:
        """Seconds since the last heartbeat."""
        return self.now() - self.history.seconds(self.history.coverage.end) + self.interval

    @property
    def stale(self) -> bool:
        """Whether heartbeats are missing."""
        return self.live and self.silence > STALE_INTERVALS * self.interval

    def unusual(self, track: Track) -> Unusual | None:
        """Return what is unusual about a row now, if anything."""
        return unusual(track, self.ages, self.history, self.now())

    def counted(self, *tracks: Track) -> list[Counters]:
        """Return the newest counters of rows; none while nobody tells whether they still hold."""
        return [] if self.stale else self.details.counters_of(*tracks)

    def speed_of(self, track: Track) -> list[Counters]:
        """Return counters that tell as much of the speed of a row as all; none likewise."""
        return [] if self.stale else self.details.speed_of(track)

    def now(self) -> float:
        """Return the time on the collector's clock, seconds since 1970."""
        return self._sent + self._monotonic() - self._heard

    @property
    def known_to(self) -> float:
        """The moment up to which it is known what happened: now, where that may not come."""
        return self.now() if self.stale else self._looked

    def still(self) -> "Follower":
        """Return what is known now, to be looked at while this goes on; its clock stands still."""
        moment = self._monotonic()
        still = Follower(self.host, lambda: moment)
        still._heard, still._sent, still._stream = self._heard, self._sent, copy(self._stream)
        still._looked = self._looked
        still.history, still.details = self.history.still(), self.details.copy()
        still.paces, still.ages = self.paces.copy(), self.ages.copy()
        still.collector, still.joined, still.mixed = self.collector, self.joined, self.mixed
        return still

    def request(self) -> StateRequest | RepeatRequest | None:
        """Return the request to send now, if any."""
        return self._stream.request()

    def begin_anew(self) -> None:
        """Fetch the state: nothing that comes builds on what was applied."""
        self._stream.begin_anew()

    def distrust(self) -> None:
        """Fetch the state again, in a while: a message of the stream cannot be read."""
        self._stream.distrust()

    def hear(self, header: Header, message: Message | None) -> Change:
        """Take a numbered message of the stream."""
        self._note_time(header)
        return self._apply(self._stream.hear(header, message))

    def answer(self, header: Header, message: Message | None) -> Change:
        """Take an answer to a request.

        Raises:
            RemoteProtocolError: it completes a state that is none.
        """
        return self._apply(self._stream.answer(header, message))

    def count(self, header: Header, traffic: Traffic) -> Change:
        """Take the counters of `traffic`, unless nobody knows whose they are."""
        self._note_time(header)
        if self._stream.behind or header.epoch != self._stream.epoch:
            return NOTHING
        return Change(self.host, touched=self._count(traffic))

    def _count(self, traffic: Traffic) -> frozenset[bytes]:
        """Take the counters of `traffic`, and return the remote addresses that they are of."""
        connections, known = self.history.connections, self.details.counters
        # All are told again when somebody joins: then most are not news.
        news = [row.id for row in traffic.counters if row != known.get(row.id)]
        self.details.count(traffic, connections)
        if traffic.counters:
            self.paces.measured(traffic.span, traffic.time)
        touched = frozenset(connections[number].remote for number in news if number in connections)
        self._pace(map(Peer, filter(None, touched)), traffic.time - traffic.span)
        return touched

    def _pace(self, peers: Iterable[Peer], time: float) -> None:
        self.paces.note(peers, self.history.tracks, self.details, time)

    def _apply(self, taken: Taken) -> Change:
        change = self._take_over(taken.state) if taken.state is not None else None
        changes = [self._follow(header, message) for header, message in taken.messages]
        if change is None and len(changes) == 1:
            return changes[0]
        if change is not None:
            changes.insert(0, change)
        return together(self.host, changes)

    def _take_over(self, state: State) -> Change:
        draft, time = cast("Draft", state.parts), state.header.time
        if draft.session is None or not all(isinstance(part, _OF_A_STATE) for part in draft):
            self._stream.distrust()
            raise RemoteProtocolError("what came as the state of a host is none")
        begun = draft.complete(self.history.limits)
        rows = [*begun.connections.values()]
        before = self.history.connections
        missed = self._missed(draft.session, rows, time)
        lost = self.history.started and self.history.origin != draft.session.origin
        self.history = begun
        seen = begun.coverage.end - begun.coverage.begin
        self.joined = begun.coverage.end if seen > _HARDLY_BEGUN else 0
        self.mixed = mixed_pasts(begun.tracks.values()) if self.joined else {}
        if draft.ages is not None:
            self.ages = draft.ages
        else:  # an enricher, or a recording, that does not tell of them
            self.ages.renew(before, begun.connections, time)
        self.details, self.paces, self._assembly = Details(), Paces(), Assembly()
        for part in draft:
            self._note(part)
        self._heard, self._sent = self._monotonic(), time  # perhaps of a collector anew
        self._looked = time
        return Change(self.host, missed, joined=True, lost=lost, touched=None)

    def _missed(self, session: Session, rows: list[Connection], time: float) -> list[Event]:
        """Return what must have happened since our own history broke off."""
        if not self.history.started or session.origin != self.history.origin:
            return []
        return self.history.keyframe(Keyframe(time, time, time, tuple(rows)))

    def _follow(self, header: Header, message: Message | None) -> Change:
        """Apply the next message of the stream."""
        match message:
            case Delta():
                events = self.history.delta(message)
                self._looked = message.time
                self.details.settle(events, self.history.tracks)
                self.details.follow(message)
                if self.details.counting:
                    self._pace({event.peer for event in events}, message.time)
                self.ages.follow(message, events)
                ended = {event.connection.remote for event in events}
                touched = ended.union(row.remote for row in message.changed)
                return Change(self.host, events, unseen=message.lost, touched=frozenset(touched))
            case Keyframe():
                whole = self._assembly.add(header, message, b"")
                if whole is None:
                    return NOTHING
                return Change(self.host, self._keyframe(whole), touched=None)
            case Ended():
                self.details.end(message, self.history.tracks)
                late = frozenset(addition.address for addition in message.late)
                return Change(self.host, touched=late)
            case _:
                self._note(message)
                return NOTHING

    def _keyframe(self, whole: Keyframe) -> list[Event]:
        before = self.history.connections
        events = self.history.keyframe(whole)
        self._looked = whole.time
        self.details.settle(events, self.history.tracks)
        self.details.renumber(before, self.history.connections)
        self.ages.renew(before, self.history.connections, whole.time)
        return events

    def _note(self, message: Message | None) -> None:
        """Take over what is no history."""
        match message:
            case Status():
                self.collector = message
            case Processes():
                self.details.introduce(message, self.history.connections)
            case Traffic():
                self._count(message)

    def _note_time(self, header: Header) -> None:
        """Take over the time, never backwards: a message may have waited in a queue."""
        if header.time > self.now():
            self._heard, self._sent = self._monotonic(), header.time
