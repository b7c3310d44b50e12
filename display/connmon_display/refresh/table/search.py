"""Which rows the typed words let through."""

import math
from collections.abc import Callable, Iterable
from itertools import compress, count, islice
from operator import not_

from connmon_display.filters.words import query_of, searched
from connmon_display.following.change import Change
from connmon_display.following.known import Known
from connmon_display.refresh.input.controls import Controls
from connmon_display.rows.arrangement import View
from connmon_display.rows.row import Row, RowKey
from connmon_display.words.subject import Subject
from connmon_shared.stage.clock import Monotonic, boottime
from connmon_shared.timelines.timeline import tick_of

_NEW = "NEW"
_FEW = 100  # rows, whose texts take 0.4 ms


class Search:
    """Looks through rows, in texts that are made of them before a word is typed.

    To make those of 10,000 rows takes 60 ms, and 1 MB while they are kept; to look through them 2.

    Args:
        source: what is known of their hosts.
        now: a monotonic clock.
    """

    def __init__(self, source: Known, now: Monotonic = boottime) -> None:
        self._source = source
        self._now = now
        self._list: list[Row] = []  # the list that was given
        self._keys: list[RowKey] = []  # of what was in it, of the first of which there are texts
        self._texts: list[str] = []
        self._for: object = None  # what all texts depend on
        self._began = 0  # the unit in which we are, when they were made
        self._young: set[RowKey] = set()  # rows that time alone lets be found by other words
        self._touched: set[bytes] = set()  # addresses of which something was told since

    def learn(self, change: Change) -> None:
        """Take note of the rows that `change` may have changed."""
        if change.joined or change.touched is None:
            self.forget()
        elif self._texts:
            self._touched.update(change.touched, (fact.address for fact in change.facts))
            if len(self._touched) > max(_FEW, len(self._texts)):  # nobody may look for weeks
                self.forget()

    def forget(self) -> None:
        """Let go of all texts."""
        self._list, self._keys, self._texts = [], [], []
        self._young.clear()
        self._touched.clear()

    def still(self, source: Known, before: list[Row], rows: list[Row]) -> "Search":
        """Return one with the same texts, of the same rows as they stand still.

        Args:
            source: what is known of their hosts, which stand still as well.
            before: the rows as they go on.
            rows: as they stand still.
        """
        still = Search(source, self._now)
        if self._list is not before:
            return still
        still._list, still._keys, still._texts = rows, self._keys, [*self._texts]
        still._for, still._began = self._for, self._began
        still._young, still._touched = self._young.copy(), self._touched.copy()
        return still

    def renew(self, before: list[Row], rows: list[Row]) -> None:
        """Go on with `rows`, which are those of the list `before`, some with other tracks.

        Of these something was told since they stood still, so their texts are made anew.
        """
        if self._list is before:
            self._list = rows
        else:
            self.forget()

    def lacks(self, rows: list[Row]) -> bool:
        """Return whether texts of `rows` are still to be made."""
        return rows is not self._list or len(self._texts) < len(rows)

    def prepare(
        self, rows: list[Row], controls: Controls, view: View, seconds: float = math.inf
    ) -> None:
        """Make the texts of `rows`, as far as that can be done in so many seconds.

        Args:
            rows: another list, unless rows were only added since the last call, anywhere.
            controls: the user's settings.
            view: what is known beside the rows.
            seconds: after which the rest is left.
        """
        until = self._now() + seconds
        looking = _Looking(self._source, controls, view)
        self._renew(rows, looking)
        for row in islice(rows, len(self._texts), None):
            self._texts.append(self._text(row, looking))
            if self._now() >= until:
                return

    def among(self, rows: list[Row], controls: Controls, view: View) -> list[Row]:
        """Return what `matching` does; see `prepare` for `rows`."""
        if not controls.typed:
            return [*rows]
        looking = _Looking(self._source, controls, view)
        wanted, unwanted, tests = query_of(controls.typed, looking.hosts)
        found: Iterable[Row] = rows
        self._renew(rows, looking)
        if wanted or unwanted:
            self.prepare(rows, controls, view)
            fit: list[Iterable[object]] = [map(pattern.search, self._texts) for pattern in wanted]
            fit += [map(not_, map(pattern.search, self._texts)) for pattern in unwanted]
            found = compress(rows, map(all, zip(*fit, strict=True)))
        if not tests:
            return [*found]
        asked = ((row, looking.subject(row)) for row in found)
        return [row for row, subject in asked if all(test(subject) for test in tests)]

    def matching(self, rows: Iterable[Row], controls: Controls, view: View) -> list[Row]:
        """Return those of `rows` that the typed words let through."""
        return [*filter(self.fits(controls, view), rows)] if controls.typed else [*rows]

    def fits(self, controls: Controls, view: View) -> Callable[[Row], bool]:
        """Return what tells of a row whether the typed words let it through."""
        looking = _Looking(self._source, controls, view)
        query = query_of(controls.typed, looking.hosts)
        return lambda row: query.finds(looking.subject(row), looking.hosts)

    def _renew(self, rows: list[Row], looking: "_Looking") -> None:
        """Let go of texts of other rows, and make those anew that may be wrong by now."""
        depend = looking.unit, looking.bases
        if rows is not self._list or depend != self._for or looking.began < self._began:
            self.forget()
            self._list, self._for = rows, depend
        self._make_room(rows, looking)
        if looking.began != self._began:
            self._began = looking.began
            self._touched.update(key.peer.address for key in self._young)
        if self._touched:
            addresses = [row.key.peer.address for row in islice(rows, len(self._texts))]
            for at in compress(count(), map(self._touched.__contains__, addresses)):
                self._texts[at] = self._text(rows[at], looking)
            self._touched.clear()

    def _make_room(self, rows: list[Row], looking: "_Looking") -> None:
        """Give those their texts that came among others."""
        if len(rows) == len(self._keys):
            return
        known, self._keys = [*self._keys], [row.key for row in rows]
        if len(rows) - len(known) > _FEW:
            self._texts.clear()
            return
        for at, row in enumerate(rows):
            if at >= len(self._texts):
                return
            if known[at] is not row.key:
                known.insert(at, row.key)
                self._texts.insert(at, self._text(row, looking))

    def _text(self, row: Row, looking: "_Looking") -> str:
        subject = looking.subject(row)
        if subject.state == _NEW:
            self._young.add(row.key)
        else:
            self._young.discard(row.key)
        return searched(subject, looking.hosts)


class _Looking:
    """What it depends on how a row is described.

    Attributes:
        unit: ticks of one character.
        began: the tick since 1970 at which the unit began in which we are.
        bases: the tick since 1970 from which the ticks of each host count.
        hosts: the names of the hosts in small letters, if there are several.
    """

    def __init__(self, source: Known, controls: Controls, view: View) -> None:
        now = tick_of(source.axis.now())
        self.unit = controls.unit
        self.began = now - now % controls.unit
        self.bases = view.bases
        self.hosts = tuple(host.lower() for host in view.bases) if len(view.bases) > 1 else ()
        self._facts, self._alerts = view.facts, view.alerts

    def subject(self, row: Row) -> Subject:
        """Return `row` in words."""
        return Subject(
            row.track,
            self._facts.get(row.track.peer.address),
            row.follower.host,
            row.follower.details,
            alert=bool(self._alerts) and row.key in self._alerts,
            unit=self.began - self.bases[row.key.host],
        )
