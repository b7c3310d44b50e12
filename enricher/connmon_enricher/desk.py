"""Answers displays: with a state, with what they missed, or with why they get none of it. Pure."""

import logging
import math
from collections.abc import Callable, Iterable, Sequence
from itertools import chain

from connmon_enricher.snapshot import Snapshots
from connmon_enricher.stream import Stream
from connmon_shared import codec, wire
from connmon_shared.messages import RepeatRequest, Shown, StateRequest, Wait

HEARD_SECONDS = 0.5  # in which a viewer is heard once when it says what it shows
MAX_HEARD = 64  # viewers in that time, whatever names they give themselves
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
        look_at: is told which addresses are on a screen.
    """

    def __init__(
        self,
        stream_of: Callable[[str], Stream],
        now: Callable[[], float],
        look_at: Callable[[Iterable[bytes]], None],
    ) -> None:
        self.repeated = 0
        self._look_at = look_at
        self._heard: set[bytes] = set()  # viewers
        self._heard_since = -math.inf
        self._stream_of = stream_of
        self._now = now
        self._snapshots = Snapshots(now)
        self._epoch = wire.new_epoch()

    def answer(self, viewer: bytes, frames: Sequence[bytes]) -> Iterable[wire.Frames]:
        """Return the answers to the request in `frames`, which came from `viewer`.

        Raises:
            RemoteProtocolError: it breaks the protocol.
        """
        header, body = wire.split(frames)
        request = codec.decode(header.kind, body)
        if isinstance(request, Shown):
            if self._hears(viewer):
                self._look_at(request.addresses)
            return ()
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

    def outdate(self, host: str) -> None:
        """Hand out the state of `host` no longer as it was."""
        self._snapshots.outdate(host)

    def tidy(self) -> None:
        """Let go of states that nobody has asked for in a while."""
        self._snapshots.forget()

    def _hears(self, viewer: bytes) -> bool:
        """Return whether `viewer` may say what it shows: not all the time."""
        now = self._now()
        if now - self._heard_since >= HEARD_SECONDS:
            self._heard, self._heard_since = set(), now
        if viewer in self._heard or len(self._heard) >= MAX_HEARD:
            return False
        self._heard.add(viewer)
        return True

    def _repeat(self, stream: Stream, request: RepeatRequest) -> list[wire.Frames]:
        missed = stream.repeat(request)
        if missed is None:
            return self._refuse(request.host, _NO_LONGER)
        self.repeated += len(missed)
        log.debug("%d messages of %r are sent again", len(missed), request.host)
        return missed

    def _refuse(self, host: str, reason: str) -> list[wire.Frames]:
        return [wire.Sender(host, self._epoch).frames(Wait(reason), self._now())]
