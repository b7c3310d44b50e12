"""The display's two sockets: the stream of the view, and requests for the state."""

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator

import zmq

from connmon_display import PROGRAM
from connmon_display.following.attachment import Target, attach
from connmon_display.following.change import Change
from connmon_display.following.pipeline import Pipeline
from connmon_display.following.silence import Silence
from connmon_display.following.source import Source
from connmon_display.following.visible import Visible
from connmon_shared import codec, sockets, wire
from connmon_shared.stage.clock import boottime
from connmon_shared.stage.loop import Loop

log = logging.getLogger(PROGRAM)
_CLIENT_HOST = "display"
_NO_ANSWER = "the enricher does not answer: connmon status tells how the stages fare"

#: Is handed ("answer" or "stream", frames) of each message that was readable.
Tap = Callable[[str, wire.Frames], None]


class Client(Source):
    """Feeds a Pipeline from the sockets.

    Args:
        target: where the enricher is.
        loop: waits for the sockets.
        tap: sees every message, too.
    """

    def __init__(self, target: Target, loop: Loop, tap: Tap | None = None) -> None:
        super().__init__(Pipeline(boottime))
        self._tap = tap
        self._sender = wire.Sender(_CLIENT_HOST, wire.new_epoch())
        self._context: zmq.Context[sockets.Socket] = zmq.Context()
        self._link = attach(target, self._context, loop)
        self._visible = Visible()
        self._silence = Silence(boottime())

    def receive(self) -> Iterator[Change]:
        """Yield what the waiting messages changed, and send the requests that are due."""
        self._silence.look(boottime())
        self._link.tend()
        if not self._link.sockets:
            return
        stream, state = self._link.sockets
        answer, hear = self.pipeline.answer, self.pipeline.hear
        for name, sock, take in (("answer", state, answer), ("stream", stream, hear)):
            for frames in sockets.drain(sock):
                self._silence.end(boottime())
                try:
                    change = take(*wire.split(frames))
                except codec.RemoteProtocolError as error:
                    self.pipeline.reject()
                    log.debug("dropped a message: %s", error)
                    continue
                if change.joined:
                    again = ", which knows less than we did" if change.lost else ""
                    log.debug("took over the state of %r%s", change.host, again)
                yield change
                if self._tap is not None:
                    self._tap(name, frames)
        for request in self.pipeline.requests():
            log.debug("asking for %s", request)
            try:
                state.send_multipart(self._sender.frames(request, 0.0), zmq.DONTWAIT)
            except zmq.Again:
                return  # the enricher is not there yet; it is asked again in a second

    def show(self, addresses: Iterable[bytes]) -> None:
        """Tell the enricher which of `addresses`, those on the screen, want a name."""
        message = self._visible.message(addresses, self.facts, boottime())
        if message is not None and self._link.sockets:
            with contextlib.suppress(zmq.Again):  # it is told again
                frames = self._sender.frames(message, 0.0)
                self._link.sockets[1].send_multipart(frames, zmq.DONTWAIT)

    @property
    def own_problems(self) -> tuple[str, ...]:
        """Why nothing comes, if nothing does."""
        failure = self._link.failure
        if failure is not None:
            return (str(failure),)
        return (self.trouble(),) if self._silence.long else ()

    def trouble(self) -> str:
        """Return why the enricher cannot be reached, or does not answer; empty if it does."""
        return self._link.trouble or (_NO_ANSWER if self._silence.long else "")

    @property
    def next_attempt(self) -> float:
        """Seconds until another host is tried again; 0: it is tried now."""
        return self._link.next_attempt

    def close(self) -> None:
        """Let go of both sockets at once."""
        self._context.destroy(linger=0)
