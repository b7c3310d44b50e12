"""Puts rows in groups, and in order. Pure."""

from collections import defaultdict
from collections.abc import Iterable

from connmon_display.following.follow import Follower
from connmon_display.rows.arrangement import GROUPINGS, ORDERS, Facts, Parted, View
from connmon_display.rows.row import Group, GroupKey, Row, Shown


def grouped(rows: Iterable[Parted], by: str, facts: Facts) -> list[Group]:
    """Return rows in groups, in the order of their names.

    Args:
        rows: each with what its connections are for, if that is known.
        by: what those of a group have in common.
        facts: what is known of addresses.
    """
    found = [*rows]
    together: defaultdict[str, list[Row]] = defaultdict(list)
    for name, (row, _) in zip(GROUPINGS[by].names(found, facts), found, strict=True):
        together[name].append(row)
    groups = (Group(GroupKey(by, name), those) for name, those in together.items())
    return sorted(groups, key=_place)


def sort(rows: list[Shown], by: str, view: View) -> None:
    """Sort `rows`, which come in the order of their addresses or names."""
    read, together, *_ = ORDERS[by]
    if read is None or len(rows) < 2:  # noqa: PLR2004 - one is in order, however many are in it
        return
    single = [row for row in rows if isinstance(row, Row)]
    values = iter(read(single, view))
    rows.sort(
        key=lambda shown: (
            together(read(shown.rows, view)) if isinstance(shown, Group) else next(values)
        )
    )


def _place(group: Group) -> tuple[bool, int, str, str]:
    name = group.key.name
    number = name.partition(" ")[0]  # of a port
    return not name, int(number) if number.isdecimal() else 0, name.casefold(), name


def known_from(group: Group, follower: Follower) -> int:
    """Return the tick from which on it is known what of a host belongs to `group`."""
    mixed = follower.mixed.get(group.key.by, frozenset())
    if not mixed:
        return 0
    mine = (row.key.peer for row in group.rows if row.follower is follower)
    return 0 if mixed.isdisjoint(mine) else follower.joined
