"""What stands still while the picture is frozen: the words of its rows, and what is counted."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from connmon_display.refresh.controls import Controls, Key
from connmon_display.refresh.scene import SceneRow
from connmon_display.words.labels import Label
from connmon_shared.timelines.timeline import Mark

_STATES = {
    Mark.NEW: "NEW",
    Mark.ACTIVE: "ACTIVE",
    Mark.LISTEN: "LISTEN",
    Mark.CLOSED: "CLOSED",
    Mark.EMPTY: "CLOSED",
}


class Still:
    """Remembers the words of the moment at which the picture was frozen."""

    def __init__(self) -> None:
        self._frozen_at: float | None = None
        self._labels: dict[Key, Label] = {}
        self._counts: tuple[str, ...] = ()

    def rows(
        self, rows: Iterable[SceneRow], keys: Iterable[Key], controls: Controls
    ) -> Iterator[SceneRow]:
        """Yield `rows` with the words that they had then.

        Of a row that comes into sight later its timeline tells the state of then. How fast bytes
        went is told only of the rows that were in sight, and never beside a timeline that ends
        earlier: it would be the rate of another time.
        """
        begins = controls.frozen_at != self._frozen_at
        self._frozen_at = controls.frozen_at
        if begins:
            self._labels.clear()
        if controls.frozen_at is None:
            yield from map(_unmeasured, rows) if controls.pan else rows
            return
        for row, key in zip(rows, keys, strict=True):
            then = row if begins else _as_it_was(row)
            kept = self._labels.get(key, then.label)
            if begins or not controls.pan:
                self._labels[key] = kept
            told = replace(row, label=kept)
            yield _unmeasured(told) if controls.pan else told

    def counts(self, read: Callable[[], tuple[str, ...]], controls: Controls) -> tuple[str, ...]:
        """Return what `read` yielded then, or yields now."""
        if controls.frozen_at is None:
            self._counts = ()
            return read()
        self._counts = self._counts or read()
        return self._counts


def _as_it_was(row: SceneRow) -> SceneRow:
    """Return a row in the state at the end of its timeline."""
    state = _STATES.get(Mark(row.marks[-1]), row.label.state)
    if state == "CLOSED" and row.label.state == "FAILED":
        return _unmeasured(row)
    unusual = row.label.unusual if state == "ACTIVE" else None
    return _unmeasured(replace(row, label=replace(row.label, state=state, unusual=unusual)))


def _unmeasured(row: SceneRow) -> SceneRow:
    return replace(row, label=replace(row.label, speed="", pace=b""))
