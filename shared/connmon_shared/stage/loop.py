"""One poller per process: sockets, signals and the lifeline, until it is time to stop.

A lifeline is a pipe or socket whose other end the launcher holds: when it closes, the launcher is
gone, however it ended, and so must be the stage. Signals only set a number and wake the poller, so
Ctrl-C can never interrupt a stage halfway through a step.
"""

import contextlib
import math
import os
import signal
import socket
from collections.abc import Iterable
from types import FrameType

import zmq

from connmon_shared.stage.clock import boottime

STOP_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
_WAKE_BYTES = 4_096
Pollable = zmq.Socket[bytes] | int


class Loop:
    """Waits for whatever comes first.

    Attributes:
        stopping: None while running; the number of the signal that asked to stop, or 0 when
            the lifeline closed.

    Args:
        lifeline: the descriptor to watch, if the launcher gave one.
        stops: the signals that ask to stop.
        notes: the signals that are only kept for `take_notes`.
    """

    def __init__(
        self,
        lifeline: int | None = None,
        stops: Iterable[int] = STOP_SIGNALS,
        notes: Iterable[int] = (),
    ) -> None:
        self.stopping: int | None = None
        self._stops = frozenset(stops)
        self._notes: list[int] = []
        self._lifeline = lifeline
        self._poller = zmq.Poller()
        self._wake, self._waker = socket.socketpair()
        for end in (self._wake, self._waker):
            end.settimeout(0)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        self._before = {number: signal.getsignal(number) for number in (*stops, *notes)}
        for number, before in self._before.items():
            if before != signal.SIG_IGN:  # nohup, and `cmd &` in a script
                signal.signal(number, self._note)
        self.watch(self._wake.fileno())
        if lifeline is not None:
            self.watch(lifeline)

    def watch(self, pollable: Pollable, events: int = zmq.POLLIN) -> None:
        """Wait for `events` on a socket or descriptor as well."""
        self._poller.register(pollable, events)

    def forget(self, pollable: Pollable) -> None:
        """Wait for a socket or descriptor no longer, if it was waited for."""
        if pollable in self._poller:
            self._poller.unregister(pollable)

    def wait(self, seconds: float) -> dict[Pollable, int]:
        """Return what is ready, with its events, after at most `seconds`."""
        return self._look(self._poller, seconds)

    def wait_only(self, pollable: Pollable, events: int, seconds: float) -> dict[Pollable, int]:
        """Wait as `wait` does, but for nothing except one, signals and the lifeline."""
        poller = zmq.Poller()
        for own in (self._wake.fileno(), self._lifeline):
            if own is not None:
                poller.register(own, zmq.POLLIN)
        poller.register(pollable, events)
        return self._look(poller, seconds)

    def take_notes(self) -> list[int]:
        """Return the noted signals that arrived since the last call."""
        notes, self._notes = self._notes, []
        return notes

    def ready(self) -> None:
        """Tell the launcher, if there is one, that the stage has begun to work."""
        if self._lifeline is not None:
            with contextlib.suppress(OSError):  # a pipe of somebody else's, who need not know
                os.write(self._lifeline, b"\n")

    def close(self) -> None:
        """Leave the signals to who had them before."""
        for number, before in self._before.items():
            signal.signal(number, before)
        signal.set_wakeup_fd(-1)
        self._wake.close()
        self._waker.close()

    def _look(self, poller: zmq.Poller, seconds: float) -> dict[Pollable, int]:
        ready: dict[Pollable, int] = dict(poller.poll(math.ceil(max(0.0, seconds) * 1_000)))
        if ready.pop(self._wake.fileno(), 0):
            self._wake.recv(_WAKE_BYTES)
        if self._lifeline is not None and ready.pop(self._lifeline, 0):
            self._listen_to_lifeline(self._lifeline)
        return ready

    def _listen_to_lifeline(self, lifeline: int) -> None:
        try:
            closed = not os.read(lifeline, _WAKE_BYTES)
        except ConnectionResetError:  # before the launcher had read that we are ready
            closed = True
        if closed:
            self.stopping = 0
            self.forget(lifeline)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if number not in self._stops:
            self._notes.append(number)
        elif self.stopping is None:
            self.stopping = number


class Timer:
    """Becomes due once every `period` seconds, without catching up on what was missed."""

    def __init__(self, period: float) -> None:
        self._period = period
        self._due = boottime()

    @property
    def left(self) -> float:
        """Seconds until it is due."""
        return self._due - boottime()

    def take(self) -> bool:
        """Return whether it is due, and if so set it for the next time."""
        if self.left > 0:
            return False
        self._due = boottime() + self._period
        return True

    def restart(self, period: float) -> None:
        """Let it be due `period` seconds from now, and as often from then on."""
        self._period = period
        self._due = boottime() + period
