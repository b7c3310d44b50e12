"""What the last line of the screen tells once: problems, and what is no longer kept. Pure."""

from connmon_display.following.pipeline import Problem
from connmon_display.following.source import Source


class Notices:
    """Remembers what was told."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._problems: set[Problem] = set()
        self._forgotten = False

    def news(self) -> str:
        """Return the newest sentence that was not told yet; empty: there is none."""
        problems = self._source.problems
        news = [problem.text for problem in problems if problem not in self._problems]
        # Only these: a problem that tells a number is another every time.
        self._problems = {*problems}
        forgotten = self._source.pipeline.no_longer_kept
        if forgotten and not self._forgotten:  # the first time: from then on it is ever more
            self._forgotten = True
            news.append(forgotten[0])
        return f"{news[-1]} (? lists all)" if news else ""
