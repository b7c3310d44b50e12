"""What the connections of one address are told apart by. Pure."""

from typing import NamedTuple

from connmon_shared.messages import Connection


class Purpose(NamedTuple):
    """Who a connection is of, and what it is for."""

    process: str  # empty: not known
    port: int  # 0: not known

    def fits(self, other: "Purpose") -> bool:
        """Whether both can be the same, as far as is known."""
        processes, ports = {self.process, other.process} - {""}, {self.port, other.port} - {0}
        return len(processes) < 2 and len(ports) < 2  # noqa: PLR2004 - both of these differ

    def with_more(self, other: "Purpose") -> "Purpose":
        """Return what both together tell."""
        return Purpose(self.process or other.process, self.port or other.port)


def purpose_of(row: Connection) -> Purpose:
    """Return who `row` is of, and what it is for."""
    return Purpose(row.process, row.port)
