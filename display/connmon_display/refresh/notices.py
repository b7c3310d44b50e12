"""What the last line of the screen tells once: problems, long work, what is forgotten. Pure."""

from collections.abc import Iterator

from connmon_display.attention.told import Told
from connmon_display.attention.trouble import list_problems
from connmon_display.filters.lists import Lists
from connmon_display.following.source import Source


class Notices:
    """Remembers what was told."""

    def __init__(self, source: Source, lists: Lists) -> None:
        self._source = source
        self._lists = lists
        self._told = Told()
        self._work: tuple[str, ...] = ()
        self._forgotten = False

    def news(self) -> str:
        """Return the newest sentence that was not told yet; empty: there is none."""
        problems = (*self._source.problems, *list_problems(self._lists, self._source))
        news = [problem.text for problem in self._told.new(problems)]
        work = tuple(_work(self._source))
        if work != self._work:
            self._work = work
            news[:0] = work
        forgotten = self._source.pipeline.no_longer_kept
        if forgotten and not self._forgotten:  # the first time: from then on it is ever more
            self._forgotten = True
            news.append(forgotten[0])
        return f"{news[-1]} (? lists all)" if news else ""


def _work(source: Source) -> Iterator[str]:
    """Yield what the enricher says of long work: how much of a table is compiled."""
    for status in source.pipeline.statuses.values():
        if status.stage == "enricher":
            yield from status.limits
