"""Work that is done in short steps, a slice of time at a time, until there is a result."""

from collections.abc import Generator
from typing import Generic, TypeVar

from connmon_shared.stage.clock import Monotonic, boottime

SLICE_SECONDS = 0.01  # of work at a time: a key waits for no more

Result = TypeVar("Result")


class Steps(Generic[Result]):
    """Takes the steps of a generator.

    Args:
        steps: between two of them little is done; it returns the result.
        now: a monotonic clock.
    """

    def __init__(self, steps: Generator[None, None, Result], now: Monotonic = boottime) -> None:
        self._steps = steps
        self._now = now

    def work(self, seconds: float = SLICE_SECONDS) -> Result | None:
        """Go on for so many seconds, and return the result; None: there is none yet."""
        until = self._now() + seconds
        try:
            next(self._steps)
            while self._now() < until:
                next(self._steps)
        except StopIteration as ended:
            result: Result = ended.value
            return result
        return None


def at_once(steps: Generator[None, None, Result]) -> Result:
    """Take all steps, and return the result."""
    try:
        while True:
            next(steps)
    except StopIteration as ended:
        result: Result = ended.value
        return result
