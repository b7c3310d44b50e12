"""The state for a display that joins: history, sockets, details, facts, status, in numbered parts.

The display pulls one part after the other, so a slow one costs nothing but its own time.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from connmon_shared import codec
from connmon_shared.messages import Message, StateRequest, Wait, kind_of
from connmon_shared.wire import Frames, Sender

KEPT_SECONDS = 30.0  # a display that takes longer between two parts begins anew
KEPT_SNAPSHOTS = 8

Part = tuple[str, bytes]  # (kind, body)


@dataclass(frozen=True, slots=True)
class _Snapshot:
    parts: list[Part]
    taken: float


class Snapshots:
    """Answers requests for the state.

    A snapshot is named by its number in the view's sequence, and ends with the view's epoch: a
    new epoch may use the number for another state.
    """

    def __init__(
        self, sender: Sender, describe: Callable[[], Iterable[Message]], now: Callable[[], float]
    ) -> None:
        self._sender = sender
        self._describe = describe
        self._now = now
        self._kept: dict[int, _Snapshot] = {}
        self._epoch = sender.epoch  # of what is kept

    def answer(self, request: StateRequest) -> Frames:
        """Return the frames of the part asked for.

        Part 0 is always of the state as it is now. A later part of a snapshot that is no longer
        kept is answered with `wait`: the display begins anew.
        """
        if self._epoch != self._sender.epoch:
            self._epoch, self._kept = self._sender.epoch, {}
        seq = self._sender.seq if request.part == 0 else request.snapshot
        if request.part == 0 and seq not in self._kept:
            self._take(seq)
        snapshot = self._kept.get(seq)
        if snapshot is None or request.part >= len(snapshot.parts):
            return self.refuse("this part of the state is no longer kept; ask for part 0")
        kind, body = snapshot.parts[request.part]
        part = (request.part, len(snapshot.parts))
        return self._sender.answer(kind, body, self._now(), seq, part)

    def refuse(self, reason: str) -> Frames:
        """Return the frames that tell a display why it gets no state now."""
        return self._sender.frames(Wait(reason), self._now())

    def _take(self, seq: int) -> None:
        now = self._now()
        fresh = {s: kept for s, kept in self._kept.items() if now - kept.taken < KEPT_SECONDS}
        while len(fresh) >= KEPT_SNAPSHOTS:
            del fresh[min(fresh)]
        parts = [(kind_of(message), codec.encode(message)) for message in self._describe()]
        self._kept = {**fresh, seq: _Snapshot(parts, now)}
