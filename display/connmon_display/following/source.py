"""Where a view gets what it shows: a running enricher, or whatever else can stand in for one."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from connmon_display.following.axis import Axis
from connmon_display.following.change import Change
from connmon_display.following.known import Known
from connmon_display.following.pipeline import Pipeline, Problem


class Playback(Protocol):
    """What can be done only with what has happened already."""

    @property
    def words(self) -> str:
        """How it goes on, for people."""
        ...

    @property
    def ended(self) -> bool:
        """Whether nothing more comes."""
        ...

    @property
    def seeking(self) -> bool:
        """Whether it passes over what came before the moment that is wanted."""
        ...

    def pause(self) -> None:
        """Stand still, or go on."""
        ...

    def seek(self, seconds: float) -> None:
        """Go on so many seconds later, or (negative) earlier."""
        ...


class Source(Known, ABC):
    """Brings messages to a pipeline, and keeps its time.

    Attributes:
        playback: None while things happen.
    """

    def __init__(self, pipeline: Pipeline, playback: Playback | None = None) -> None:
        super().__init__(pipeline, Axis(pipeline.hosts))
        self.playback: Final = playback

    @abstractmethod
    def receive(self) -> Iterator[Change]:
        """Yield what the waiting messages changed."""

    @abstractmethod
    def trouble(self) -> str:
        """Return why nothing comes, empty if that is not known to be wrong."""

    @property
    def next_attempt(self) -> float:
        """Seconds until it is tried again where nothing comes; 0: it is tried now."""
        return 0.0

    @abstractmethod
    def close(self) -> None:
        """Let go of everything at once."""

    def show(self, addresses: Iterable[bytes]) -> None:
        """Tell whoever looks names up that `addresses` are on the screen."""

    @property
    def patience(self) -> float:
        """Seconds until `receive` yields what wakes no loop."""
        return math.inf

    @property
    def own_problems(self) -> tuple[str, ...]:
        """What is wrong on our own side, with the remedy."""
        return ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong anywhere, with the remedy."""
        ours = map(Problem, self.own_problems)
        clocks = (self.pipeline.problem(*told) for told in self.axis.problems())
        return (*ours, *self.pipeline.problems, *clocks)

    @property
    def limits(self) -> tuple[str, ...]:
        """What the stages say that they cannot see by their nature."""
        return self.pipeline.limits
