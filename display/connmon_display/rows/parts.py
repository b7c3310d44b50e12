"""The rows of all hosts, each in parts where several processes or ports have to do with it."""

from collections.abc import Iterable, Iterator, Mapping

from connmon_display.following.follow import Change, Follower
from connmon_display.rows.row import Row
from connmon_display.rows.shares import Shares


class Parts:
    """Knows of the parts of the rows of hosts.

    Args:
        hosts: these, by name.
    """

    def __init__(self, hosts: Mapping[str, Follower]) -> None:
        self._hosts = hosts
        self._shares: dict[str, Shares] = {}

    def still(self, hosts: Mapping[str, Follower]) -> "Parts":
        """Return the parts as they are now, of the same hosts standing still."""
        still = Parts(hosts)
        for host, shares in self._shares.items():
            still._shares[host] = shares.still(hosts[host].history)
        return still

    def learn(self, change: Change) -> None:
        """Take note of which processes and ports `change` tells something."""
        follower = self._hosts.get(change.host)
        if follower is None:
            return
        shares = self._shares.get(change.host)
        if shares is None or shares.history is not follower.history:
            self._shares[change.host] = Shares(follower.history)
        else:
            shares.follow(change.events)

    def forget(self, host: str) -> None:
        """Let go of the rows that are gone from the history of a host, or of the host."""
        if host not in self._hosts:
            self._shares.pop(host, None)
        elif host in self._shares:
            self._shares[host].forget()

    def of(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Yield rows of remote addresses in parts of one purpose each; most are one."""
        for row in rows:
            shares = self._shares.get(row.key.host)
            if shares is None:
                yield row
                continue
            for purpose, track in shares.parts(row.track):
                yield Row(row.key, row.follower, track, purpose)
