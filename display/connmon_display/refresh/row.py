"""What a line of the table is about: an address, a listening socket, or a group of such."""

from typing import NamedTuple

from connmon_display.following.follow import Follower
from connmon_display.refresh.controls import GroupKey, RowKey
from connmon_display.refresh.grouping.shares import Purpose
from connmon_display.words.labels import Label
from connmon_shared.timelines.rows import Track


class Row(NamedTuple):
    """An address or a listening socket, or the part of it that one process or port has."""

    key: RowKey
    follower: Follower
    track: Track
    purpose: Purpose | None = None  # of such a part

    @property
    def rows(self) -> tuple["Row", ...]:
        """What it consists of."""
        return (self,)


class Group:
    """Rows that have something in common.

    Attributes:
        key: what that is.
        rows: these; the first was there first.
        label: the words for it, once somebody has asked for them.
    """

    __slots__ = ("key", "label", "rows")

    def __init__(self, key: GroupKey) -> None:
        self.key = key
        self.rows: list[Row] = []
        self.label: Label | None = None


Shown = Row | Group
