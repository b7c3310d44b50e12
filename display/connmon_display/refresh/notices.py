"""What the last line of the screen tells: answers to keys, alerts, and once what is wrong. Pure."""

import math
from collections.abc import Iterable, Iterator

from connmon_display.attention.alerts import Alert
from connmon_display.attention.told import Told
from connmon_display.attention.trouble import list_problems
from connmon_display.filters.lists import Lists
from connmon_display.following.source import Source
from connmon_display.words.labels import ALERT
from connmon_shared.stage.clock import Monotonic, boottime

NOTE_SECONDS = 8.0  # how long a sentence stays


class Notices:
    """Remembers what was told.

    Args:
        source: whose problems and long work are told.
        lists: those of the view.
        now: a monotonic clock.
    """

    def __init__(self, source: Source, lists: Lists, now: Monotonic = boottime) -> None:
        self._source = source
        self._lists = lists
        self._now = now
        self._said = self._alerted = ""
        self._until = self._alerted_until = -math.inf
        self._told = Told()
        self._work: tuple[str, ...] = ()
        self._forgotten = False

    def say(self, sentence: str) -> None:
        """Let the line tell `sentence` for a while, or until there is another."""
        self._said, self._until = sentence, self._now() + NOTE_SECONDS

    def forget(self) -> None:
        """Tell nothing of what was said until now: it is of another time."""
        self._said = self._alerted = ""

    def withdraw(self, sentence: str) -> None:
        """Tell `sentence` no longer: its cause is gone."""
        if self._said == sentence:
            self.say("")

    def alert(self, alerts: Iterable[Alert]) -> None:
        """Let the line tell the newest of `alerts` for a while, once nothing else is said.

        There may be one each second, and an answer is given once.
        """
        for alert in alerts:
            self._alerted = f"{ALERT} {alert.event.peer} {alert.match.brief}"
            self._alerted_until = math.inf  # it counts from when it is first seen

    def line(self) -> str:
        """Return what the line tells now; empty: nothing.

        What was said before a jump in a recording is of another time, and so is what is passed.
        """
        playback = self._source.playback
        if playback is not None and playback.seeking:
            self.forget()
            return ""
        if news := self._news():
            self.say(news)
        now = self._now()
        if self._said and now < self._until:
            return self._said
        self._alerted_until = min(self._alerted_until, now + NOTE_SECONDS)
        return self._alerted if now < self._alerted_until else ""

    def _news(self) -> str:
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
