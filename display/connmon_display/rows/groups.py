"""Puts rows in groups, and in order. Pure."""

from collections.abc import Iterable

from connmon_display.following.follow import Follower
from connmon_display.following.purpose import Purpose
from connmon_display.rows.arrangement import GROUPINGS, ORDERS, Facts, View
from connmon_display.rows.row import Group, GroupKey, Row, Shown

_NAMELESS = "unknown"


def grouped(rows: Iterable[tuple[Row, Purpose | None]], by: str, facts: Facts) -> list[Group]:
    """Return rows in groups, in the order of their names.

    Args:
        rows: each with what its connections are for, if that is known.
        by: what those of a group have in common.
        facts: what is known of addresses.
    """
    name_of = GROUPINGS[by].name_of
    groups: dict[str, Group] = {}
    for row, purpose in rows:
        name = name_of(row, purpose, facts) or _NAMELESS
        group = groups.get(name)
        if group is None:
            group = groups[name] = Group(GroupKey(by, name))
        group.rows.append(row)
    return sorted(groups.values(), key=_place)


def sort(rows: list[Shown], by: str, view: View) -> None:
    """Sort `rows`, which come in the order of their addresses or names."""
    read, together, *_ = ORDERS[by]
    if read is None:
        return
    single = [row for row in rows if isinstance(row, Row)]
    values = iter(read(single, view))
    rows.sort(
        key=lambda shown: (
            together(read(shown.rows, view)) if isinstance(shown, Group) else next(values)
        )
    )


def _place(group: Group) -> tuple[int, str, str]:
    name = group.key.name
    number = name.partition(" ")[0]  # of a port
    return int(number) if number.isdecimal() else 0, name.casefold(), name


def known_from(group: Group, follower: Follower) -> int:
    """Return the tick from which on it is known what of a host belongs to `group`."""
    mixed = follower.mixed.get(group.key.by, frozenset())
    if not mixed:
        return 0
    mine = (row.key.peer for row in group.rows if row.follower is follower)
    return 0 if mixed.isdisjoint(mine) else follower.joined
