"""The queries that wait for an answer: only who was asked is believed. Pure.

Anybody can send a packet from port 53. To pass for an answer it has to come from the server that
was asked, to the port that asked, with the query's number and question, once, and soon: what a
resolver itself checks (RFC 5452, 9.1).
"""

from collections import OrderedDict

Query = tuple[bytes, bytes, tuple[bytes, bytes, int]]  # client, server, (number, name, kind)

LIFE_SECONDS = 10.0  # resolvers wait for 5 s
MAX_PENDING = 16_384  # about 5 MB


class Pending:
    """At most `limit` queries; the oldest makes room."""

    def __init__(self, limit: int = MAX_PENDING) -> None:
        self._limit = limit
        self._asked: OrderedDict[Query, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._asked)

    def ask(self, query: Query, now: float) -> None:
        """Note that `query` was sent."""
        self._asked[query] = now
        self._asked.move_to_end(query)
        if len(self._asked) > self._limit:
            self._asked.popitem(last=False)

    def answer(self, query: Query, now: float) -> bool:
        """Return whether `query` waits for an answer; it does so no longer."""
        return now - self._asked.pop(query, float("-inf")) <= LIFE_SECONDS

    def expire(self, now: float) -> None:
        """Forget the queries that are too old for an answer."""
        while self._asked and now - next(iter(self._asked.values())) > LIFE_SECONDS:
            self._asked.popitem(last=False)
