"""Many values in one: numbers packed one behind the other, what repeats once and its places.

A layout says how values of one sort travel, both ways. `pack` returns what msgpack takes; `unpack`
checks what came, and raises ValueError when it breaks the rules. All of a column is packed and
checked by a few calls that run in C. docs/protocol.md describes each layout under its `name`.
"""

import struct
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, count
from typing import Any, Protocol

from connmon_shared.codec.checks import Check, shown
from connmon_shared.codec.limits import MAX_ITEMS, MAX_ROWS

_RECURRING = 1_024  # values that are remembered


class Layout(Protocol):
    """How values of one sort travel."""

    name: str

    def pack(self, values: Any) -> object:  # noqa: ANN401 - each layout has its own sort of value
        """Return what msgpack takes."""

    def unpack(self, packed: object) -> Any:  # noqa: ANN401 - likewise
        """Return the values in `packed`, if it keeps the rules."""


class Plain:
    """What msgpack can write as it is."""

    def __init__(self, name: str, check: Check) -> None:
        self.name = name
        self.unpack = check

    def pack(self, value: object) -> object:
        """Return `value`."""
        return value


class Numbers:
    """Numbers of a fixed width, little-endian, one behind the other.

    Args:
        name: what the page calls one.
        code: its format, see struct.
        valid: whether all of these numbers may come; None: whatever fits.
        limit: so many at most.
    """

    def __init__(
        self,
        name: str,
        code: str,
        valid: Callable[[Sequence[Any]], bool] | None = None,
        limit: int = MAX_ROWS,
    ) -> None:
        self.name = name
        self._code = code
        self._width = struct.calcsize(f"<{code}")
        self._valid = valid
        self._limit = limit

    def pack(self, values: Sequence[float]) -> bytes:
        """Return the bytes of `values`."""
        return struct.pack(f"<{len(values)}{self._code}", *values)

    def unpack(self, packed: object) -> tuple[Any, ...]:
        """Return the numbers in `packed`."""
        if type(packed) is not bytes or len(packed) % self._width:
            raise ValueError(f"{shown(packed)} is no column of {self.name}")
        size = len(packed) // self._width
        if size > self._limit:
            raise ValueError(f"{size} numbers, {self._limit} allowed")
        values = struct.unpack(f"<{size}{self._code}", packed)
        if values and self._valid and not self._valid(values):
            raise ValueError(f"a number is out of its range: {shown(values)}")
        return values


class Repeating(Numbers):
    """Numbers of which many are alike: one of each is enough, for as long as they are held."""

    def unpack(self, packed: object) -> tuple[Any, ...]:
        """Return the numbers in `packed`."""
        values = super().unpack(packed)
        known: dict[Any, Any] = {}
        return tuple(map(known.setdefault, values, values))


class Recurring:
    """A check of values that come again and again: equal ones of several messages are one object.

    Each connection that is opened comes in a message of its own, and is kept with all it has.
    """

    def __init__(self, check: Callable[[object], Sequence[Any]]) -> None:
        self._check = check
        self._known: dict[Any, Any] = {}

    def __call__(self, value: object) -> Sequence[Any]:
        """Return the values in `value`."""
        found = self._check(value)
        if len(self._known) + len(found) > _RECURRING:
            self._known.clear()
        if len(found) > _RECURRING:
            return found
        return [*map(self._known.setdefault, found, found)]


_NARROW, _WIDE = Numbers("u8", "B"), Numbers("u16", "H")


class Shared:
    """Values that often repeat: an array of each once, and a column of places in that array.

    Args:
        name: what the page calls one.
        check: of the array, it returns the values.
        pack: turns one value into what msgpack takes.
    """

    def __init__(
        self,
        name: str,
        check: Callable[[object], Sequence[Any]],
        pack: Callable[[Any], object] | None = None,
    ) -> None:
        self.name = f"shared {name}"
        self._check = check
        self._pack = pack

    def pack(self, values: Iterable[Any]) -> list[object]:
        """Return the different ones among `values`, and the place of each."""
        found: dict[Any, int] = defaultdict(count().__next__)
        places = [*map(found.__getitem__, values)]
        return [[*map(self._pack, found)] if self._pack else [*found], _places(found).pack(places)]

    def unpack(self, packed: object) -> list[Any]:
        """Return the value of each row."""
        values, places = _pair(packed)
        known = [*self._check(values)]
        numbers = _places(known).unpack(places)
        last = max(numbers, default=-1)
        if last >= len(known):
            raise ValueError(f"a place beyond the last of {len(known)} values")
        return [*map(known.__getitem__, numbers)] if last else known[:1] * len(numbers)


def _places(values: Any) -> Numbers:  # noqa: ANN401 - whatever has a length
    if len(values) > MAX_ITEMS:
        raise ValueError(f"{len(values)} different values, {MAX_ITEMS} allowed")
    return _NARROW if len(values) <= 1 << 8 else _WIDE


class Joined:
    """Byte strings: a column of their lengths, and all of them one behind the other."""

    def __init__(self, name: str, check: Callable[[bytes], object]) -> None:
        self.name = f"joined {name}"
        self._check = check
        self._lengths = Numbers("u32", "I")

    def pack(self, values: Sequence[bytes]) -> list[object]:
        """Return the lengths of `values` and their bytes."""
        return [self._lengths.pack([*map(len, values)]), b"".join(values)]

    def unpack(self, packed: object) -> list[bytes]:
        """Return the byte strings."""
        lengths, joined = _pair(packed)
        ends = [*accumulate(self._lengths.unpack(lengths), initial=0)]
        if type(joined) is not bytes or len(joined) != ends[-1]:
            raise ValueError(f"the lengths tell of {ends[-1]} bytes, not of what there is")
        values = [*map(joined.__getitem__, map(slice, ends, ends[1:]))]
        for value in values:
            self._check(value)
        return values


def _pair(packed: object) -> tuple[object, object]:
    match packed:
        case [first, second, *_]:
            return first, second
    raise ValueError(f"{shown(packed)} is no array of two")
