"""Which problems were told already. Pure."""

from collections.abc import Iterable

from connmon_display.following.pipeline import Problem


class Told:
    """Remembers what was told, as long as it lasts.

    Not longer: a problem that tells a number is another every time.
    """

    def __init__(self) -> None:
        self._told: frozenset[Problem] = frozenset()

    def new(self, problems: Iterable[Problem]) -> list[Problem]:
        """Return those of all `problems` there are that were not told yet; they are now."""
        found = [*problems]
        new = [problem for problem in found if problem not in self._told]
        self._told = frozenset(found)
        return new
