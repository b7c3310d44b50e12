"""What is known of all hosts and their addresses: as it grows, or as it was at one moment."""

import time
from typing import Final

from connmon_display.following.axis import Axis
from connmon_display.following.pipeline import Pipeline
from connmon_shared.messages import Fact


class Known:
    """What is known of the hosts, and their time.

    Attributes:
        pipeline: what is known.
        axis: the time that all hosts share.
    """

    def __init__(self, pipeline: Pipeline, axis: Axis) -> None:
        self.pipeline: Final = pipeline
        self.axis: Final = axis

    def still(self) -> "Known":
        """Return what is known now, to be looked at while more comes; its time stands still."""
        return _Still(self)

    @property
    def facts(self) -> dict[bytes, Fact]:
        """What is known of each remote address."""
        return self.pipeline.facts

    @property
    def features(self) -> frozenset[str]:
        """The look-ups that are on."""
        return self.pipeline.features

    def now(self) -> float:
        """Return the time on the axis of all hosts, seconds since 1970; without any, our own."""
        return self.axis.now() if self.pipeline.live else time.time()


class _Still(Known):
    """What was known at one moment."""

    def __init__(self, known: Known) -> None:
        pipeline = known.pipeline.still()
        super().__init__(pipeline, known.axis.still(pipeline.hosts))
        self._now = known.now()

    def now(self) -> float:
        return self._now
