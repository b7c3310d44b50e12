"""What is asked before the program ends: save the timeline? the frequent addresses? Pure."""

from dataclasses import dataclass, replace
from enum import Enum

_MAX_PERCENT = 100
_QUIT = "q"  # as everywhere: nothing more is asked, nor saved than was asked for


class Step(Enum):
    """Where the conversation stands."""

    TIMELINE = 0
    FREQUENT = 1
    DONE = 2
    KEEP_RUNNING = 3


@dataclass(frozen=True, slots=True)
class Questions:
    """The conversation so far.

    Attributes:
        step: what is being asked.
        save: whether the timeline is to be saved.
        percent: from which share of the time addresses are saved; None: not at all.
        typed: the number being typed.
        ask_percent: whether the second question is asked at all.
        size: how large the report will be, if that is worth a thought.
    """

    step: Step = Step.TIMELINE
    save: bool = False
    percent: float | None = None
    typed: str = ""
    ask_percent: bool = True
    size: str = ""

    @property
    def text(self) -> str:
        """The question for the last line of the screen."""
        if self.step is Step.TIMELINE:
            size = f" ({self.size})" if self.size else ""
            return f"Save timeline{size} before quitting? [y]es [n]o  Esc keep running"
        return f"Save frequent addresses? active at least % of the time (Enter: no): {self.typed}_"

    def key(self, key: str) -> "Questions":
        """Return the conversation after `key` was pressed."""
        if key == "KEY_ESCAPE":
            return replace(self, step=Step.KEEP_RUNNING)
        if key == _QUIT:
            return replace(self, step=Step.DONE)
        if self.step is Step.TIMELINE:
            return self._answer_timeline(key.lower())
        if self.step is Step.FREQUENT:
            return self._type_percent(key)
        return self

    def paste(self, text: str) -> "Questions":
        """Return the conversation after a line of `text` was pasted: it may be a number."""
        numeric = self.step is Step.FREQUENT and percent_of(self.typed + text) is not None
        return replace(self, typed=self.typed + text.strip()) if numeric else self

    def _answer_timeline(self, key: str) -> "Questions":
        if key not in {"y", "n"}:
            return self
        following = Step.FREQUENT if self.ask_percent else Step.DONE
        return replace(self, save=key == "y", step=following)

    def _type_percent(self, key: str) -> "Questions":
        if key == "KEY_ENTER" or (key == "n" and not self.typed):
            return replace(self, step=Step.DONE, percent=percent_of(self.typed))
        if key in {"KEY_BACKSPACE", "KEY_DELETE"}:
            return replace(self, typed=self.typed[:-1])
        typed = self.typed + key
        return replace(self, typed=typed) if percent_of(typed) is not None else self


def percent_of(typed: str) -> float | None:
    """Return the percentage in `typed`, None when it is none from 0 to 100."""
    try:
        value = float(typed.strip().removesuffix("%"))
    except ValueError:
        return None
    return value if 0 <= value <= _MAX_PERCENT else None
