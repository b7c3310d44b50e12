"""What rows in sight needed room for lately, so that columns do not come and go with one of them.

A half-open connection is there for a few seconds; were its column only as long as it, all that is
beside it would jump at its beginning and its end.
"""

from connmon_display.refresh.columns import Wordings

KEPT_SECONDS = 30.0


class Lately:
    """Remembers how much room was needed."""

    def __init__(self) -> None:
        self._needed: Wordings = ()
        self._at = 0.0

    def room(self, needed: Wordings, moment: float) -> Wordings:
        """Return the room for what is `needed`, and for what was until so long ago.

        Args:
            needed: how many cells each wording of what is in sight takes.
            moment: seconds, of the picture: where that stands still, nothing is forgotten.
        """
        if not 0 <= moment - self._at < KEPT_SECONDS:  # long ago, or gone back in a recording
            self._needed = ()
        both = tuple(map(max, needed, self._needed)) if needed else self._needed
        if both == needed or not self._needed:
            self._needed, self._at = needed, moment
            return needed
        return both
