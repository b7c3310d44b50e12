"""A file that is being written, a slice at a time: whoever has a screen goes on drawing it."""

from collections.abc import Iterable
from pathlib import Path

from connmon_display.export.writing import writing
from connmon_display.words.units import size as size_of
from connmon_shared.stage.clock import Monotonic, boottime


class Job:
    """One file.

    Attributes:
        path: the file; at the end another one, if it may replace none and that has come meanwhile.
        expected: about how many bytes it will be.
        written: how many it is by now.

    Args:
        path: where it is written to.
        lines: what is written.
        expected: about how many bytes that is.
        now: a monotonic clock.
        others: other names for a file that may replace none.
    """

    def __init__(
        self,
        path: Path,
        lines: Iterable[str],
        expected: int,
        now: Monotonic = boottime,
        others: Iterable[Path] | None = None,
    ) -> None:
        self.path = path
        self.expected = expected
        self.written = 0
        self._writing = writing(path, lines, others)
        self._now = now

    @property
    def words(self) -> str:
        """How far it is."""
        share = min(self.written / self.expected, 0.99) if self.expected else 0.0
        return f"saving {self.path}: {share:.0%} of about {size_of(self.expected)}"

    def work(self, seconds: float) -> bool:
        """Write for so many seconds, or for one line that takes longer, and return whether all is.

        Raises:
            OSError: it cannot be written; an earlier file of that name is as it was.
        """
        until = self._now() + seconds
        try:
            self.written = next(self._writing)
            while self._now() < until:
                self.written = next(self._writing)
        except StopIteration as end:
            self.path = end.value or self.path  # asked again it tells nothing
            return True
        return False

    def stop(self) -> None:
        """Leave no half of a file."""
        self._writing.close()
