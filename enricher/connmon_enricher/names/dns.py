"""Names by DNS: PTR queries, and A or AAAA to confirm them, in one thread with its own event loop.

The only module that imports aiodns. c-ares sends the queries from yet another thread, a
native one, and hands the results to the event loop.
"""

import asyncio
import ipaddress
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial

import aiodns
import pycares

from connmon_enricher.names.hostname import harmless
from connmon_enricher.names.outcome import Outcome, Question, Tell
from connmon_enricher.names.turns import BUDGET, Turns
from connmon_shared.endpoints import parse
from connmon_shared.messages import Lookup

TRIES = 4  # with 2, only 81 % of the names that take 1.2 s were found
FIRST_WAIT_SECONDS = 2.0  # until c-ares knows how quick the server is; doubled with each try
LEAST_WAIT_SECONDS = 0.2  # c-ares waits 250 ms at least; sooner, there was no way to any server
TOLD_SECONDS = 0.005  # that an outcome waits for others
CLOSE_SECONDS = 0.2  # for c-ares to let go of its queries; it takes about 10 ms
_IPV4_BYTES = 4
_Result = asyncio.Future[pycares.DNSResult]
_STATES = {
    aiodns.error.ARES_ENOTFOUND: Lookup.NOT_FOUND,
    aiodns.error.ARES_ENODATA: Lookup.NOT_FOUND,
    aiodns.error.ARES_ETIMEOUT: Lookup.TIMED_OUT,
}


class DnsResolver:
    """Reports the outcome of every `ask`, from its thread.

    Attributes:
        dropped: how many questions had to leave the waiting line unasked.

    Args:
        report: is told of each outcome.
        server: whom to ask; None: the system's name servers.
        budget: how many queries may be under way or without an answer.
        first_wait: seconds.

    Raises:
        ValueError: `server` is no address, with or without a port (`[::1]:53`).
    """

    def __init__(
        self,
        report: Tell,
        server: str | None = None,
        budget: int = BUDGET,
        first_wait: float = FIRST_WAIT_SECONDS,
    ) -> None:
        self.dropped = 0
        self._report = report
        self._asked: deque[tuple[Callable[[Question], None], Question]] = deque()  # to the thread
        self._woken = False
        self._turns = Turns(budget)
        self._untold: list[Outcome] = []
        self._in_flight: set[_Result] = set()
        self._pause: asyncio.TimerHandle | None = None
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._dns = self._connected(server, first_wait)
        self._thread = threading.Thread(target=self._run, name="names-dns", daemon=True)
        self._thread.start()

    def ask(self, question: Question) -> None:
        """Send a query for `question` as soon as there is room for one."""
        self._hand_over(self._enqueue, question)

    def prefer(self, question: Question) -> None:
        """Let `question` go before the others, if it waits."""
        self._hand_over(self._turns.prefer, question)

    def close(self) -> None:
        """Break off all queries and end the thread; a second call has no effect."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(CLOSE_SECONDS)

    def _hand_over(self, take: Callable[[Question], None], question: Question) -> None:
        self._asked.append((take, question))
        if not self._woken:  # once for a burst: waking the thread is a system call
            self._woken = True
            self._loop.call_soon_threadsafe(self._take_asked)

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
        self._turns.clear()
        self._dns.cancel()
        if self._in_flight:  # their ends arrive by this loop, which must not be closed before
            await asyncio.wait(self._in_flight, timeout=CLOSE_SECONDS)
        await self._dns.close()

    def _take_asked(self) -> None:
        self._woken = False  # before looking: what is asked from here on wakes the thread anew
        while self._asked:
            take, question = self._asked.popleft()
            take(question)
        self._send()

    def _enqueue(self, question: Question) -> None:
        dropped = self._turns.put(question)
        if dropped is not None:
            self.dropped += 1
            self._report(_without_answer(dropped, Lookup.FAILED))

    def _send(self) -> None:
        if self._stopping.is_set():
            return
        now = time.monotonic()
        while (question := self._turns.take(now)) is not None:
            result = self._dns.query_dns(*_query(question))
            self._in_flight.add(result)
            result.add_done_callback(partial(self._finish, question, now))
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        pause = self._turns.pause(now)
        if pause is not None:
            self._pause = self._loop.call_later(pause, self._send)

    def _finish(self, question: Question, sent: float, result: _Result) -> None:
        self._in_flight.discard(result)
        outcome = _without_answer(question, Lookup.FAILED)
        try:
            outcome = outcome_of(question, result)
        finally:  # whatever happens, nobody waits for ever; asyncio prints what was not expected
            now = time.monotonic()
            if outcome.state is Lookup.TIMED_OUT and now - sent < LEAST_WAIT_SECONDS:
                outcome = _without_answer(question, Lookup.FAILED)
            self._turns.ended(question, outcome.state, now)
            self._send()
            self._tell(outcome)

    def _tell(self, outcome: Outcome) -> None:
        """Report `outcome` soon, with others: who is told is woken, and that costs both of us."""
        if not self._untold:
            self._loop.call_later(TOLD_SECONDS, self._tell_all)
        self._untold.append(outcome)

    def _tell_all(self) -> None:
        untold, self._untold = self._untold, []
        for outcome in untold:
            self._report(outcome)


def outcome_of(question: Question, result: _Result) -> Outcome:
    """Return what the finished query for `question` found out."""
    error = result.exception()
    if error is None:
        read = _confirmed if question.name else _named
        return read(question, result.result())
    if isinstance(error, aiodns.error.DNSError):
        return _without_answer(question, _STATES.get(error.args[0], Lookup.FAILED))
    raise error


def _query(question: Question) -> tuple[str, str]:
    """Return the name and the type to ask for."""
    if not question.name:
        return ipaddress.ip_address(question.address).reverse_pointer, "PTR"
    return f"{question.name}.", "A" if len(question.address) == _IPV4_BYTES else "AAAA"


def _without_answer(question: Question, state: Lookup) -> Outcome:
    return Outcome(question.address, state, confirming=question.name)


def _confirmed(question: Question, result: pycares.DNSResult) -> Outcome:
    """Read an answer that says where a name leads."""
    leads = {
        parse(r.data.addr)
        for r in result.answer
        if isinstance(r.data, pycares.ARecordData | pycares.AAAARecordData)
    }
    back = question.address in leads
    return _without_answer(question, Lookup.RESOLVED if back else Lookup.NOT_FOUND)


def _named(question: Question, result: pycares.DNSResult) -> Outcome:
    """Read an answer; of several names the first in the alphabet, so that it stays the same."""
    address = question.address
    targets = [r.data.dname for r in result.answer if isinstance(r.data, pycares.PTRRecordData)]
    name = min(filter(None, map(harmless, targets)), default="")
    if name:
        return Outcome(address, Lookup.RESOLVED, name, min(r.ttl for r in result.answer))
    return Outcome(address, Lookup.NOT_FOUND, ttl=_negative_ttl(result))


def _negative_ttl(result: pycares.DNSResult) -> int | None:
    """Return how long "there is no name" counts: RFC 2308 section 5.

    Known only after an alias that leads nowhere: with NXDOMAIN, pycares (5.2) hands out no records.
    """
    for record in result.authority:
        if isinstance(record.data, pycares.SOARecordData):
            return min(record.ttl, record.data.minimum)
    return None
