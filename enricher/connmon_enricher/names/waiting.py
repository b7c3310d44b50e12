"""The questions that wait for their turn."""

from collections import OrderedDict
from collections.abc import Sequence

from connmon_enricher.names.outcome import Question

WAITING_ADDRESSES = 10_000


class WaitingLine:
    """First come, first served; but who is on somebody's screen goes before all others."""

    def __init__(self) -> None:
        self._first: OrderedDict[Question, None] = OrderedDict()
        self._rest: OrderedDict[Question, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._first) + len(self._rest)

    def put(self, question: Question, *, first: bool = False) -> None:
        """Add `question`."""
        (self._first if first else self._rest)[question] = None

    def prefer(self, question: Question) -> bool:
        """Let `question` go before the others; return whether it waits here."""
        if question in self._rest:
            del self._rest[question]
            self._first[question] = None
        return question in self._first

    def take(self) -> Question | None:
        """Return whose turn it is; None: nobody waits."""
        for line in (self._first, self._rest):
            if line:
                return line.popitem(last=False)[0]
        return None

    def drop(self) -> Question | None:
        """Return who has to leave, because the line is too long; None: nobody waits.

        Who waited longest: its connection is the likeliest to have ended.
        """
        for line in (self._rest, self._first):
            if line:
                return line.popitem(last=False)[0]
        return None

    def let_in(self, first: Sequence[Question], rest: Sequence[Question]) -> None:
        """Put these before those that wait here."""
        for ours, theirs in ((self._first, first), (self._rest, rest)):
            for question in reversed(theirs):
                ours[question] = None
                ours.move_to_end(question, last=False)

    def leave(self) -> tuple[list[Question], list[Question]]:
        """Return who is on somebody's screen, and the others; nobody waits here any more."""
        everybody = [*self._first], [*self._rest]
        self.clear()
        return everybody

    def clear(self) -> None:
        """Send everybody away."""
        self._first.clear()
        self._rest.clear()
