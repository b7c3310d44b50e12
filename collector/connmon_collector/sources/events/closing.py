"""TCP connections that are over, and whose last counters may still come. Pure.

Those name the connection by its ends, and a busy client uses the same ends again at once. The
kernel tells in the order of the ends of connections; so what ended first gets what comes first.
"""

from collections.abc import Container

from connmon_collector.sources.events.entry import Entry

_MOST = 200_000  # pairs of ends; on a saturated host the kernel is seconds late
_MOST_ALIKE = 1_000  # of one pair of ends


class Closing:
    """Waits for the last counters."""

    def __init__(self) -> None:
        self._first: dict[bytes, Entry] = {}  # by key, oldest first
        self._others: dict[bytes, list[Entry]] = {}  # of the same key, the next to end first

    def add(self, entry: Entry) -> None:
        """Wait for those of a connection that is over."""
        key = entry.key
        if self._first.setdefault(key, entry) is not entry:
            others = self._others.setdefault(key, [])
            if len(others) < _MOST_ALIKE:
                others.append(entry)
        elif len(self._first) > _MOST:
            self._forget(next(iter(self._first)))

    def take(self, key: bytes, mark: bytes) -> tuple[Entry | None, bool]:
        """Return, once, whose the counters are that came for these ends, and whether that is sure.

        It is not where several had these ends, and one of them may get none: the kernel has
        forgotten the ends of what we reset ourselves.
        """
        entry = self._first.get(key)
        if entry is None:
            return None, False
        if key in self._others:
            return self._take_one(key, mark)
        if entry.mark and entry.mark != mark:
            return None, False  # of a twin in another namespace
        del self._first[key]
        return entry, True

    def _take_one(self, key: bytes, mark: bytes) -> tuple[Entry | None, bool]:
        alike = [self._first[key], *self._others[key]]
        marked = [entry for entry in alike if entry.mark == mark]
        unmarked = [entry for entry in alike if not entry.mark]
        if not (marked or unmarked):
            return None, False
        sure = bool(marked) or all(entry.orderly for entry in unmarked)
        entry = (marked or unmarked)[0]
        alike.remove(entry)
        self._first[key], *others = alike
        if others:
            self._others[key] = others
        else:
            del self._others[key]
        return entry, sure

    def overdue(self, before: int) -> bool:
        """Return whether those of anything that ended before a time (ns) have not come."""
        return bool(self._first) and next(iter(self._first.values())).ended <= before

    def forget(self, before: int, alive: Container[bytes] = ()) -> None:
        """Wait no longer for those of what ended before a time (ns).

        What has its socket still (`alive`: the ends) is waited for until the next time. Of several
        with the same ends that can only be the last.
        """
        kept = {}
        while self.overdue(before):
            key = next(iter(self._first))
            if key in alive and key not in self._others:
                kept[key] = self._first.pop(key)
            else:
                self._forget(key)
        self._first |= kept

    def _forget(self, key: bytes) -> None:
        """Forget what ended first with these ends; what ended later is as old as the newest now."""
        del self._first[key]
        if others := self._others.pop(key, None):
            self._first[key], *rest = others
            if rest:
                self._others[key] = rest
