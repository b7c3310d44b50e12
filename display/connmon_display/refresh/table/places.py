"""Where the rows are as long as they are to stay there. Pure."""

from collections.abc import Container, Iterable, Sequence

from connmon_display.refresh.input.controls import Controls
from connmon_display.rows.row import Key, RowKey, Shown
from connmon_shared.endpoints import Peer


class Places:
    """Remembers in which order rows were when they came to a standstill; new ones come last."""

    def __init__(self) -> None:
        self._keys: Sequence[Key] = ()  # in that order; most pictures are looked at as they are
        self._known: dict[Key, int] = {}  # and their places, once these are asked for
        self._for: object = None

    def hold(self, controls: Controls, keys: Sequence[Key]) -> None:
        """Note where the rows are, if they are to stay there from now on.

        Args:
            controls: the user's settings.
            keys: those of the rows in their order; who has them lets them be.
        """
        held_for = (controls.by, controls.sort, controls.reverse) if controls.still else None
        if held_for != self._for:
            begins = self._for is None
            self._for = held_for
            self._keys, self._known = keys if begins else (), {}

    def put(self, rows: list[Shown]) -> None:
        """Put `rows` where they were, if they are to stay there."""
        if self._for is None:
            return
        places = self._places
        for shown in rows:
            places.setdefault(shown.key, len(places))
        rows.sort(key=lambda shown: places[shown.key])

    def give_up(self, host: str, peers: Container[Peer]) -> None:
        """Let go of the rows of `host` but `peers`; the others stay in their order."""
        self._known = _in_order(
            key
            for key in self._places
            if not isinstance(key, RowKey) or key.host != host or key.peer in peers
        )

    @property
    def _places(self) -> dict[Key, int]:
        if self._keys:
            self._known, self._keys = _in_order(self._keys), ()
        return self._known


def _in_order(keys: Iterable[Key]) -> dict[Key, int]:
    return {key: place for place, key in enumerate(keys)}
