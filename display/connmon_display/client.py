"""The display's two sockets: the stream of the view, and requests for the state."""

from collections.abc import Iterator

import zmq

from connmon_display.follow import Change, Follower
from connmon_shared import codec, sockets, wire
from connmon_shared.clock import boottime
from connmon_shared.loop import Loop, Timer
from connmon_shared.messages import Header
from connmon_shared.runtime import Runtime

STALE_INTERVALS = 3  # without a heartbeat
_UNREADABLE = "some messages of the enricher cannot be read: is it of another version?"
_PROBE_SECONDS = 1.0  # between two attempts to reach an enricher that is silent
_DEFAULT_INTERVAL = 1.0  # seconds, until the collector has told its own
_CLIENT_HOST = "display"


class Client:
    """Feeds a Follower from the sockets and keeps the time of the host that is watched."""

    def __init__(self, runtime: Runtime, loop: Loop) -> None:
        self.follower = Follower(boottime)
        self.rejected = 0  # messages that broke the protocol
        self._view_endpoint = runtime.view
        self._probe = Timer(_PROBE_SECONDS)
        self._trouble = ""
        self._sender = wire.Sender(_CLIENT_HOST, wire.new_epoch())
        self._heard = boottime()  # when the newest message came
        self._sent = 0.0  # by the collector's clock, when that message was sent
        self._context: zmq.Context[sockets.Socket] = zmq.Context()
        self._stream = sockets.subscriber(self._context, wire.EVERYTHING)
        self._state = sockets.client(self._context)
        self._stream.connect(runtime.view)
        self._state.connect(runtime.state)
        loop.watch(self._stream)
        loop.watch(self._state)

    def receive(self) -> Iterator[Change]:
        """Yield what the waiting messages changed, and send the request that is due."""
        for sock, take in ((self._state, self._answer), (self._stream, self._hear)):
            for frames in sockets.drain(sock):
                try:
                    yield take(*wire.split(frames))
                except codec.RemoteProtocolError:
                    self.rejected += 1
        request = self.follower.request()
        if request is not None:
            frames = self._sender.frames(request, 0.0)
            try:
                self._state.send_multipart(frames, zmq.DONTWAIT)
            except zmq.Again:
                return  # the enricher is not there yet; it is asked again in a second

    @property
    def interval(self) -> float:
        """Seconds between two heartbeats of the collector."""
        collector = self.follower.statuses.get("collector")
        return collector.interval if collector is not None else _DEFAULT_INTERVAL

    @property
    def problems(self) -> tuple[str, ...]:
        """What the stages say is wrong, with the remedy."""
        statuses = self.follower.statuses.values()
        unread = (_UNREADABLE,) if self.rejected else ()
        lost = [_lost(status.lost) for status in statuses if status.lost]
        return (*unread, *lost, *(problem for status in statuses for problem in status.problems))

    @property
    def features(self) -> frozenset[str]:
        """The look-ups that are on; a collector may observe names."""
        statuses = self.follower.statuses.values()
        return frozenset(feature for status in statuses for feature in status.features)

    @property
    def limits(self) -> tuple[str, ...]:
        """What the stages say that they cannot see by their nature."""
        statuses = self.follower.statuses.values()
        return tuple(limit for status in statuses for limit in status.limits)

    @property
    def silence(self) -> float:
        """Seconds since the last heartbeat."""
        history = self.follower.history
        return self.now() - history.seconds(history.coverage.end) + self.interval

    @property
    def stale(self) -> bool:
        """Whether heartbeats are missing."""
        return self.follower.live and self.silence > STALE_INTERVALS * self.interval

    def now(self) -> float:
        """Return the time on the collector's clock, seconds since 1970."""
        return self._sent + boottime() - self._heard

    def trouble(self) -> str:
        """Return why the enricher cannot be reached, empty if it can; tried once a second."""
        if self._probe.take():
            try:
                sockets.probe(self._view_endpoint)
                self._trouble = ""
            except sockets.EndpointError as error:
                self._trouble = str(error)
        return self._trouble

    def close(self) -> None:
        """Let go of both sockets at once."""
        self._context.destroy(linger=0)

    def _hear(self, header: Header, body: bytes) -> Change:
        self._note_time(header)
        return self.follower.hear(header, body)

    def _answer(self, header: Header, body: bytes) -> Change:
        change = self.follower.answer(header, body)
        if change.joined:  # perhaps of a collector with another clock
            self._heard, self._sent = boottime(), header.time
        return change

    def _note_time(self, header: Header) -> None:
        """Take over the time, never backwards: a message may have waited in a queue."""
        if header.time > self.now():
            self._heard, self._sent = boottime(), header.time


def _lost(count: int) -> str:
    events = "1 kernel event" if count == 1 else f"{count} kernel events"
    return f"{events} lost; the time around them is blank"
