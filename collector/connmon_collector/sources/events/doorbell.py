"""Sleeping while nothing happens: a host at rest is looked at once a second, and not ten times.

To be woken for each event would cost more than the rest of its work. So the bell is set only once
it has been quiet for a while; it rings once, and then the rings are read on the timer again.
"""

import select

from connmon_collector.sources.events.perf import Bell
from connmon_collector.sources.events.stream import Stream

_NS = 1_000_000_000
_QUIET = _NS  # without any connection; to set the bell costs 35 microseconds a CPU


class Doorbell:
    """Rings when a connection changes, or something is sent over UDP, or a socket is destroyed.

    Args:
        stream: whose events it rings for.
        destroyed: the descriptor of the netlink socket.

    Where it cannot be opened (locked memory may be short), it is never set.

    Attributes:
        set: whether it waits to be rung.
    """

    def __init__(self, stream: Stream, destroyed: int) -> None:
        self.set = False
        self._busy = 0  # ns; when something happened last
        self._poller = select.epoll()
        self._poller.register(destroyed, select.EPOLLIN)
        self._bells: list[Bell] = []
        try:
            for cpu in stream.cpus:
                for source in stream.contacts:
                    self._bells.append(Bell(cpu, source))
                    self._poller.register(self._bells[-1].fileno(), select.EPOLLIN)
        except OSError:
            self._silence()

    def fileno(self) -> int:
        """Return what becomes readable when it rings; only to be polled while it is set."""
        return self._poller.fileno()

    def note(self, now: int, *, busy: bool) -> None:
        """Note at `now` (ns) whether something happened since the last time."""
        if busy:
            self.set, self._busy = False, now

    def prepare(self, now: int) -> None:
        """Set it if it has been quiet for long; what is in the rings must be read only then."""
        self.note(now, busy=self.set and any(bell.rung for bell in self._bells))
        if self._bells and not self.set and now - self._busy > _QUIET:
            for bell in self._bells:
                bell.set()
            self.set = True

    def close(self) -> None:
        """Be silent for ever."""
        self._poller.close()
        self._silence()

    def _silence(self) -> None:
        for bell in self._bells:
            bell.close()
        self._bells = []
