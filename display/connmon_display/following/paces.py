"""How fast the bytes of each address went in the last seconds. Pure, and bounded.

Counters tell how fast the bytes of a connection went between two looks of the collector. What an
address carried a moment ago, also over connections that are closed by now, is kept here: a step for
each change of its rate, from when on it was measured. What went since the last look nobody knows.
"""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import accumulate
from math import floor, inf

from connmon_display.following.purpose import Purpose, purpose_of
from connmon_shared.endpoints import Peer
from connmon_shared.timelines.details import Details
from connmon_shared.timelines.late_copy import LateCopy
from connmon_shared.timelines.rows import Track

SECONDS = 8  # that are told of


Step = tuple[float, int]  # since when (seconds since 1970), bytes a second in both directions
Steps = list[Step]


class _Uses(dict[Purpose, Steps]):
    """The steps of each purpose of an address."""

    def copy(self) -> "_Uses":
        return _Uses((purpose, [*steps]) for purpose, steps in self.items())


_NO_USES = _Uses()


class Paces:
    """The rates of the addresses of one host.

    Attributes:
        span: seconds that the latest rates were measured over; 0: that is not told.
    """

    def __init__(self) -> None:
        self.span = 0.0
        self._looked = inf  # up to when rates are known, seconds since 1970; inf: that is not told
        self._steps: LateCopy[Peer, _Uses] = LateCopy()
        self._swept = 0.0

    def copy(self) -> "Paces":
        """Return what is known now, to be looked at while this goes on."""
        copy = Paces()
        copy._steps = self._steps.copy()
        copy.span, copy._looked = self.span, self._looked
        return copy

    def measured(self, span: float, time: float) -> None:
        """Take note that the collector looked at `time`, and `span` seconds before."""
        self.span, self._looked = span, time if span else inf

    def note(
        self,
        peers: Iterable[Peer],
        tracks: Mapping[Peer, Track],
        details: Details,
        time: float,
    ) -> None:
        """Take what `peers` carry from `time` on, seconds since 1970, until they are noted anew."""
        for peer in peers:
            track = tracks.get(peer)
            if peer not in self._steps:
                self._steps[peer] = _Uses()
            uses = self._steps.own(peer)
            rates = _rates(track, details, uses) if track is not None else Counter[Purpose]()
            for purpose in uses.keys() | rates.keys():
                steps = uses.setdefault(purpose, [])
                while steps and steps[-1][0] >= time:
                    del steps[-1]  # that was only a guess
                steps.append((time, rates[purpose]))
                while len(steps) > 1 and steps[1][0] <= time - SECONDS - 1:
                    del steps[0]
        if time > self._swept + SECONDS:
            self._swept = time
            self._sweep(time - SECONDS)

    @property
    def known(self) -> bool:
        """Whether anything is known of any address."""
        return bool(self._steps)

    def tells_of(self, peer: Peer) -> bool:
        """Return whether an address carried anything, of which the time changes what is told."""
        return any(rate for _, steps in self.uses(peer) for _, rate in steps)

    def uses(self, peer: Peer) -> Iterable[tuple[Purpose, Steps]]:
        """Return the steps of each purpose of an address."""
        return self._steps.get(peer, _NO_USES).items()

    def last(self, uses: Iterable[Steps], now: float) -> list[int | None]:
        """Return the rate of all `uses` together in each of the last seconds, oldest first.

        It is that in the middle of a second; at its end, where the looks are not known. None stands
        for a second of which it is not known of all. Where the looks are known, the second that is
        not over yet is none of them.
        """
        first = int(now) - SECONDS + (0.5 if self.span else 2.0)
        # What begins at one look is summed up first: a group may have thousands of uses.
        more, busier, many = defaultdict[float, int](int), defaultdict[float, int](int), 0
        for steps in uses:
            many, before = many + 1, 0
            for time, rate in steps:
                more[time] += rate - before
                if not (rate and before):
                    busier[time] += bool(rate) - bool(before)
                before = rate
        rates, busy = (_in_seconds(each, first) for each in (more, busier))
        known = [first + at <= self._looked for at in range(SECONDS)]
        return [
            rate if is_known else 0 if many and not carrying else None
            for rate, carrying, is_known in zip(rates, busy, known, strict=True)
        ]

    def _sweep(self, before: float) -> None:
        """Let go of what has carried nothing since `before`."""
        for peer, uses in [*self._steps.items()]:
            over = [use for use, [*_, (time, rate)] in uses.items() if not rate and time < before]
            if len(over) == len(uses):
                del self._steps[peer]
                continue
            for use in over:
                del self._steps.own(peer)[use]


def _rates(track: Track, details: Details, noted: Container[Purpose]) -> Counter[Purpose]:
    """Return how fast the bytes of each purpose go, of those `noted` only if any do.

    Of thousands of connections few move; whether any other of them is counted has only to be known
    of a purpose that is not noted yet.
    """
    rates: Counter[Purpose] = Counter()
    rows, moving, counters = track.open, details.moving, details.counters
    for number in moving.keys() & rows.keys() if len(moving) < len(rows) else rows:
        if known := moving.get(number):
            rates[purpose_of(rows[number])] += known.sent_rate + known.received_rate
    new = {kind for kind in track.kinds if kind not in rates and kind not in noted}
    if new and counters:
        for number, row in rows.items():
            if number in counters and (row.process, row.port) in new:
                rates[purpose_of(row)] += 0
    return rates


def _in_seconds(changes: Mapping[float, int], first: float) -> Iterator[int]:
    """Return the sum of the changes before each of the moments that are a second apart."""
    each = [0] * SECONDS
    for time, change in changes.items():
        at = max(0, floor(time - first) + 1)
        if at < SECONDS:
            each[at] += change
    return accumulate(each)
