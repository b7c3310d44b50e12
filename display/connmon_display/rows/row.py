"""What a line of the table is about: an address, a listening socket, or a group of such."""

from collections.abc import Mapping
from typing import NamedTuple

from connmon_display.following.follow import Follower
from connmon_display.following.purpose import Purpose
from connmon_display.words.labels import Label
from connmon_display.words.lasting import Unusual
from connmon_display.words.quoting import quoted
from connmon_shared.endpoints import Peer
from connmon_shared.messages import Counters
from connmon_shared.timelines.rows import Track

_NAMELESS = "unknown"


class RowKey(NamedTuple):
    """What stays the same of a row, whatever becomes of it."""

    host: str
    peer: Peer

    def __str__(self) -> str:
        return str(self.peer)


class GroupKey(NamedTuple):
    """What the rows of a group have in common."""

    by: str  # process, as, country, port
    name: str  # empty: not known

    def __str__(self) -> str:
        if self.by != "process" or not self.name:
            return self.name or _NAMELESS
        return f'"{self.name}"' if self.name == _NAMELESS else quoted(self.name)


Key = RowKey | GroupKey


class Row(NamedTuple):
    """An address or a listening socket, or the part of it that one process or port has."""

    key: RowKey
    follower: Follower
    track: Track
    purpose: Purpose | None = None  # of such a part

    def of(self, hosts: Mapping[str, Follower]) -> "Row":
        """Return the same row as one of the same hosts at another moment."""
        return Row(self.key, hosts[self.key.host], self.track, self.purpose)

    @property
    def renewed(self) -> "Row":
        """The same row with the track that is in its place by now."""
        track = self.follower.history.tracks.get(self.key.peer, self.track)
        return self if track is self.track else self._replace(track=track)

    @property
    def unusual(self) -> Unusual | None:
        """What is unusual about its connections now, if anything."""
        return self.follower.unusual(self.track)

    @property
    def counters(self) -> list[Counters]:
        """The newest counters of its open connections that are counted."""
        return self.follower.details.counters_of(self.track)

    @property
    def rows(self) -> tuple["Row", ...]:
        """What it consists of."""
        return (self,)

    @property
    def hosts(self) -> "Hosts":
        """Whose it is."""
        return {self.key.host: (self.follower, [self.track])}


#: The hosts of a row, by name, and which tracks each of them has of it.
Hosts = dict[str, tuple[Follower, list[Track]]]


class Group:
    """Rows that have something in common.

    Attributes:
        key: what that is.
        rows: these.
        label: the words for it, once somebody has asked for them.
    """

    __slots__ = ("_hosts", "key", "label", "rows")

    def __init__(self, key: GroupKey, rows: list[Row]) -> None:
        self.key = key
        self.rows = rows
        self.label: Label | None = None
        self._hosts: Hosts = {}

    def of(self, hosts: Mapping[str, Follower]) -> "Group":
        """Return the same group, of rows of the same hosts at another moment."""
        group = Group(self.key, [row.of(hosts) for row in self.rows])
        group.label = self.label
        group._hosts = {host: (hosts[host], tracks) for host, (_, tracks) in self._hosts.items()}
        return group

    @property
    def hosts(self) -> Hosts:
        """Whose they are."""
        if not self._hosts:
            for row in self.rows:
                host = row.key.host
                if host not in self._hosts:
                    self._hosts[host] = row.follower, []
                self._hosts[host][1].append(row.track)
        return self._hosts


Shown = Row | Group
