"""What became of the rows of a file."""

from collections.abc import Callable
from dataclasses import dataclass

_REPORTED_ROWS = 3
Share = Callable[[float], None]  # is told how much is done, of 1


class FormatError(Exception):
    """The file is damaged, or of another sort."""


@dataclass(slots=True)
class Tally:
    """How many of them were taken and left out, and where the first malformed ones are."""

    good: int = 0
    bad: int = 0
    first_bad: tuple[str, ...] = ()  # place and reason of the first few

    def add_bad(self, place: str, reason: object) -> None:
        """Count a malformed row."""
        self.bad += 1
        if self.bad <= _REPORTED_ROWS:
            self.first_bad += (f"{place}: {reason}",)

    def __str__(self) -> str:
        """Return what to say about malformed rows."""
        return "; ".join(self.first_bad) + ("; …" if self.bad > len(self.first_bad) else "")
