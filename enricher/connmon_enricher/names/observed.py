"""The names that collectors observed, kept for the connections that follow."""

from collections import OrderedDict
from collections.abc import Set as AbstractSet

from connmon_enricher.names.hostname import harmless
from connmon_shared.messages import ObservedName

MAX_OBSERVED = 50_000  # addresses; about 15 MB


class ObservedNames:
    """The newest name of each address that each key told of, `limit` in all; the oldest makes room.

    The key is that of a collector; that of one beside us is empty.
    """

    def __init__(self, limit: int = MAX_OBSERVED) -> None:
        self._limit = limit
        self._names: OrderedDict[tuple[bytes, str], ObservedName] = OrderedDict()

    def __len__(self) -> int:
        return len(self._names)

    def get(self, address: bytes, keys: AbstractSet[str] = frozenset()) -> ObservedName | None:
        """Return the name observed last for `address`, which hosts with these `keys` talk to.

        One that was observed beside us counts for all. Any other only if all of them told it: who
        may tell of one host must not name what another one talks to.
        """
        ours = self._names.get((address, ""))
        if ours is not None:
            return ours
        told = [self._names.get((address, key)) for key in keys]
        agreed = len({each and each.name for each in told}) == 1
        return told[0] if agreed else None

    def put(self, found: ObservedName, key: str = "") -> None:
        """Remember `found`, unless there is nothing left of the name when it is made harmless."""
        name = harmless(found.name)
        if not name:
            return
        place = found.address, key
        self._names[place] = found._replace(name=name)
        self._names.move_to_end(place)
        if len(self._names) > self._limit:
            self._names.popitem(last=False)
