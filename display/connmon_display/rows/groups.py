"""Puts rows in groups, and in order. Pure."""

from collections.abc import Iterable
from typing import Any

from connmon_display.rows.arrangement import GROUPINGS, ORDERS, Facts, View
from connmon_display.rows.row import Group, GroupKey, Row, Shown

_NAMELESS = "unknown"


def grouped(rows: Iterable[Row], by: str, facts: Facts) -> list[Group]:
    """Return `rows` in groups, in the order of the first row of each."""
    name_of = GROUPINGS[by].name_of
    groups: dict[str, Group] = {}
    for row in rows:
        name = name_of(row, facts) or _NAMELESS
        group = groups.get(name)
        if group is None:
            group = groups[name] = Group(GroupKey(by, name))
        group.rows.append(row)
    return [*groups.values()]


def sort(rows: list[Shown], by: str, view: View) -> None:
    """Sort `rows`, which come in the order of first sight."""
    read, together, *_, by_name = ORDERS[by]
    if read is None:
        return

    def value(shown: Shown) -> Any:  # noqa: ANN401 - each order has a type of its own
        if not isinstance(shown, Group):
            return read(shown, view)
        if by_name:
            number = shown.key.name.partition(" ")[0]
            return number.isdigit() and int(number), shown.key.name.casefold()
        return together(read(row, view) for row in shown.rows)

    rows.sort(key=value)
