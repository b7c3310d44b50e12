"""The display's two sockets: the stream of the view, and requests for the state."""

import logging
from collections.abc import Callable, Iterator

import zmq

from connmon_display.attachment import Target, attach
from connmon_display.follow import Change
from connmon_display.pipeline import Pipeline
from connmon_display.source import Source
from connmon_shared import codec, sockets, wire
from connmon_shared.clock import boottime
from connmon_shared.loop import Loop

log = logging.getLogger("connmon-display")
_CLIENT_HOST = "display"

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

    def receive(self) -> Iterator[Change]:
        """Yield what the waiting messages changed, and send the requests that are due."""
        self._link.tend()
        if not self._link.sockets:
            return
        stream, state = self._link.sockets
        answer, hear = self.pipeline.answer, self.pipeline.hear
        for name, sock, take in (("answer", state, answer), ("stream", stream, hear)):
            for frames in sockets.drain(sock):
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

    @property
    def own_problems(self) -> tuple[str, ...]:
        """Why another host cannot be reached, if it cannot."""
        failure = self._link.failure
        return (str(failure),) if failure is not None else ()

    def trouble(self) -> str:
        """Return why the enricher cannot be reached, empty if it can."""
        return self._link.trouble

    def close(self) -> None:
        """Let go of both sockets at once."""
        self._context.destroy(linger=0)
