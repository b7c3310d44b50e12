"""What the collector has to say for itself: one line on standard error, which is its log."""

import contextlib
import sys

from connmon_shared.loop import Timer
from connmon_shared.sockets import EndpointError, RefusedError, probe

_PATIENCE_SECONDS = 2.0  # before we ask why nobody answers, and between two questions


def complain(text: str) -> None:
    """Write `text` as one line; a log that is full, or gone, is no reason to stop."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"connmon-collector: {text}\n")
        sys.stderr.flush()


class Refusal:
    """Tells once that we may not connect: ZeroMQ tries for ever, and never says why in vain."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._told = False
        self._again = Timer(_PATIENCE_SECONDS)
        self._again.take()  # the first connection needs its time

    def look(self) -> None:
        """Try the door while nobody answers."""
        if self._told or not self._again.take():
            return
        try:
            probe(self._endpoint)
        except RefusedError as error:
            self._told = True
            complain(f"{error}: the enricher there is another user's; trying on")
        except EndpointError:
            return  # it does not run yet
