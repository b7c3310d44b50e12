"""Names by way of the system's own resolver: hosts file, NSS, mDNS, then its name servers.

gethostbyaddr and getaddrinfo block for as long as the system likes, so they are called in two
threads of their own. These are daemons and nobody waits for them: a look-up under way cannot be
broken off. It is not getnameinfo: in Python 3.11.2, which Debian 12 has, that stops all threads.
"""

import socket
import threading
from collections.abc import Callable

from connmon_enricher.names.hostname import harmless
from connmon_enricher.names.outcome import Outcome, Question, Tell
from connmon_enricher.names.waiting import WAITING_ADDRESSES, WaitingLine
from connmon_shared.endpoints import parse, text_of
from connmon_shared.messages import Lookup

THREADS = 2
SystemLookUp = Callable[[str], tuple[str, list[str], list[str]]]
# No such name. EAI_NODATA is no constant everywhere, and only some systems still use it.
_NOT_FOUND = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
_NO_HOST = {1, 4}  # HOST_NOT_FOUND and NO_DATA (netdb.h)


def _addresses_of(name: str) -> set[bytes]:
    """Return the addresses that the system knows by `name`."""
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return {parse(str(end[0])) for *_, end in found}


class SystemResolver:
    """Reports the outcome of every `ask`, from one of its threads.

    Attributes:
        dropped: how many addresses had to leave the waiting line unasked.
    """

    def __init__(
        self,
        report: Tell,
        look_up: SystemLookUp = socket.gethostbyaddr,
        look_back: Callable[[str], set[bytes]] = _addresses_of,
    ) -> None:
        self.dropped = 0
        self._report = report
        self._look_up = look_up
        self._look_back = look_back
        self._line = WaitingLine()
        self._changed = threading.Condition()
        self._closed = False
        for number in range(THREADS):
            threading.Thread(target=self._work, name=f"names-{number}", daemon=True).start()

    def ask(self, question: Question) -> None:
        """Look up `question` as soon as a thread is free."""
        with self._changed:
            self._line.put(question)
            dropped = self._line.drop() if len(self._line) > WAITING_ADDRESSES else None
            self._changed.notify()
        if dropped is not None:
            self.dropped += 1
            self._report(Outcome(dropped.address, Lookup.FAILED, confirming=dropped.name))

    def prefer(self, question: Question) -> None:
        """Let `question` go before the others, if it waits."""
        with self._changed:
            self._line.prefer(question)

    def close(self) -> None:
        """Ask for nothing more; what is under way ends by itself."""
        with self._changed:
            self._closed = True
            self._line.clear()
            self._changed.notify_all()

    def _work(self) -> None:
        while (question := self._next()) is not None:
            self._report(self._confirm(question) if question.name else self._name(question.address))

    def _next(self) -> Question | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self._line))
            return self._line.take()

    def _name(self, address: bytes) -> Outcome:
        try:
            host, *_ = self._look_up(text_of(address))
        except OSError as error:
            return Outcome(address, _state_of(error))
        name = harmless(host)
        return Outcome(address, Lookup.RESOLVED if name else Lookup.NOT_FOUND, name)

    def _confirm(self, question: Question) -> Outcome:
        address, name = question
        try:
            found = self._look_back(name)
        except (OSError, UnicodeError) as error:
            return Outcome(address, _state_of(error), confirming=name)
        state = Lookup.RESOLVED if address in found else Lookup.NOT_FOUND
        return Outcome(address, state, confirming=name)


def _state_of(error: OSError | UnicodeError) -> Lookup:
    """Return what `error` means; a name that getaddrinfo cannot even encode is none."""
    match error:
        case socket.gaierror():
            unknown = error.errno in _NOT_FOUND
        case socket.herror():
            unknown = error.errno in _NO_HOST
        case _:
            unknown = isinstance(error, UnicodeError)
    return Lookup.NOT_FOUND if unknown else Lookup.FAILED
