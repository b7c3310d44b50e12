"""What is where in a recording, found by its blocks' headers alone."""

from array import array

from connmon_display.recording.blocks import FIRST_LINE, Kind, RecordingError
from connmon_display.recording.reading import Block, Reading

_MAX_STARTS = 1 << 14  # remembered; of more, every other one is forgotten


class Index:
    """Where a viewer can begin, and from when to when a recording is.

    Attributes:
        begin: when a viewer can begin first, seconds since 1970.
        end: when the last message came.
        unread: bytes that belong to no whole block: damaged, or cut off.

    Raises:
        RecordingError: nothing in it can be read.
    """

    def __init__(self, reading: Reading) -> None:
        self.end = 0.0
        self._times, self._places = array("d"), array("Q")
        self.unread, place = 0, len(FIRST_LINE)
        state: Block | None = None  # whose end is not seen yet: it may be cut off
        for block in reading.blocks():
            self.unread += block.start - place
            place = block.end
            self.end = max(self.end, block.header.last)
            kind = block.header.kind
            if state is not None and kind != Kind.MORE:
                self._note(state)
            if kind != Kind.MORE:
                state = block if kind == Kind.STATE else None
            if kind == Kind.SESSION:
                self._note(block)
        self.unread += reading.size - place
        if not self._times:
            raise RecordingError("nothing in it can be read")
        self.begin = min(self._times)

    def start_before(self, time: float) -> int:
        """Return the place of the last block to begin with that is not after `time`."""
        found = (
            place
            for begin, place in zip(reversed(self._times), reversed(self._places), strict=True)
            if begin <= time
        )
        return next(found, self._places[0])

    def start_from(self, place: int) -> int | None:
        """Return where the first block to begin with is, at `place` or later, if there is one."""
        return next((start for start in self._places if start >= place), None)

    def _note(self, block: Block) -> None:
        if len(self._times) == _MAX_STARTS:
            del self._times[1::2], self._places[1::2]
        self._times.append(block.header.first)
        self._places.append(block.start)
