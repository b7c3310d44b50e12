"""Names by way of the system's own resolver: hosts file, NSS, mDNS, then its name servers.

getnameinfo blocks for as long as the system likes, so it is called in two threads of its own.
They are daemons and nobody waits for them: a look-up under way cannot be broken off.
"""

import socket
import threading
from collections.abc import Callable

from connmon_enricher.names.hostname import harmless
from connmon_enricher.names.outcome import Outcome
from connmon_enricher.names.waiting import WaitingLine
from connmon_shared.endpoints import text_of
from connmon_shared.messages import Lookup

THREADS = 2
SystemLookUp = Callable[[tuple[str, int], int], tuple[str, str]]
Report = Callable[[Outcome], None]
# No such name. EAI_NODATA is no constant everywhere, and only some systems still use it.
_NOT_FOUND = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


class SystemResolver:
    """Reports the outcome of every `ask`, from one of its threads.

    Attributes:
        dropped: how many addresses had to leave the waiting line unasked.
    """

    def __init__(self, report: Report, look_up: SystemLookUp = socket.getnameinfo) -> None:
        self.dropped = 0
        self._report = report
        self._look_up = look_up
        self._line = WaitingLine()
        self._changed = threading.Condition()
        self._closed = False
        for number in range(THREADS):
            threading.Thread(target=self._work, name=f"names-{number}", daemon=True).start()

    def ask(self, address: bytes) -> None:
        """Look up `address` as soon as a thread is free."""
        with self._changed:
            dropped = self._line.put(address)
            self._changed.notify()
        if dropped is not None:
            self.dropped += 1
            self._report(Outcome(dropped, Lookup.FAILED))

    def close(self) -> None:
        """Ask for nothing more; what is under way ends by itself."""
        with self._changed:
            self._closed = True
            self._line.clear()
            self._changed.notify_all()

    def _work(self) -> None:
        while (address := self._next()) is not None:
            self._report(self._outcome_of(address))

    def _next(self) -> bytes | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self._line))
            return self._line.take()

    def _outcome_of(self, address: bytes) -> Outcome:
        try:
            host, _ = self._look_up((text_of(address), 0), socket.NI_NAMEREQD)
        except socket.gaierror as error:
            found = error.errno not in _NOT_FOUND
            return Outcome(address, Lookup.FAILED if found else Lookup.NOT_FOUND)
        except UnicodeDecodeError as error:  # getnameinfo insists on UTF-8
            return _named(address, error.object)
        except OSError:
            return Outcome(address, Lookup.FAILED)
        return _named(address, host)


def _named(address: bytes, host: str | bytes) -> Outcome:
    name = harmless(host)
    return Outcome(address, Lookup.RESOLVED if name else Lookup.NOT_FOUND, name)
