"""The timeline of one row: run-length transitions, and the characters any unit makes of them.

A tick is 100 ms, counted from the history's origin. A transition is one unsigned 32-bit number,
`tick << 3 | opened << 2 | state`: at this tick a connection was (or was not) opened, and from
this tick on the row is in `state`. 29 bits of ticks last 1.7 years; 100 changes take 400 bytes.
Nothing is stored per character, so the same history can be drawn at any zoom.
"""

import math
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from enum import IntEnum

TICKS_PER_SECOND = 10
MAX_TICK = (1 << 29) - 1
TICK_SHIFT = 3
OPENED = 4
STATE = 3
_WIDTH = 4  # bytes of a transition
_ROUNDING = 1e-3  # ticks: 12.3 s is tick 123 although it is stored as 12.2999…; now is 2^34 ticks


class Run(IntEnum):
    """What a row is from a transition on, until the next."""

    EMPTY = 0
    LISTEN = 1
    ACTIVE = 2


class Mark(IntEnum):
    """One character of a timeline, in rising priority."""

    BLANK = 0  # not observed
    EMPTY = 1  # observed, and nothing there
    LISTEN = 2
    ACTIVE = 3
    CLOSED = 4
    NEW = 5


#: What the lowest byte of a transition may be.
_KNOWN = bytes(low for low in range(1 << 8) if low & STATE <= Run.ACTIVE)
_MARK_OF_RUN = (Mark.EMPTY, Mark.LISTEN, Mark.ACTIVE)
_LISTEN, _ACTIVE = int(Run.LISTEN), int(Run.ACTIVE)  # a member of a class takes a look-up more
_CLOSED, _NEW = Mark.CLOSED, Mark.NEW


def tick_of(seconds: float) -> int:
    """Return the tick that holds the moment `seconds`."""
    return math.floor(seconds * TICKS_PER_SECOND + _ROUNDING)


def transition(tick: int, state: int, *, opened: bool = False) -> int:
    """Return the number that tells that the row is in `state` from `tick` on."""
    return tick << TICK_SHIFT | opened * OPENED | state


def check_transitions(packed: bytes) -> None:
    """Let what a timeline can be made of pass.

    Raises:
        ValueError: `packed` is something else.
    """
    if len(packed) % _WIDTH:
        raise ValueError(f"transitions must be numbers of {_WIDTH} bytes")
    if not _rising(packed):
        raise ValueError("transitions must be in rising order of ticks")
    if packed[::_WIDTH].translate(None, _KNOWN):
        raise ValueError("a transition holds an unknown state")


class Timeline:
    """The transitions of one row.

    Args:
        packed: what `pack` returned, or `check_transitions` let pass.

    Attributes:
        entries: the numbers, oldest first.
    """

    __slots__ = ("entries",)

    def __init__(self, packed: bytes = b"") -> None:
        self.entries = _little_endian(array("I", packed))

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def first_tick(self) -> int:
        """The tick of the first transition, 0 without one."""
        return self.entries[0] >> TICK_SHIFT if self.entries else 0

    @property
    def last_tick(self) -> int:
        """The tick of the last transition, 0 without one."""
        return self.entries[-1] >> TICK_SHIFT if self.entries else 0

    def opened_since(self, tick: int) -> bool:
        """Return whether a connection was opened at `tick` or later."""
        late = bisect_left(self.entries, max(tick, 0) << TICK_SHIFT)
        return any(entry & OPENED for entry in self.entries[late:])

    def openings(self, tick: int) -> int:
        """Return in how many ticks from `tick` on a connection was opened, as far as it is kept."""
        begin = bisect_left(self.entries, tick << TICK_SHIFT)
        return sum(1 for entry in self.entries[begin:] if entry & OPENED)

    def copy(self) -> "Timeline":
        """Return a timeline of its own with the same transitions."""
        copy = Timeline()
        copy.entries = self.entries[:]
        return copy

    def pack(self) -> bytes:
        """Return the transitions as little-endian unsigned 32-bit numbers."""
        return _little_endian(self.entries).tobytes()

    def record(self, tick: int, state: Run, *, opened: bool = False) -> int:
        """Note that the row is in `state` from `tick` on, and whether a connection opened then.

        A tick before the last transition counts as the last one's: time does not go back. What
        listens does so for a tick at least, as no opening tells of it; what comes then is late.

        Returns:
            How many transitions this added: 1, 0, or -1 when what began in this tick is no more.
        """
        entries, size = self.entries, len(self.entries)
        if entries and tick <= entries[-1] >> TICK_SHIFT:
            tick = entries[-1] >> TICK_SHIFT
            begins = entries[-1] & (OPENED | STATE) == Run.LISTEN
            if begins and state != Run.LISTEN and tick < MAX_TICK:
                tick += 1
            else:
                opened = bool(entries.pop() & OPENED) or opened
        before = entries[-1] & STATE if entries else Run.EMPTY
        if opened or state != before:
            entries.append(transition(tick, state, opened=opened))
        return len(entries) - size

    def runs(self, end: int) -> Iterator[tuple[int, int, Run]]:
        """Yield (start, end, state) of each stretch up to tick `end`.

        A connection opened and closed within one tick counts as active for that tick.
        """
        entries = self.entries
        for i, entry in enumerate(entries):
            start = entry >> TICK_SHIFT
            stop = min(entries[i + 1] >> TICK_SHIFT if i + 1 < len(entries) else end, end)
            if entry & OPENED and not entry & STATE and start < stop:
                yield start, start + 1, Run.ACTIVE
                start += 1
            if start < stop:
                yield start, stop, Run(entry & STATE)

    def marks(self, start: int, unit: int, count: int) -> bytearray:
        """Return `count` marks; mark i covers the ticks [start + i × unit, start + (i+1) × unit).

        A unit in which a connection was opened and the last one closed shows NEW and owes its
        CLOSED to the next unit, unless that is NEW itself.
        """
        entries, size = self.entries, len(self.entries)
        out = bytearray()
        unit_start = start - unit  # one unit early: it may owe a CLOSED to the first
        at = bisect_left(entries, max(unit_start, 0) << TICK_SHIFT)
        state = entries[at - 1] & STATE if at else Run.EMPTY
        owed = 0
        while len(out) <= count:
            limit = unit_start + unit << TICK_SHIFT
            if at == size or entries[at] >= limit:  # a stretch of units without a transition
                units = count + 1 - len(out)
                if at < size:
                    units = min(units, ((entries[at] >> TICK_SHIFT) - unit_start) // unit)
                out += bytes((_MARK_OF_RUN[state],)) * units
                if owed:
                    out[-units] = Mark.CLOSED
                    owed = 0
            else:
                units = 1
                seen = state  # bits: STATE is 1 for what listens and 2 for what is open
                if state == _LISTEN and entries[at] >> TICK_SHIFT == unit_start:
                    seen = 0  # it ended with the unit before
                while at < size and entries[at] < limit:
                    seen |= entries[at]
                    at += 1
                state = entries[at - 1] & STATE
                out.append(_loudest(state, seen, owed))
                owed = seen & OPENED if state != _ACTIVE else 0
            unit_start += units * unit
        del out[0]
        return out


def _little_endian(entries: "array[int]") -> "array[int]":
    if sys.byteorder == "big":
        entries = entries[:]
        entries.byteswap()
    return entries


def _rising(packed: bytes) -> bool:
    """Return whether each tick is greater than the one before it.

    All are compared at once, as two long numbers that hold a tick in every 32 bits. A tick has
    29 of them, so no difference reaches into its neighbour; bit 31 is set where one is positive.
    """
    pairs = len(packed) // _WIDTH - 1
    ticks = _repeated(MAX_TICK, pairs)
    before = int.from_bytes(packed[:-_WIDTH], "little") >> TICK_SHIFT & ticks
    after = int.from_bytes(packed[_WIDTH:], "little") >> TICK_SHIFT & ticks
    sign = _repeated(1 << 31, pairs)
    return after + _repeated((1 << 31) - 1, pairs) - before & sign == sign


def _repeated(number: int, count: int) -> int:
    return int.from_bytes(number.to_bytes(_WIDTH, "little") * count, "little")


def _loudest(state: int, seen: int, owed: int) -> Mark:
    """Return the mark of a unit that ends in `state`, by the bits of all that was `seen` in it."""
    if seen & OPENED:
        return _NEW
    if owed or (seen & _ACTIVE and state != _ACTIVE):
        return _CLOSED
    return _MARK_OF_RUN[state or seen & _LISTEN]
