"""A recording told from some place on: messages in order, and where to begin anew."""

from collections.abc import Generator, Iterator
from typing import NamedTuple

from connmon_display.recording.blocks import Entry, Kind, RecordingError
from connmon_display.recording.index import Index
from connmon_display.recording.reading import Reading


class Told(NamedTuple):
    """A message of a story."""

    entry: Entry
    anew: bool  # whether it does not build on what was told before


def story(reading: Reading, index: Index, place: int) -> Iterator[Told]:
    """Tell what was recorded from the block at `place` on, with which one can begin.

    States in between are left out: who heard all before them knows them. After what cannot be
    read the story goes on with the next block that one can begin with.
    """
    start: int | None = place
    while start is not None:
        broken = yield from _unbroken(reading, start)
        start = index.start_from(max(broken, start + 1)) if broken is not None else None


def _unbroken(reading: Reading, place: int) -> Generator[Told, None, int | None]:
    """Tell what can be read from `place` on, and return after which place it goes on, if at all."""
    anew, skipping = True, False
    try:
        while (block := reading.block(place)) is not None:
            if block.start != place:
                return block.start
            kind, place = block.header.kind, block.end
            skipping = (kind == Kind.MORE and skipping) or (kind == Kind.STATE and not anew)
            anew = anew or kind == Kind.SESSION
            if not skipping:
                for entry in reading.entries(block):
                    yield Told(entry, anew)
                    anew = False
    except RecordingError:
        return place
    return None
