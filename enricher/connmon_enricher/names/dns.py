"""Names by DNS: PTR queries, a limited number at a time, in one thread with its own event loop.

The only module that imports aiodns. c-ares sends the queries from yet another thread, a
native one, and hands the results to the event loop.
"""

import asyncio
import ipaddress
import threading
from collections import deque
from collections.abc import Callable
from functools import partial

import aiodns
import pycares

from connmon_enricher.names.hostname import harmless
from connmon_enricher.names.outcome import Outcome
from connmon_enricher.names.waiting import WaitingLine
from connmon_shared.messages import Lookup

IN_FLIGHT = 48  # queries; the forwarders in home routers hold 150 for the whole network
TRIES = 4  # with 2, only 81 % of the names that take 1.2 s were found
FIRST_WAIT_SECONDS = 2.0  # until c-ares knows how quick the server is; doubled with each try
CLOSE_SECONDS = 0.2  # for c-ares to let go of its queries; it takes about 10 ms
Report = Callable[[Outcome], None]
_Result = asyncio.Future[pycares.DNSResult]
_STATES = {
    aiodns.error.ARES_ENOTFOUND: Lookup.NOT_FOUND,
    aiodns.error.ARES_ENODATA: Lookup.NOT_FOUND,
    aiodns.error.ARES_ETIMEOUT: Lookup.TIMED_OUT,
}


class DnsResolver:
    """Reports the outcome of every `ask`, from its thread.

    Attributes:
        dropped: how many addresses had to leave the waiting line unasked.

    Raises:
        ValueError: `server` is no address, with or without a port (`[::1]:53`).
    """

    def __init__(
        self, report: Report, server: str | None = None, first_wait: float = FIRST_WAIT_SECONDS
    ) -> None:
        self.dropped = 0
        self._report = report
        self._asked: deque[bytes] = deque()  # handed over to the thread
        self._woken = False
        self._line = WaitingLine()
        self._in_flight: set[_Result] = set()
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._dns = self._connected(server, first_wait)
        self._thread = threading.Thread(target=self._run, name="names-dns", daemon=True)
        self._thread.start()

    def ask(self, address: bytes) -> None:
        """Send a query for `address` as soon as there is room for one."""
        self._asked.append(address)
        if not self._woken:  # once for a burst: waking the thread is a system call
            self._woken = True
            self._loop.call_soon_threadsafe(self._take_asked)

    def close(self) -> None:
        """Break off all queries and end the thread; a second call has no effect."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(CLOSE_SECONDS)

    def _connected(self, server: str | None, first_wait: float) -> aiodns.DNSResolver:
        servers = [server] if server else None
        try:
            return aiodns.DNSResolver(servers, self._loop, tries=TRIES, timeout=first_wait)
        except (pycares.AresError, UnicodeEncodeError) as error:
            self._loop.close()
            raise ValueError(f"{server!r} is no address of a name server") from error

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        await self._stopping.wait()
        self._line.clear()
        self._dns.cancel()
        if self._in_flight:  # their ends arrive by this loop, which must not be closed before
            await asyncio.wait(self._in_flight, timeout=CLOSE_SECONDS)
        await self._dns.close()

    def _take_asked(self) -> None:
        self._woken = False  # before looking: what is asked from here on wakes the thread anew
        while self._asked:
            self._enqueue(self._asked.popleft())
        self._send()

    def _enqueue(self, address: bytes) -> None:
        dropped = self._line.put(address)
        if dropped is not None:
            self.dropped += 1
            self._report(Outcome(dropped, Lookup.FAILED))

    def _send(self) -> None:
        while len(self._in_flight) < IN_FLIGHT and (address := self._line.take()) is not None:
            result = self._dns.query_dns(ipaddress.ip_address(address).reverse_pointer, "PTR")
            self._in_flight.add(result)
            result.add_done_callback(partial(self._finish, address))

    def _finish(self, address: bytes, result: _Result) -> None:
        self._in_flight.discard(result)
        if not self._stopping.is_set():
            self._send()
        outcome = Outcome(address, Lookup.FAILED)
        try:
            outcome = outcome_of(address, result)
        finally:  # whatever happens, nobody waits for ever; asyncio prints what was not expected
            self._report(outcome)


def outcome_of(address: bytes, result: _Result) -> Outcome:
    """Return what the finished query for `address` found out."""
    error = result.exception()
    if error is None:
        return _read(address, result.result())
    if isinstance(error, aiodns.error.DNSError):
        return Outcome(address, _STATES.get(error.args[0], Lookup.FAILED))
    raise error


def _read(address: bytes, result: pycares.DNSResult) -> Outcome:
    """Read an answer; of several names the first in the alphabet, so that it stays the same."""
    targets = [r.data.dname for r in result.answer if isinstance(r.data, pycares.PTRRecordData)]
    name = min(filter(None, map(harmless, targets)), default="")
    if name:
        return Outcome(address, Lookup.RESOLVED, name, min(r.ttl for r in result.answer))
    return Outcome(address, Lookup.NOT_FOUND, ttl=_negative_ttl(result))


def _negative_ttl(result: pycares.DNSResult) -> int | None:
    """Return how long "there is no name" counts: RFC 2308 section 5.

    Known only after an alias that leads nowhere: with NXDOMAIN, pycares hands out no records.
    """
    for record in result.authority:
        if isinstance(record.data, pycares.SOARecordData):
            return min(record.ttl, record.data.minimum)
    return None
