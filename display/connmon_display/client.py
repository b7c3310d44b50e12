"""The display's two sockets: the stream of the view, and requests for the state."""

from collections.abc import Callable, Iterator

import zmq

from connmon_display.follow import Change
from connmon_display.pipeline import Pipeline
from connmon_display.source import Source
from connmon_shared import codec, sockets, wire
from connmon_shared.clock import boottime
from connmon_shared.loop import Loop, Timer
from connmon_shared.runtime import Runtime

_PROBE_SECONDS = 1.0  # between two attempts to reach an enricher that is silent
_CLIENT_HOST = "display"

#: Is handed ("answer" or "stream", frames) of each message that was readable.
Tap = Callable[[str, wire.Frames], None]


class Client(Source):
    """Feeds a Pipeline from the sockets.

    Args:
        runtime: where the enricher is.
        loop: waits for the sockets.
        tap: sees every message, too.
    """

    def __init__(self, runtime: Runtime, loop: Loop, tap: Tap | None = None) -> None:
        super().__init__(Pipeline(boottime))
        self._view_endpoint = runtime.view
        self._tap = tap
        self._probe = Timer(_PROBE_SECONDS)
        self._trouble = ""
        self._sender = wire.Sender(_CLIENT_HOST, wire.new_epoch())
        self._context: zmq.Context[sockets.Socket] = zmq.Context()
        self._stream = sockets.subscriber(self._context, wire.EVERYTHING)
        self._state = sockets.client(self._context)
        self._stream.connect(runtime.view)
        self._state.connect(runtime.state)
        loop.watch(self._stream)
        loop.watch(self._state)

    def receive(self) -> Iterator[Change]:
        """Yield what the waiting messages changed, and send the requests that are due."""
        answer, hear = self.pipeline.answer, self.pipeline.hear
        for name, sock, take in (("answer", self._state, answer), ("stream", self._stream, hear)):
            for frames in sockets.drain(sock):
                try:
                    yield take(*wire.split(frames))
                except codec.RemoteProtocolError:
                    self.pipeline.rejected += 1
                    continue
                if self._tap is not None:
                    self._tap(name, frames)
        for request in self.pipeline.requests():
            try:
                self._state.send_multipart(self._sender.frames(request, 0.0), zmq.DONTWAIT)
            except zmq.Again:
                return  # the enricher is not there yet; it is asked again in a second

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
