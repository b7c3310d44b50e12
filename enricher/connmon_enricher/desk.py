"""Answers displays: with a state, with what they missed, or with why they get none of it. Pure."""

import logging
from collections.abc import Callable, Iterable, Sequence
from itertools import chain

from connmon_enricher.snapshot import Snapshots
from connmon_enricher.stream import Stream
from connmon_shared import codec, wire
from connmon_shared.messages import RepeatRequest, StateRequest, Wait

log = logging.getLogger("connmon-enricher")
_NO_LONGER = "this is no longer kept; ask for part 0 of the state"


class NoStateError(Exception):
    """There is no state of that host yet; the text says why."""


class Desk:
    """Turns requests into answers.

    Attributes:
        repeated: how many messages were sent again.

    Args:
        stream_of: returns the stream of a host, or raises NoStateError.
        now: the time of day, never backwards.
    """

    def __init__(self, stream_of: Callable[[str], Stream], now: Callable[[], float]) -> None:
        self.repeated = 0
        self._stream_of = stream_of
        self._now = now
        self._snapshots = Snapshots(now)
        self._epoch = wire.new_epoch()

    def answer(self, frames: Sequence[bytes]) -> Iterable[wire.Frames]:
        """Return the answers to the request in `frames`.

        Raises:
            RemoteProtocolError: it breaks the protocol.
        """
        header, body = wire.split(frames)
        request = codec.decode(header.kind, body)
        if not isinstance(request, StateRequest | RepeatRequest):
            raise codec.RemoteProtocolError(f"no request but {header.kind!r:.40}")
        try:
            stream = self._stream_of(request.host)
        except NoStateError as error:
            return self._refuse(request.host, str(error))
        if isinstance(request, RepeatRequest):
            return self._repeat(stream, request)
        if request.part == 0:
            log.debug("a display takes the state of %r", request.host)
        parts = self._snapshots.answer(stream, request)
        first = next(parts, None)
        if first is None:
            return self._refuse(request.host, _NO_LONGER)
        return chain([first], parts)  # one is sent while the next is still to be encoded

    def tidy(self) -> None:
        """Let go of states that nobody has asked for in a while."""
        self._snapshots.forget()

    def _repeat(self, stream: Stream, request: RepeatRequest) -> list[wire.Frames]:
        missed = stream.repeat(request)
        if missed is None:
            return self._refuse(request.host, _NO_LONGER)
        self.repeated += len(missed)
        log.debug("%d messages of %r are sent again", len(missed), request.host)
        return missed

    def _refuse(self, host: str, reason: str) -> list[wire.Frames]:
        return [wire.Sender(host, self._epoch).frames(Wait(reason), self._now())]
