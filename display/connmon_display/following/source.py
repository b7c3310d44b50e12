"""Where a view gets what it shows: a running enricher, or whatever else can stand in for one."""

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from connmon_display.following.axis import Axis
from connmon_display.following.follow import Change
from connmon_display.following.pipeline import Pipeline, Problem
from connmon_shared.messages import Fact


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

    def pause(self) -> None:
        """Stand still, or go on."""
        ...

    def seek(self, seconds: float) -> None:
        """Go on so many seconds later, or (negative) earlier."""
        ...


class Source(ABC):
    """Brings messages to a pipeline, and keeps its time.

    Attributes:
        pipeline: what is known by now.
        playback: None while things happen.
        axis: the time that all hosts share.
    """

    def __init__(self, pipeline: Pipeline, playback: Playback | None = None) -> None:
        self.pipeline: Final = pipeline
        self.playback: Final = playback
        self.axis: Final = Axis(pipeline.hosts)

    @abstractmethod
    def receive(self) -> Iterator[Change]:
        """Yield what the waiting messages changed."""

    @abstractmethod
    def trouble(self) -> str:
        """Return why nothing comes, empty if that is not known to be wrong."""

    @abstractmethod
    def close(self) -> None:
        """Let go of everything at once."""

    def show(self, addresses: Iterable[bytes]) -> None:  # noqa: B027 - most need not be told
        """Tell whoever looks names up that `addresses` are on the screen."""

    @property
    def patience(self) -> float:
        """Seconds until `receive` yields what wakes no loop."""
        return math.inf

    @property
    def facts(self) -> dict[bytes, Fact]:
        """What is known of each remote address."""
        return self.pipeline.facts

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
    def features(self) -> frozenset[str]:
        """The look-ups that are on."""
        return self.pipeline.features

    @property
    def limits(self) -> tuple[str, ...]:
        """What the stages say that they cannot see by their nature."""
        return self.pipeline.limits

    def now(self) -> float:
        """Return the time on the axis of all hosts, seconds since 1970; without any, our own."""
        return self.axis.now() if self.pipeline.live else time.time()
