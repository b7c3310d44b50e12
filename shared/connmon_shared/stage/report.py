"""When a stage tells how it is: soon after something changed, and seldom for its figures alone."""

import os
from collections.abc import Callable, Iterable
from dataclasses import replace

from connmon_shared.messages import Figure, Status
from connmon_shared.stage.clock import Monotonic, boottime
from connmon_shared.stage.usage import usage

FIGURES_SECONDS = 5.0  # between two statuses that differ in nothing but their figures


class Report:
    """Completes the statuses of a stage.

    Args:
        started: when the stage began, seconds since 1970.
        figures: what it counts itself.
        now: a monotonic clock.
    """

    def __init__(
        self,
        started: float,
        figures: Callable[[], Iterable[Figure]],
        now: Monotonic = boottime,
    ) -> None:
        self._started = started
        self._figures = figures
        self._now = now
        self._told: Status | None = None
        self._due = 0.0

    def news(self, status: Status) -> Status | None:
        """Return `status`, complete, if it is to be told now."""
        due = status != self._told or self._now() >= self._due
        return self.tell(status) if due else None

    def tell(self, status: Status) -> Status:
        """Return `status`, complete, to be told now for another reason."""
        self._told, self._due = status, self._now() + FIGURES_SECONDS
        return self.complete(status)

    def complete(self, status: Status) -> Status:
        """Return `status` with what every stage says of itself."""
        figures = (*self._figures(), *usage())
        return replace(status, pid=os.getpid(), started=self._started, figures=figures)
