"""The rows of all hosts, each in parts where several processes or ports have to do with it."""

from collections.abc import Iterable, Iterator, Mapping

from connmon_display.following.change import Change
from connmon_display.following.follow import Follower
from connmon_display.rows.arrangement import Parted
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

    def divided(self, rows: Iterable[Row]) -> list[Row]:
        """Return those of `rows` that have several parts."""
        shares = {host: shares for host, shares in self._shares.items() if shares.divides_any}
        if not shares:
            return []
        return [r for r in rows if r.key.host in shares and shares[r.key.host].divides(r.key.peer)]

    def of(self, rows: Iterable[Row]) -> Iterator[Parted]:
        """Yield rows of remote addresses in parts of one purpose each, as far as that is known.

        Most are one, and yielded as they are.
        """
        for row in rows:
            shares = self._shares.get(row.key.host)
            if shares is None:
                yield row, None
                continue
            purpose = shares.sole.get(row.key.peer)
            if purpose is None or not purpose.process or not purpose.port:
                purpose = shares.purpose(row.track)
            if purpose is not None:
                yield row, purpose
                continue
            for of, track in shares.parts(row.track):
                yield Row(row.key, row.follower, track, of), of
