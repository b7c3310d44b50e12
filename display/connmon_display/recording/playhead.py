"""How a replay goes through the time of its recording: speed, pauses, jumps. Pure."""

import math
from collections.abc import Callable

AS_FAST_AS_POSSIBLE = math.inf


class Playhead:
    """Where a replay is.

    Attributes:
        speed: seconds of the recording in one second.
        paused: whether it stands still.

    Args:
        position: in the recording, seconds since 1970.
        speed: `AS_FAST_AS_POSSIBLE` moves by `go_to` alone.
        real: a monotonic clock, in seconds.
    """

    def __init__(self, position: float, speed: float, real: Callable[[], float]) -> None:
        self.speed = speed
        self.paused = False
        self._real = real
        self._position = position  # at the moment
        self._since = real()

    @property
    def position(self) -> float:
        """The moment of the recording that is now, seconds since 1970."""
        if self.paused or self.speed == AS_FAST_AS_POSSIBLE:
            return self._position
        return self._position + (self._real() - self._since) * self.speed

    def go_to(self, position: float) -> None:
        """Go on from `position`."""
        self._position, self._since = position, self._real()

    def pause(self) -> None:
        """Stand still, or go on."""
        self.go_to(self.position)
        self.paused = not self.paused

    def left(self, moment: float) -> float:
        """Return how many real seconds are left until `moment` of the recording."""
        if self.paused:
            return math.inf
        return max(0.0, moment - self.position) / self.speed
