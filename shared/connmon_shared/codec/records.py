"""Records as arrays of their fields, and many of them as a table: an array of columns.

Arrays may grow at the end in later versions: a longer one than known is read as far as it is
known, and of a shorter one the fields that are missing have their defaults, if they have any.
"""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from functools import partial
from itertools import repeat
from typing import Any, NamedTuple

from connmon_shared.codec.checks import array
from connmon_shared.codec.columns import Layout
from connmon_shared.codec.limits import MAX_ROWS


class Body:
    """A dataclass as an array of its fields.

    Args:
        kind: the dataclass.
        layouts: of its fields, in their order.
    """

    def __init__(self, kind: type[Any], /, **layouts: Layout) -> None:
        self.layouts = layouts
        self._kind = kind
        known = {field.name: field.default for field in fields(kind)}
        self._needed = sum(known[name] is MISSING for name in layouts)

    def pack(self, message: object) -> list[object]:
        """Return the array of the fields of `message`."""
        return [layout.pack(getattr(message, name)) for name, layout in self.layouts.items()]

    def unpack(self, packed: object) -> Any:  # noqa: ANN401 - one of `kind`
        """Return the message in `packed`."""
        return self._kind(**_unpacked(self.layouts, packed, self._needed))


class Table:
    """Rows of one sort, which travel as an array of their columns; without rows it is empty.

    Args:
        kind: the named tuple that each row is.
        name: what the page calls one row.
        layouts: of its fields, in their order.
    """

    def __init__(self, kind: type[NamedTuple], name: str, /, **layouts: Layout) -> None:
        self.name = f"table of {name}"
        self.layouts = layouts
        self._defaults: Mapping[str, Any] = kind._field_defaults
        self._needed = len(layouts) - len(self._defaults)
        self._row = partial(tuple.__new__, kind)  # without the call in Python that _make is

    def pack(self, rows: Sequence[Sequence[Any]]) -> list[object]:
        """Return the columns of `rows`."""
        if len(rows) > MAX_ROWS:
            raise ValueError(f"{len(rows)} rows, {MAX_ROWS} allowed")
        columns = zip(self.layouts.values(), zip(*rows, strict=True), strict=False)
        return [layout.pack(values) for layout, values in columns]

    def unpack(self, packed: object) -> tuple[Any, ...]:
        """Return the rows whose columns `packed` holds."""
        if packed == []:
            return ()
        columns = _unpacked(self.layouts, packed, self._needed)
        if len({*map(len, columns.values())}) > 1:
            raise ValueError("the columns of a table differ in length")
        missing = [name for name in self.layouts if name not in columns]
        every = [*columns.values(), *(repeat(self._defaults[name]) for name in missing)]
        return tuple(map(self._row, zip(*every, strict=False)))


def _unpacked(layouts: Mapping[str, Layout], packed: object, needed: int) -> dict[str, Any]:
    """Return the fields that `packed` holds, by their names."""
    found = array(packed)
    if len(found) < needed:
        raise ValueError(f"an array of {len(found)} fields, {needed} needed")
    known = {}
    for (name, layout), value in zip(layouts.items(), found, strict=False):
        try:
            known[name] = layout.unpack(value)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    return known
