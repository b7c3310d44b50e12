"""A small DNS server for tests: answers PTR, A and AAAA queries over UDP as its script says.

What to do is keyed by the address asked for, in text, or by the name; anything else is NXDOMAIN.
"""

import ipaddress
import select
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from connmon_enricher.names.outcome import Answer
from connmon_enricher.names.resolver import Resolver
from connmon_shared.endpoints import parse, text_of

_PTR, _CNAME, _SOA, _IN = 12, 5, 6, 1
_TYPES = {4: 1, 16: 28}  # A, AAAA, by the bytes of an address
_RESPONSE = 0x8180  # answer, recursion desired and available
_NXDOMAIN, _SERVFAIL, _REFUSED = 3, 2, 5
_NAME_OF_QUESTION = b"\xc0\x0c"  # a pointer to offset 12, RFC 1035 section 4.1.4
_HEADER_BYTES = 12


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: PTR labels as bytes, addresses, an alias, an error code, or silence."""

    names: tuple[tuple[bytes, ...], ...] = ()
    ttl: int = 300  # seconds
    code: int = 0
    delay: float = 0.0  # seconds
    silent: bool = False
    alias_minimum: int | None = None  # answer with an alias to nowhere, whose SOA says this
    addresses: tuple[bytes, ...] = ()


SILENT = Reply(silent=True)
NXDOMAIN = Reply(code=_NXDOMAIN)
SERVFAIL = Reply(code=_SERVFAIL)
REFUSED = Reply(code=_REFUSED)


def ptr(name: str, ttl: int = 300, delay: float = 0.0) -> Reply:
    """Return the answer `name`, an ordinary host name."""
    return Reply((tuple(name.encode().split(b".")),), ttl, delay=delay)


def leads(*addresses: str) -> Reply:
    """Return the answer that a name leads to `addresses`."""
    return Reply(addresses=tuple(map(parse, addresses)))


def hostile(*labels: bytes) -> Reply:
    """Return an answer whose name has these labels, byte for byte."""
    return Reply((labels,))


class NameServer:
    """Runs from `with` to its end; `address` is what to hand to a resolver.

    Attributes:
        asked: how often each address or name was asked for.
        most_open: the largest number of distinct questions without an answer so far.
    """

    def __init__(
        self, script: Mapping[str, Reply] | Callable[[str], Reply], host: str = "127.0.0.1"
    ) -> None:
        self._script = script if callable(script) else lambda text: script.get(text, NXDOMAIN)
        self._socket = socket.socket(
            socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM
        )
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind((host, 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._timers: list[threading.Timer] = []
        self._open: set[str] = set()
        self._changed = threading.Condition()
        self.asked: Counter[str] = Counter()
        self.most_open = 0
        shown = f"[{host}]" if ":" in host else host
        self.address = f"{shown}:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join()
        for timer in self._timers:
            timer.cancel()
            timer.join()
        self._socket.close()

    def wait_until_asked(self, count: int, seconds: float = 10.0) -> bool:
        """Wait until `count` distinct addresses were asked for; return whether they were."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.asked) >= count, seconds)

    def _serve(self) -> None:
        while True:
            query, client = self._socket.recvfrom(4_096)
            if not query:
                return
            question, address = _question(query)
            reply = self._script(address)
            with self._changed:
                self.asked[address] += 1
                self._open.add(address)
                self.most_open = max(self.most_open, len(self._open))
                self._changed.notify_all()
            if reply.silent:
                continue
            packet = _packet(query[:2], question, reply)
            if reply.delay:
                timer = threading.Timer(reply.delay, self._send, (packet, client, address))
                self._timers.append(timer)
                timer.start()
            else:
                self._send(packet, client, address)

    def _send(self, packet: bytes, client: tuple[str, int], address: str) -> None:
        with self._changed:
            self._open.discard(address)
        self._socket.sendto(packet, client)


def _question(query: bytes) -> tuple[bytes, str]:
    """Return the question's bytes, and the address or name that it is about."""
    labels, at = [], _HEADER_BYTES
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += 1 + query[at]
    return query[_HEADER_BYTES : at + 5], _asked_for(labels)


def _asked_for(labels: list[str]) -> str:
    if labels[-1] != "arpa":
        return ".".join(labels)
    digits = labels[:-2][::-1]
    if labels[-2] == "in-addr":
        return ".".join(digits)
    return str(ipaddress.ip_address(int("".join(digits), 16)))


def _packet(identity: bytes, question: bytes, reply: Reply) -> bytes:
    answers = [_record(_PTR, reply.ttl, _encoded(labels)) for labels in reply.names]
    answers += [_record(_TYPES[len(raw)], reply.ttl, raw) for raw in reply.addresses]
    authority = []
    if reply.alias_minimum is not None:
        answers = [_record(_CNAME, reply.ttl, _encoded((b"nowhere", b"example")))]
        numbers = struct.pack("!5I", 1, 2, 3, 4, reply.alias_minimum)
        authority = [_record(_SOA, 86_400, _encoded((b"ns",)) + _encoded((b"admin",)) + numbers)]
    counts = struct.pack("!5H", _RESPONSE | reply.code, 1, len(answers), len(authority), 0)
    return identity + counts + question + b"".join(answers + authority)


def _record(kind: int, ttl: int, data: bytes) -> bytes:
    return _NAME_OF_QUESTION + struct.pack("!HHIH", kind, _IN, ttl, len(data)) + data


def _encoded(labels: tuple[bytes, ...]) -> bytes:
    return b"".join(bytes((len(label),)) + label for label in labels) + b"\0"


def wait_for_answers(
    resolver: Resolver, wanted: int | Collection[str], seconds: float = 10.0
) -> dict[str, Answer]:
    """Return the answers by address, as text, once all that are wanted are there or time is up.

    Args:
        resolver: is asked already.
        wanted: how many answers, whosever, or those to which addresses.
        seconds: until time is up.
    """
    answers: dict[str, Answer] = {}

    def lacking() -> bool:
        if isinstance(wanted, int):
            return len(answers) < wanted
        return not answers.keys() >= set(wanted)

    deadline = time.monotonic() + seconds
    while lacking() and (left := deadline - time.monotonic()) > 0:
        select.select([resolver.fileno()], [], [], left)
        answers |= {text_of(answer.address): answer for answer in resolver.answers()}
    return answers
