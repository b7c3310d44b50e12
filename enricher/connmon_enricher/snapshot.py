"""The state for a display that joins, in numbered parts.

The display pulls some parts after the others, so a slow one costs nothing but its own time. To take
a large one holds everybody up, so those that join right after another get the same snapshot, and
what followed it as anybody who missed something does.
"""

from collections.abc import Callable, Iterable, Iterator

from connmon_enricher.stream import Stream
from connmon_shared import codec
from connmon_shared.messages import Message, StateRequest, kind_of
from connmon_shared.wire import Frames

KEPT_SECONDS = 30.0  # a display that takes longer between two requests begins anew
KEPT_PARTS = 512  # of all snapshots; a part has at most 200 kB
SAME_SECONDS = 1.0  # as long as nothing numbered follows, only counters and statuses get older
SHARED_TIMES = 5  # so many times as long as it took to take, it is handed to those that begin

Place = tuple[str, bytes, int]  # host, epoch, seq


class _Snapshot:
    """A state as it was, encoded as it is asked for."""

    def __init__(self, messages: Iterable[Message], now: Callable[[], float]) -> None:
        begun = now()
        self._parts: list[Message | tuple[str, bytes]] = [*messages]
        self.taken = self.used = now()
        self.cost = self.taken - begun  # seconds

    def __len__(self) -> int:
        return len(self._parts)

    def part(self, index: int) -> tuple[str, bytes]:
        """Return kind and body."""
        part = self._parts[index]
        if not isinstance(part, tuple):
            part = self._parts[index] = kind_of(part), codec.encode(part)
        return part


class Snapshots:
    """Answers requests for the state of any stream."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._kept: dict[Place, _Snapshot] = {}  # the one used longest ago first

    def answer(self, stream: Stream, request: StateRequest) -> Iterator[Frames]:
        """Yield the parts asked for, as far as there are; nothing if they are no longer kept."""
        host, epoch, _ = stream.place
        place = self._begin(stream) if request.part == 0 else (host, epoch, request.snapshot)
        snapshot = self._kept.get(place)
        if snapshot is None:
            return
        self._kept[place] = self._kept.pop(place)
        snapshot.used = self._now()
        for index in range(request.part, min(request.part + request.count, len(snapshot))):
            part = (index, len(snapshot))
            yield stream.answer(*snapshot.part(index), place[2], part)

    def forget(self) -> None:
        """Let go of what nobody has asked for in a while."""
        now = self._now()
        self._kept = {
            place: kept for place, kept in self._kept.items() if now - kept.used < KEPT_SECONDS
        }

    def outdate(self, host: str) -> None:
        """Let go of the states of `host`: they lack something that no number tells of."""
        self._kept = {place: kept for place, kept in self._kept.items() if place[0] != host}

    def _begin(self, stream: Stream) -> Place:
        """Return the place of a snapshot that is new enough to begin with."""
        for place in reversed(self._kept):
            if self._serves(stream, place):
                return place
        self.forget()
        self._kept[stream.place] = _Snapshot(stream.describe(), self._now)
        self._make_room()
        return stream.place

    def _serves(self, stream: Stream, place: Place) -> bool:
        """Return whether the snapshot at `place` may be handed to who asks for the state."""
        if place[:2] != stream.place[:2] or not stream.reaches(place[2]):
            return False
        kept = self._kept[place]
        fair = SAME_SECONDS if place == stream.place else SHARED_TIMES * kept.cost
        return self._now() < kept.taken + fair

    def _make_room(self) -> None:
        parts = sum(map(len, self._kept.values()))
        while parts > KEPT_PARTS and len(self._kept) > 1:
            parts -= len(self._kept.pop(next(iter(self._kept))))
