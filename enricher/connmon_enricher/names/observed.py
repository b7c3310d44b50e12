"""The names that a collector observed, kept for the connections that follow."""

from collections import OrderedDict

from connmon_enricher.names.hostname import harmless
from connmon_shared.messages import ObservedName

MAX_OBSERVED = 50_000  # addresses; about 15 MB


class ObservedNames:
    """The newest name of each of at most `limit` addresses; the oldest makes room."""

    def __init__(self, limit: int = MAX_OBSERVED) -> None:
        self._limit = limit
        self._names: OrderedDict[bytes, ObservedName] = OrderedDict()

    def __len__(self) -> int:
        return len(self._names)

    def get(self, address: bytes) -> ObservedName | None:
        """Return the name observed last for `address`."""
        return self._names.get(address)

    def put(self, found: ObservedName) -> None:
        """Remember `found`, unless there is nothing left of the name when it is made harmless."""
        name = harmless(found.name)
        if not name:
            return
        self._names[found.address] = found._replace(name=name)
        self._names.move_to_end(found.address)
        if len(self._names) > self._limit:
            self._names.popitem(last=False)
