"""For how long nothing has come of who should say something. Pure."""

SILENT_SECONDS = 6.0  # an enricher says something every five
AWAY_SECONDS = 3.0  # views look at least every two; who was stopped looks later


class Silence:
    """Counts only time in which somebody looked: what came meanwhile may still be on its way.

    A viewer is away while it is stopped (Ctrl-Z) and while the machine sleeps.

    Args:
        now: when listening begins, in seconds of the clock that the methods are told `now` by.
    """

    def __init__(self, now: float) -> None:
        self._since = now
        self._looked = now

    def look(self, now: float) -> None:
        """Take note of a look at what has come."""
        if now - self._looked > AWAY_SECONDS:
            self._since = now
        self._looked = now

    def end(self, now: float) -> None:
        """Take note of something that has come."""
        self._since = now

    @property
    def long(self) -> bool:
        """Whether it lasts, as far as was looked, longer than it ever should."""
        return self._looked - self._since > SILENT_SECONDS
