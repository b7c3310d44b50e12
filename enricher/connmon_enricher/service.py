"""The loop of the enricher: feed in, view out, requests answered.

```
collector ──feed──▶ Feed ──▶ History ──▶ view ──▶ displays
                    FactBook ──▶ facts ─┘  state ◀──▶ a display that joins
```
"""

import logging
from collections.abc import Iterator
from pathlib import Path

import zmq

from connmon_enricher.facts import FactBook
from connmon_enricher.feed import Feed, Step
from connmon_enricher.lookups import LookUps
from connmon_enricher.snapshot import Snapshots
from connmon_enricher.view import View
from connmon_shared import __version__, codec, sockets, wire
from connmon_shared.clock import boottime
from connmon_shared.description import describe, facts_in_parts
from connmon_shared.endpoints import Peer, text_of
from connmon_shared.history import Event, History
from connmon_shared.loop import Loop, Timer
from connmon_shared.messages import Message, StateRequest, Status
from connmon_shared.runtime import Runtime
from connmon_shared.text import clean

REFRESH_SECONDS = 30.0  # how often the names of connected addresses are looked at for age
RESYNC_SECONDS = 1.0  # between two requests for a keyframe
IDLE_SECONDS = 1.0  # the longest wait
log = logging.getLogger("connmon-enricher")


class Enricher:
    """All state and sockets of the stage."""

    def __init__(self, runtime: Runtime, look_ups: LookUps, loop: Loop) -> None:
        self._loop = loop
        self._look_ups = look_ups
        self._feed = Feed(History(), boottime)
        self._facts = FactBook(look_ups.geo, look_ups.names, self._connected)
        self._sender = wire.Sender("", wire.new_epoch())
        self._snapshots = Snapshots(self._sender, self._describe, self._feed.time)
        self._refresh = Timer(REFRESH_SECONDS)
        self._resync = Timer(RESYNC_SECONDS)
        self._complained: set[str] = set()
        self._context: zmq.Context[sockets.Socket] = zmq.Context()
        self._sub = sockets.subscriber(self._context, wire.EVERYTHING)
        self._state = sockets.server(self._context)
        self._endpoints = (runtime.feed, runtime.view, runtime.state)
        sockets.bind(self._sub, runtime.feed)
        runtime.admit_collector()
        self._view = View(self._context, runtime.view)
        sockets.bind(self._state, runtime.state)

    def run(self) -> None:
        """Serve until the loop says stop."""
        turns = {
            self._sub: self._take_feed,
            self._view.socket: self._welcome,
            self._state: self._answer_requests,
        }
        for sock in turns:
            self._loop.watch(sock)
        sources = {
            source.fileno(): take
            for source, take in (
                (self._look_ups.geo, self._take_geo),
                (self._look_ups.names, self._take_names),
            )
            if source is not None
        }
        for descriptor in sources:
            self._loop.watch(descriptor)
        while self._loop.stopping is None:
            for ready in self._loop.wait(IDLE_SECONDS):
                turn = sources[ready] if isinstance(ready, int) else turns[ready]
                turn()
            if self._refresh.take():
                self._facts.refresh({row.remote for row in self._feed.history.connected()})

    def close(self) -> None:
        """Let go of everything, without waiting for anybody."""
        for look_up in (self._look_ups.geo, self._look_ups.names):
            if look_up is not None:
                look_up.close()
        self._context.destroy(linger=0)
        for endpoint in self._endpoints:
            Path(endpoint.removeprefix(sockets.IPC)).unlink(missing_ok=True)

    def _take_feed(self) -> None:
        for frames in sockets.drain(self._sub):
            try:
                header, body = wire.split(frames)
                step = self._feed.receive(header, body)
            except codec.RemoteProtocolError as error:
                self._complain("feed", f"dropped a message of the feed: {error}")
                continue
            self._follow(step)

    def _follow(self, step: Step) -> None:
        if step.note:
            log.info(step.note)
        self._sender.host = self._feed.host
        if step.fresh:  # displays notice the new epoch and take the new history over
            self._sender.epoch = wire.new_epoch()
        if step.names:
            self._facts.observed(step.names)
        self._learn(step.events)
        self._publish_news()  # first: what a display says of a new address needs its place
        for index, (kind, body) in enumerate(step.forward):
            part = (index, len(step.forward)) if kind == "keyframe" else wire.WHOLE
            self._view.publish(self._sender.forward(kind, body, self._feed.time(), part))
        if step.resync and self._resync.take():  # subscribing anew makes a publisher welcome us
            self._sub.unsubscribe(wire.EVERYTHING)
            self._sub.subscribe(wire.EVERYTHING)

    def _learn(self, events: tuple[Event, ...]) -> None:
        for address in {event.peer.address for event in events if not event.peer.listening}:
            self._facts.meet(address)

    def _connected(self, address: bytes) -> bool:
        track = self._feed.history.tracks.get(Peer(address))
        return track is not None and bool(track.open)

    def _welcome(self) -> None:
        for said in sockets.drain(self._view.socket):
            if said[0][:1] == b"\x01" and self._feed.history.started:
                self._view.publish(self._sender.frames(self._status(), self._feed.time()))

    def _answer_requests(self) -> None:
        for identity, *frames in sockets.drain(self._state):
            try:
                request = _request(frames)
            except codec.RemoteProtocolError as error:
                self._complain("state", f"dropped a request: {error}")
                continue
            if self._feed.history.started:
                answer = self._snapshots.answer(request)
            else:
                answer = self._snapshots.refuse("no collector has connected yet")
            self._state.send_multipart([identity, *answer], zmq.DONTWAIT)

    def _take_geo(self) -> None:
        geo = self._look_ups.geo
        if geo is not None:
            self._loop.forget(geo.fileno())
            for problem in geo.problems:
                log.warning(problem)
            self._facts.relocate()
            self._publish_news()
            self._view.publish(self._sender.frames(self._status(), self._feed.time()))

    def _take_names(self) -> None:
        names = self._look_ups.names
        if names is not None:
            for answer in names.answers():
                log.debug("%s is %r (%s)", text_of(answer.address), answer.name, answer.state)
                self._facts.named(answer.address, answer.name, answer.state)
            self._publish_news()

    def _publish_news(self) -> None:
        if not self._feed.history.started:
            return
        for part in facts_in_parts(self._facts.take_news()):
            self._view.publish(self._sender.frames(part, self._feed.time()))

    def _describe(self) -> Iterator[Message]:
        yield from describe(self._feed.history, self._feed.details)
        yield from facts_in_parts(self._facts.all())
        yield from (status for status in (self._feed.status, self._status()) if status)

    def _status(self) -> Status:
        geo = self._look_ups.geo
        problems = geo.problems if geo is not None else ()
        return Status(
            stage="enricher",
            version=__version__,
            source="feed",
            interval=0.0,
            limits=(),
            features=self._look_ups.features,
            problems=tuple(clean(text, codec.MAX_TEXT) for text in problems),  # may quote a path
        )

    def _complain(self, where: str, text: str) -> None:
        """Log the first complaint about each socket: a hostile peer must not fill the log."""
        if where not in self._complained:
            self._complained.add(where)
            log.warning("%s (further ones are not logged)", text)


def _request(frames: list[bytes]) -> StateRequest:
    header, body = wire.split(frames)
    request = codec.decode(header.kind, body)
    if not isinstance(request, StateRequest):
        raise codec.RemoteProtocolError(f"no request but {header.kind!r:.40}")
    return request
