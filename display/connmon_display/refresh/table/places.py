"""Where the rows are as long as they are to stay there. Pure."""

from collections.abc import Container, Iterable

from connmon_display.refresh.input.controls import Controls
from connmon_display.rows.row import Key, RowKey, Shown
from connmon_shared.endpoints import Peer


class Places:
    """Remembers in which order rows were when they came to a standstill; new ones come last."""

    def __init__(self) -> None:
        self._places: dict[Key, int] = {}
        self._for: object = None

    def hold(self, controls: Controls, keys: Iterable[Key]) -> None:
        """Note where the rows are, `keys` in their order, if they are to stay there from now on."""
        held_for = (controls.by, controls.sort, controls.reverse) if controls.still else None
        if held_for != self._for:
            begins = self._for is None
            self._for = held_for
            self._places = _in_order(keys if begins else ())

    def put(self, rows: list[Shown]) -> None:
        """Put `rows` where they were, if they are to stay there."""
        if self._for is None:
            return
        for shown in rows:
            self._places.setdefault(shown.key, len(self._places))
        rows.sort(key=lambda shown: self._places[shown.key])

    def give_up(self, host: str, peers: Container[Peer]) -> None:
        """Let go of the rows of `host` but `peers`; the others stay in their order."""
        self._places = _in_order(
            key
            for key in self._places
            if not isinstance(key, RowKey) or key.host != host or key.peer in peers
        )


def _in_order(keys: Iterable[Key]) -> dict[Key, int]:
    return {key: place for place, key in enumerate(keys)}
