"""What rows in sight needed room for lately, so that columns do not come and go with one of them.

A half-open connection is there for a few seconds; were its column only as long as it, all that is
beside it would jump at its beginning and its end.
"""

from connmon_display.refresh.layout.needs import NOTHING, Needs

#: At least; at most twice as long, so that all that goes does so at once. It is longer than the
#: minute in which an age is short (`2h` between `1h59m` and `2h01m`).
KEPT_SECONDS = 90.0


class Lately:
    """Remembers how much room was needed.

    Attributes:
        needs: in this stretch of time and the one before.
    """

    def __init__(self) -> None:
        self.needs = self._now = self._before = NOTHING
        self._stretch = 0
        self._of: object = None

    def learn(self, needs: Needs, moment: float, of: object) -> bool:
        """Take note of what is needed now, and return whether that gives another picture.

        Args:
            needs: of what is in sight.
            moment: seconds, of the picture: where that stands still, nothing is forgotten.
            of: what is in sight: others need other room.
        """
        stretch = int(moment // KEPT_SECONDS)
        if of != self._of or not 0 <= stretch - self._stretch <= 1:  # long ago, or gone back
            self._before = self._now = NOTHING
        elif stretch != self._stretch:
            self._before, self._now = self._now, NOTHING
        self._of, self._stretch = of, stretch
        self._now = _most(self._now, needs)
        were, self.needs = self.needs, _most(self._before, self._now)
        return self.needs != were


def _most(one: Needs, other: Needs) -> Needs:
    return Needs(*map(max, one, other))
