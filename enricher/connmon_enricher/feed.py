"""Following a collector: which of its messages apply, which are missing. Pure.

A collector's stream is whole when every numbered message builds on the one before. After a
loss, and for a collector that was restarted, only a keyframe makes it whole again.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from connmon_enricher.late import Late
from connmon_shared import codec
from connmon_shared.messages import (
    KINDS,
    ROWS_PER_PART,
    Addition,
    Counters,
    Delta,
    Ended,
    Header,
    Keyframe,
    Names,
    ObservedName,
    Processes,
    Status,
    Traffic,
)
from connmon_shared.timelines.ages import Ages
from connmon_shared.timelines.details import Details
from connmon_shared.timelines.history import Event, History
from connmon_shared.wire import Assembly

MAX_STRANGERS = 16  # other collectors that are named in the log; more would only fill it
CLOCK_STEP = 5.0  # seconds: a history cannot take in times that lie further back
CLOCK_DRIFT = 1e-4  # seconds a second by which two hosts' clocks may drift apart
SILENCE = 3.0  # seconds (or intervals, whichever is longer) after which another may take over
LONGEST_INTERVAL = 60.0  # seconds that a collector may take between two samples
LATEST = 1e10  # seconds since 1970, the year 2286: a clock that shows more is none


@dataclass(frozen=True, slots=True)
class Step:
    """What one message led to."""

    events: tuple[Event, ...] = ()
    forward: tuple[tuple[str, bytes], ...] = ()  # (kind, body) for the displays, in order
    names: tuple[ObservedName, ...] = ()  # that resolvers gave
    resync: bool = False  # a keyframe is needed
    fresh: bool = False  # the history begins anew
    note: str = ""  # for the log


class Feed:
    """The state of the one collector of a host that is followed, and the history made of it.

    Attributes:
        history: of the host.
        details: of its processes and traffic.
        ages: since when its connections are there.
        status: the collector's latest.
        lag: seconds that the latest delta took to get here, beyond the least that one ever took:
            the clocks of two hosts need not agree.
    """

    def __init__(self, history: History, now: Callable[[], float]) -> None:
        self.history = history
        self.details = Details()
        self.ages = Ages()
        self.status: Status | None = None
        self.lag = 0.0
        self._now = now
        self._epoch = b""
        self._seq = -1  # the last number applied; -1: not in sync
        self._least = math.inf  # seconds: the least lag, by both clocks
        self._heard = 0.0
        self._sent = 0.0  # when the message heard last was sent, by the collector's clock
        self._left: float | None = None  # when the one before was heard last, by its clock
        self._assembly = Assembly()
        self._late = Late()
        self._strangers: set[bytes] = set()

    def receive(self, header: Header, body: bytes) -> Step:
        """Take one message.

        Raises:
            RemoteProtocolError: its body breaks the protocol.
        """
        if header.time > LATEST:
            raise codec.RemoteProtocolError(f"sent at {header.time:g} seconds after 1970")
        note = ""
        if header.epoch != self._epoch:
            if self._live() and not self._began_later(header, body):
                return self._refuse(header)
            note = f"following the collector on {header.host!r}"
            if self._seq >= 0:
                self._left = self._sent
            self._epoch, self._seq, self._least = header.epoch, -1, math.inf
            self._strangers.discard(header.epoch)
        if header.kind == "keyframe":
            step = self._keyframe(header, body)
        elif header.kind in {"delta", "processes"} or _is_new_to_us(header):
            step = self._numbered(header, body)
        else:
            step = self._other(header, body)
        # Only now: messages that nobody can read do not keep a collector's place.
        self._note_time(header)
        return replace(step, note=f"{note}; {step.note}".rstrip("; ")) if note else step

    def time(self) -> float:
        """Return the time on the collector's clock: all of one history counts by one clock."""
        return self._sent + self._now() - self._heard

    def _note_time(self, header: Header) -> None:
        now = self._now()
        if header.kind == "delta":
            lag = now - header.time
            self._least = min(lag, self._least + CLOCK_DRIFT * (now - self._heard))
            self.lag = lag - self._least
        self._heard, self._sent = now, header.time

    @property
    def silence(self) -> float:
        """Seconds since the collector was heard."""
        return self._now() - self._heard

    def _live(self) -> bool:
        interval = min(self.status.interval, LONGEST_INTERVAL) if self.status else 0.0
        patience = SILENCE * max(1.0, interval)
        return bool(self._epoch) and self.silence < patience

    def _began_later(self, header: Header, body: bytes) -> bool:
        """Return whether it comes from a collector that was started after the one we follow.

        So one that was killed and started again need not wait; and of two that call their host by
        the same name we follow one, not now this and now that.
        """
        if header.kind != "status":
            return False
        message = codec.decode(header.kind, body)
        began = min(self.status.started, self._sent) if self.status is not None else 0.0
        return isinstance(message, Status) and began < message.started <= header.time

    def _refuse(self, header: Header) -> Step:
        if header.epoch in self._strangers or len(self._strangers) >= MAX_STRANGERS:
            return Step()
        self._strangers.add(header.epoch)
        return Step(
            note=f"another collector, on {header.host!r}: it is followed once the first is silent"
        )

    def _keyframe(self, header: Header, body: bytes) -> Step:
        if self._seq in {header.base, header.seq}:  # in sync: nothing in it is news
            self._seq = header.seq
            return Step()
        message = codec.decode(header.kind, body)
        if not isinstance(message, Keyframe):
            raise codec.RemoteProtocolError("not a keyframe")
        whole = self._assembly.add(header, message, body)
        if whole is None:
            return Step()
        self._see_room(len(whole.connections))
        self._seq = header.seq
        known = self.history
        fresh = known.started and known.seconds(known.coverage.end) - whole.time > CLOCK_STEP
        if fresh:
            self.history, self.details = History(known.limits), Details()
            self.ages = Ages()
        forward = () if fresh else self._lose_until(whole.begin)
        self._left = None
        before, first = self.history.connections, not self.history.started
        events = self.history.keyframe(whole)
        forward += _ended(self.details.settle(events, self.history.tracks))
        self.details.renumber(before, self.history.connections)
        self._late.clear()
        self.ages.renew(before, self.history.connections, whole.time, first=first)
        note = "the collector's clock went back: the history begins anew" if fresh else ""
        forward += tuple(("keyframe", part) for part in self._assembly.bodies)
        self._assembly = Assembly()
        return Step(tuple(events), forward, fresh=fresh, note=note)

    def _lose_until(self, begin: float) -> tuple[tuple[str, bytes], ...]:
        """Take back what a collector that is gone has vouched for beyond its end.

        A heartbeat vouches for all of its slot, which has only begun; nobody knows how much of it
        the collector still saw.
        """
        known = self.history
        if self._left is None or not known.started:
            return ()
        # In whole ticks: something was seen in the one in which each of the two was heard.
        first, after = known.tick(self._left) + 1, known.tick(begin)
        if first >= min(after, known.coverage.end):
            return ()
        lost = known.seconds(first), known.seconds(after)
        gone = Delta(self._left, self._left, self._left, (), (), (lost,))
        known.delta(gone)
        return (("delta", codec.encode(gone)),)

    def _see_room(self, connections: int) -> None:
        if connections > self.history.limits.open:
            self._seq = -1
            raise codec.RemoteProtocolError(f"{connections:,} connections: more than are followed")

    def _numbered(self, header: Header, body: bytes) -> Step:
        if self._seq < 0 or header.base != self._seq:
            lost = self._seq >= 0
            self._seq = -1
            return Step(resync=True, note="a message was lost: asking for a keyframe" * lost)
        if _is_new_to_us(header):  # what builds on it can be applied all the same
            self._seq = header.seq
        message = codec.decode(header.kind, body)
        self._seq = header.seq
        events: list[Event] = []
        ended: tuple[tuple[str, bytes], ...] = ()
        match message:
            case Delta():
                more = len(message.changed) - len(message.gone)
                self._see_room(len(self.history.connections) + more)
                events = self.history.delta(message)
                ended = _ended(self.details.settle(events, self.history.tracks))
                self._late.note(events, self.details)
                self.details.follow(message)
                self.ages.follow(message, events)
            case Processes():
                self.details.introduce(message, self.history.connections)
        return Step(tuple(events), (*ended, (header.kind, body)))

    def _other(self, header: Header, body: bytes) -> Step:
        message = codec.decode(header.kind, body)
        match message:
            case Status():
                self.status = message
            case Traffic():
                if self._seq < 0:  # who knows whose numbers these are
                    return Step()
                self.details.count(message, self.history.connections)
                if message.final:  # told with what ends, numbered: `_ended`
                    body = codec.encode(replace(message, final=()))
                    late = _late(self._late.add(message.final, self.history.tracks))
                    return Step(forward=(*late, (header.kind, body)))
            case Names(names=names):
                return Step(names=names)
            case _:
                raise codec.RemoteProtocolError(f"a collector sends no {header.kind!r:.40}")
        return Step(forward=((header.kind, body),))


def _ended(settled: tuple[Counters, ...]) -> tuple[tuple[str, bytes], ...]:
    """Return what tells viewers what was added to the rows: they may have missed counters."""
    parts = range(0, len(settled), ROWS_PER_PART)
    return tuple(("ended", codec.encode(Ended(settled[at : at + ROWS_PER_PART]))) for at in parts)


def _late(added: list[tuple[Counters, Addition]]) -> Iterator[tuple[str, bytes]]:
    """Yield what tells viewers what was added to rows after connections had ended."""
    for at in range(0, len(added), ROWS_PER_PART):
        final, late = zip(*added[at : at + ROWS_PER_PART], strict=True)
        yield "ended", codec.encode(Ended(final, late))


def _is_new_to_us(header: Header) -> bool:
    """Return whether it is of a numbered kind that only a later version knows."""
    return header.kind not in KINDS and header.seq != header.base
