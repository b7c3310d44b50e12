"""Names for addresses, from the answers to this host's own look-ups.

```
packet ─▶ datagram ─▶ query: remembered
                      answer to one of them ─▶ addresses ─▶ a name for each, told once a minute
```
"""

import os
from collections import OrderedDict
from collections.abc import Callable

from connmon_collector.observed_names.capture import Capture, Refused
from connmon_collector.observed_names.dns import (
    MAX_RECORDS,
    host_name,
    read_addresses,
    read_question,
)
from connmon_collector.observed_names.ours import anybody, is_ours
from connmon_collector.observed_names.packet import read_datagram
from connmon_collector.observed_names.pending import Pending
from connmon_shared.endpoints import WILDCARD, normalise
from connmon_shared.messages import ROWS_PER_PART, ObservedName

_PORT_BYTES = 2  # behind the address of an end
Ours = Callable[[bytes, float], bool]  # (address, now) → whether it is this host's
REPEAT_SECONDS = 60.0  # a name that was told is not told again sooner
MAX_TOLD = 50_000  # addresses
MAX_PACKETS = 1_000  # in one call: a flood costs at most 1,000 × 10 µs
_LOOPBACK_V4, _LOOPBACK_V6 = 127, bytes(15) + b"\x01"

_LIMIT = (
    "names are observed in answers over UDP only: not in encrypted DNS, nor DNS over TCP, nor in"
    " fragments; and not of names that a program or resolver already knew"
)
_LOST = "more name look-ups came than could be taken in: some names are not observed"
_BROKEN = "names of --observe-dns are not seen: {}"
_NOT_PERMITTED = "not permitted: run as root (sudo)"


class Reader:
    """What the packets say. Pure: the time comes with each packet.

    Args:
        most_told: addresses whose last name is remembered; the oldest makes room.
        ours: whether this host has an address: a router also passes on what others ask.
    """

    def __init__(
        self,
        most_told: int = MAX_TOLD,
        ours: Ours = anybody,
    ) -> None:
        self._most_told = most_told
        self._ours = ours
        self._pending = Pending()
        self._told: OrderedDict[bytes, tuple[str, float]] = OrderedDict()

    def read(self, packet: bytes, now: float) -> list[ObservedName]:
        """Return the names that `packet` gives, if it is an answer that was waited for.

        What was told of an address last is not told again soon, whether it comes from another
        device or another look-up. One that had another name in between is: the newest counts.
        """
        datagram = read_datagram(packet)
        question = read_question(datagram.payload) if datagram else None
        if datagram is None or question is None:
            return []
        source, target, payload = datagram
        asked = question.identity, question.name, question.kind
        if not question.answer:
            if self._ours(source[:-_PORT_BYTES], now):
                self._pending.ask((source, target, asked), now)
            return []
        if not self._pending.answer((target, source, asked), now):
            return []
        name = host_name(question.name)
        addresses = map(normalise, read_addresses(payload, question) if name else ())
        return [
            ObservedName(address, name, now)
            for address in addresses
            if _worth_naming(address) and self._is_news(address, name, now)
        ]

    def expire(self, now: float) -> None:
        """Forget the queries that nobody answers any more."""
        self._pending.expire(now)

    def _is_news(self, address: bytes, name: str, now: float) -> bool:
        told, time = self._told.get(address, ("", 0.0))
        if name == told and now - time < REPEAT_SECONDS:
            return False
        self._told[address] = (name, now)
        self._told.move_to_end(address)
        if len(self._told) > self._most_told:
            self._told.popitem(last=False)
        return True


class NameWatch:
    """Reader and socket together."""

    limits = (_LIMIT,)

    def __init__(self, capture: Capture, ours: Ours = is_ours) -> None:
        self._capture = capture
        self._reader = Reader(ours=ours)
        self._broken = ""

    @property
    def dropped(self) -> int:
        """How many packets were lost because they came too fast."""
        return self._capture.dropped

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong, for people."""
        lost = (_LOST,) if self.dropped else ()
        return (*lost, _BROKEN.format(self._broken)) if self._broken else lost

    def take(self, now: float) -> list[ObservedName]:
        """Return the names observed since the last call, at most as many as one message holds.

        What is more than that waits for the next call. Never raises: names are an extra, and
        their end is told in `problems`.
        """
        names: list[ObservedName] = []
        if self._broken:
            return names
        try:
            for packet in self._capture.packets(MAX_PACKETS):
                names += self._reader.read(packet, now)
                if len(names) > ROWS_PER_PART - MAX_RECORDS:
                    break
            self._capture.count_drops()
        except OSError as error:
            denied = isinstance(error, PermissionError)
            self._broken = _NOT_PERMITTED if denied else os.strerror(error.errno or 0)
        self._reader.expire(now)
        return names

    def close(self) -> None:
        """Close the socket."""
        self._capture.close()


def open_watch(capture: Callable[[], Capture] = Capture) -> NameWatch:
    """Return a watch; where none is possible, one that sees nothing and says why."""
    try:
        return NameWatch(capture())
    except OSError as error:
        return NameWatch(Refused(error))


def _worth_naming(address: bytes) -> bool:
    """Return whether `address` is somebody's: filters answer with `this host` for what they hide.

    One name of many would stick to it.
    """
    return address not in {WILDCARD, _LOOPBACK_V6} and address[0] != _LOOPBACK_V4
