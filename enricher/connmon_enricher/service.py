"""The loop of the enricher: feed in, view out, requests answered.

```
collector ──feed──▶ Feed ──▶ History ──▶ Stream ──▶ view ──▶ displays
                    FactBook ──▶ facts ──┘  └─▶ Desk ──state──▶ one that joins, or missed something
```
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import zmq

from connmon_enricher.desk import Desk, NoStateError
from connmon_enricher.door import RELOAD, Door, Entrances
from connmon_enricher.facts import FactBook
from connmon_enricher.feed import Step
from connmon_enricher.hosts import CrowdedError, Host, Hosts, OwnedError
from connmon_enricher.listening import Listening
from connmon_enricher.lookups import LookUps
from connmon_enricher.names.hosts_file import HostsFile
from connmon_enricher.status import UNTOLD, figures_of, status_of
from connmon_enricher.stream import Stream
from connmon_enricher.view import View
from connmon_shared import codec, sockets, wire
from connmon_shared.access.keys import default_directory
from connmon_shared.access.roles import Role
from connmon_shared.endpoints import text_of
from connmon_shared.messages import Figure, Message
from connmon_shared.stage.clock import Clock
from connmon_shared.stage.loop import Loop, Timer
from connmon_shared.stage.report import Report
from connmon_shared.stage.runtime import Runtime
from connmon_shared.timelines.description import facts_in_parts

REFRESH_SECONDS = 30.0  # between two looks for what is old: names, states, forgotten addresses
STATUS_SECONDS = 1.0  # between two statuses
SLICE_SECONDS = 0.1  # between two slices of what is looked up again
IDLE_SECONDS = 1.0  # the longest wait
log = logging.getLogger("connmon-enricher")


class Enricher:
    """All state and sockets of the stage.

    Raises:
        EndpointError: it cannot listen where it is to.
        TrustError: other hosts are to come in, and our key or a list is not there or not safe.
    """

    def __init__(
        self,
        runtime: Runtime,
        look_ups: LookUps,
        loop: Loop,
        entrances: Entrances,
    ) -> None:
        self._loop = loop
        self._look_ups = look_ups
        clock = Clock()
        self._context: zmq.Context[sockets.Socket] = zmq.Context()
        self._listening = Listening(loop)
        self._door = self._door_for(entrances)
        self._hosts = Hosts(self._publish, self._may_tell)
        self._own = Stream("", self._describe, clock.now, self._publish)
        self._hosts_file = HostsFile()
        self._facts = FactBook(
            look_ups.geo,
            look_ups.names,
            self._hosts.connected,
            self._hosts_file.get,
            self._hosts.keys,
        )
        self._desk = Desk(self._stream_of, clock.now, self._facts.looked_at)
        self._report = Report(clock.now(), self._figures)
        self._refresh = Timer(REFRESH_SECONDS)
        self._look = Timer(STATUS_SECONDS)
        self._slice = Timer(SLICE_SECONDS)
        self._joined = False  # a display, since the last status
        self._met = 0  # hosts, when our own state was looked through
        self._dropped = 0  # rows of the histories, when the facts were looked through
        self._rejected = 0  # messages
        self._complained: set[str] = set()
        self._sub = sockets.subscriber(self._context, wire.EVERYTHING)
        self._state = sockets.server(self._context)
        self._endpoints = (runtime.feed, runtime.view, runtime.state)
        sockets.bind(self._sub, runtime.feed)
        runtime.admit_collector()
        self._view = View(self._context, runtime.view)
        sockets.bind(self._state, runtime.state)
        self._let_in(entrances)

    def run(self) -> None:
        """Serve until the loop says stop."""
        turns = {
            self._sub: self._take_feed,
            self._view.socket: self._welcome,
            self._state: self._answer_requests,
        }
        if self._door is not None:
            turns[self._door.socket] = self._door.answer
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
            for ready in self._loop.wait(self._patience):
                turn = sources.get(ready) if isinstance(ready, int) else turns.get(ready)
                if turn is not None:  # else an endpoint was closed
                    turn()
            self._tend()

    def close(self) -> None:
        """Let go of everything, without waiting for anybody."""
        for look_up in (self._look_ups.geo, self._look_ups.names):
            if look_up is not None:
                look_up.close()
        self._context.destroy(linger=0)
        for endpoint in self._endpoints:
            Path(endpoint.removeprefix(sockets.IPC)).unlink(missing_ok=True)

    @property
    def _patience(self) -> float:
        """For how many seconds there is nothing to do by itself."""
        if self._facts.busy:
            return self._slice.left
        return self._look.left if self._joined else IDLE_SECONDS

    def _door_for(self, entrances: Entrances) -> Door | None:
        if not any(entrances):
            return None
        return Door(self._context, default_directory(), self._listening)

    def _let_in(self, entrances: Entrances) -> None:
        """Listen for other hosts as well, where these say."""
        if self._door is None:
            return
        if entrances.viewers is not None:
            self._door.open(self._view.socket, entrances.viewers, Role.VIEWER)
            self._door.open(self._state, entrances.viewers.next, Role.VIEWER)
        if entrances.collectors is not None:
            self._door.open(self._sub, entrances.collectors, Role.COLLECTOR)

    def _may_tell(self, key: str) -> bool:
        return self._door is not None and self._door.allows_collector(key)

    def _tend(self) -> None:
        """Do what nobody asks for."""
        if self._facts.busy and self._slice.take():
            self._facts.go_on()
            self._publish_news()
        if self._refresh.take():
            self._tidy()
        if self._look.take():
            self._tell_status()
            self._reread_hosts()
        self._tend_door()
        for note in self._listening.tend():
            log.warning(note)

    def _tend_door(self) -> None:
        if self._door is None:
            return
        if RELOAD in self._loop.take_notes():
            self._door.read()
        self._door.tend()
        for note in self._door.take_notes():
            log.info(note)

    def _take_feed(self) -> None:
        for key, frames in sockets.drain_by_key(self._sub):
            try:
                self._follow(*self._hosts.receive(*wire.split(frames), key))
            except codec.RemoteProtocolError as error:
                self._reject("feed", f"dropped a message of the feed: {error}")
            except CrowdedError as error:
                self._reject("hosts", str(error))
            except OwnedError as error:
                self._reject("keys", str(error))

    def _follow(self, host: Host, step: Step) -> None:
        if step.note:
            log.info(step.note)
        if self._hosts.met != self._met:  # our own state names them all
            self._met = self._hosts.met
            self._desk.outdate("")
        if step.fresh:  # displays notice the new epoch and take the new history over
            host.stream.renew()
            self._facts.keep(self._hosts.addresses())
        if step.names:
            self._facts.observed(step.names, host.key)
        for address in {event.peer.address for event in step.events if not event.peer.listening}:
            self._facts.meet(address)
        self._publish_news()  # first: what a display says of a new address needs its place
        host.forward(step)
        if step.resync and host.resync.take():
            self._ask_for_keyframe(host.name)

    def _ask_for_keyframe(self, name: str) -> None:
        """Subscribe to that host's topics anew, beside everything: its collector welcomes us."""
        self._sub.unsubscribe(wire.topic(name, ""))
        self._sub.subscribe(wire.topic(name, ""))

    def _welcome(self) -> None:
        self._joined = self._view.joined() or self._joined

    def _answer_requests(self) -> None:
        for identity, *frames in sockets.drain(self._state):
            try:
                answers = self._desk.answer(identity, frames)
            except codec.RemoteProtocolError as error:
                self._reject("state", f"dropped a request: {error}")
                continue
            sockets.notice(self._state)
            for answer in answers:
                self._state.send_multipart([identity, *answer], zmq.DONTWAIT)

    def _stream_of(self, name: str) -> Stream:
        if not name:
            return self._own
        host = self._hosts.get(name)
        if host is None or not host.history.started:
            raise NoStateError(f"no collector on {name!r:.100} has connected yet")
        return host.stream

    def _take_geo(self) -> None:
        geo = self._look_ups.geo
        if geo is not None:
            news = geo.take()
            for problem in news.problems:
                log.warning(problem)
            if news.table:
                self._facts.relocate()

    def _take_names(self) -> None:
        names = self._look_ups.names
        if names is not None:
            for answer in names.answers():
                log.debug("%s is %r (%s)", text_of(answer.address), answer.name, answer.state)
                self._facts.named(answer)
            self._publish_news()

    def _reread_hosts(self) -> None:
        if self._hosts_file.renew():
            self._facts.hosts_changed()
            self._publish_news()

    def _publish_news(self) -> None:
        for part in facts_in_parts(self._facts.take_news()):
            self._own.send(part)

    def _publish(self, frames: wire.Frames) -> None:
        self._view.publish(frames)

    def _tell_status(self) -> None:
        status = status_of(self._look_ups)
        told = self._report.tell(status) if self._joined else self._report.news(status)
        self._joined = False
        if told is not None:
            self._own.send(told)

    def _tidy(self) -> None:
        """Ask for names again that are old, and let go of what nobody needs any more."""
        self._desk.tidy()
        dropped = sum(host.history.dropped for host in self._hosts)
        if dropped != self._dropped:
            self._dropped = dropped
            self._facts.keep(self._hosts.addresses())
        if self._look_ups.geo is not None:
            self._look_ups.geo.look()
        self._facts.refresh()
        if self._look_ups.names is not None:
            self._look_ups.names.keep()

    def _describe(self) -> Iterator[Message]:
        yield self._report.complete(status_of(self._look_ups))
        for host in self._hosts:
            yield replace(host.feed.status or UNTOLD, host=host.name)
        yield from facts_in_parts(self._facts.all())

    def _figures(self) -> Iterable[Figure]:
        yield from figures_of(self._own, self._hosts, self._view)
        yield Figure("repeated", self._desk.repeated)
        yield Figure("rejected", self._rejected)
        if self._look_ups.names is not None:
            yield Figure("unasked", self._look_ups.names.dropped)

    def _reject(self, where: str, text: str) -> None:
        """Log the first complaint of each kind: a hostile peer must not fill the log."""
        self._rejected += 1
        if where not in self._complained:
            self._complained.add(where)
            log.warning("%s (further ones are not logged)", text)
