"""What the connections of one address are told apart by. Pure."""

from typing import NamedTuple

from connmon_shared.messages import Connection


class Purpose(NamedTuple):
    """Who a connection is of, and what it is for."""

    process: str  # empty: not known
    port: int  # 0: not known

    def fits(self, other: "Purpose") -> bool:
        """Whether both can be the same, as far as is known."""
        process, port = other
        same_process = not process or not self.process or process == self.process
        return same_process and (not port or not self.port or port == self.port)

    def tells(self, other: "Purpose") -> bool:
        """Whether it says all that `other`, which fits, does."""
        return self.with_more(other) == self

    def with_more(self, other: "Purpose") -> "Purpose":
        """Return what both together tell."""
        return Purpose(self.process or other.process, self.port or other.port)


def purpose_of(row: Connection) -> Purpose:
    """Return who `row` is of, and what it is for."""
    return Purpose(row.process, row.port)
