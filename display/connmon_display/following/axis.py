"""One time axis for all hosts, whose clocks may differ. Pure.

The axis goes by the clock of the host that was followed first. What another host says of a
moment by its own clock is drawn at the same moment of the axis.
"""

from collections.abc import Iterator, Mapping

from connmon_display.following.follow import Follower
from connmon_display.words.duration import short
from connmon_shared.timelines.timeline import TICKS_PER_SECOND

#: The way to us takes a moment, and not always the same: what is less is no difference of clocks,
#: and what is drawn must not go back and forth.
_BAND = 0.25  # seconds
_TOLD_FROM = 2.0  # seconds between two clocks that somebody should mend
_HELD_BACK = 3.0  # seconds that a slow host may hold the right edge back behind the others


class Axis:
    """The time that all rows share.

    Args:
        hosts: all that are followed, in the order of meeting.
    """

    def __init__(self, hosts: Mapping[str, Follower]) -> None:
        self._hosts = hosts
        self._leader: Follower | None = None
        self._ahead: dict[str, float] = {}  # seconds

    def still(self, hosts: Mapping[str, Follower]) -> "Axis":
        """Return the same axis of `hosts`, which are these, standing still."""
        still = Axis(hosts)
        still._leader = hosts.get(self._leader.host) if self._leader is not None else None
        still._ahead = self._ahead.copy()
        return still

    def now(self) -> float:
        """Return the present moment of the axis, seconds since 1970."""
        leader = self._lead()
        return leader.now() if leader is not None else 0.0

    def known_to(self) -> float:
        """Return the moment up to which it is known what happened, by the leader's clock."""
        leader = self._lead()
        return leader.known_to if leader is not None else 0.0

    def edge(self) -> float:
        """Return the moment at the right edge: now, or while live the last that was observed.

        A sample takes a moment to come; until then its column would be blank, and untrue.
        """
        hosts = self._hosts.values()
        observed = [
            follower.history.seconds(follower.history.coverage.end - 1) - self.ahead(follower)
            for follower in [host for host in hosts if host.live] or hosts
            if follower.history.started and not follower.stale
        ]
        if not observed:
            return self.now()
        return min(self.now(), max(min(observed), max(observed) - _HELD_BACK))

    def earliest(self) -> float:
        """Return the moment at which the first history begins; 0 without any."""
        begins = (
            host.history.seconds(host.history.coverage.begin) - self.ahead(host)
            for host in self._hosts.values()
            if host.history.started
        )
        return min(begins, default=0.0)

    def ahead(self, follower: Follower) -> float:
        """Return how many seconds the clock of `follower` is ahead of the axis, in whole ticks."""
        known = self._ahead.get(follower.host, 0.0)
        if follower.live and abs(self._difference(follower) - known) > _BAND:
            ticks = round(self._difference(follower) * TICKS_PER_SECOND)
            known = self._ahead[follower.host] = ticks / TICKS_PER_SECOND
        return known

    def base(self, follower: Follower) -> int:
        """Return the tick of the axis, since 1970, from which the ticks of `follower` count."""
        ahead = round(self.ahead(follower) * TICKS_PER_SECOND)
        return (follower.history.origin or 0) - ahead

    def bases(self) -> dict[str, int]:
        """Return that of each host."""
        return {host: self.base(follower) for host, follower in self._hosts.items()}

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield the host and a sentence for each clock that differs too much."""
        for host, follower in self._hosts.items():
            ahead = self.ahead(follower)
            if self._leader is not None and abs(ahead) > _TOLD_FROM:
                way = "ahead of" if ahead > 0 else "behind"
                text = (
                    f"its clock is {short(abs(ahead))} {way} that of {self._leader.host}: its times"
                    " are drawn shifted by that; set both clocks (NTP)"
                )
                yield host, text

    def _difference(self, follower: Follower) -> float:
        return follower.now() - self.now()

    def _lead(self) -> Follower | None:
        """Return whose clock the axis goes by: it stays the same, or all would jump."""
        if self._leader not in self._hosts.values():  # a replay may begin anew
            self._ahead.clear()
            live = (follower for follower in self._hosts.values() if follower.live)
            self._leader = next(live, None)
        return self._leader
