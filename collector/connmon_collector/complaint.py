"""Saying why nobody answers: ZeroMQ tries for ever, and never tells."""

import logging

from connmon_shared.loop import Timer
from connmon_shared.sockets import EndpointError, RefusedError, probe

_PATIENCE_SECONDS = 2.0  # before we ask why nobody answers, and between two questions
log = logging.getLogger("connmon-collector")


class Refusal:
    """Tells once that we may not connect."""

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
            log.warning("%s: the enricher there is another user's; trying on", error)
        except EndpointError:
            return  # it does not run yet
