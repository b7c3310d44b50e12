"""`connmon status`: how each stage of a running connmon fares."""

import contextlib
import json
import shutil
import sys
import time
from collections.abc import Iterator

import zmq

from connmon_display.commands.fare import Fare, document, page, wrong
from connmon_display.following.attachment import Target, attach
from connmon_display.following.target import knock, target_of
from connmon_display.start_error import StartError
from connmon_shared import codec, sockets, wire
from connmon_shared.messages import KINDS, Header, Message, StateRequest, Status
from connmon_shared.stage.arguments import TCP, add_runtime_directory, add_server_key, add_version
from connmon_shared.stage.clock import boottime
from connmon_shared.stage.exits import Exit, by_signal
from connmon_shared.stage.loop import Loop
from connmon_shared.stage.parser import Parser
from connmon_shared.stage.runtime import Runtime
from connmon_shared.stage.saying import complain, say

PROGRAM = "connmon status"
_PATIENCE = 3.0  # seconds for each answer
_INTERVALS = 3  # without a heartbeat, and a collector counts as silent
_LEAST_SECONDS, _MOST_SECONDS = 2.0, 6.0  # of listening; it tells its figures every 5 s at least
_COLUMNS = 80
_STREAM, _STATE = 0, 1  # the sockets of an attachment


class NoAnswerError(Exception):
    """Nothing has come in time."""


def main(arguments: list[str]) -> int:
    """Ask, print, and return the exit code."""
    args = parser().parse_args(arguments)
    try:
        target = target_of(args)
        knock(target)
    except StartError as error:
        complain(PROGRAM, error)
        return error.code
    with contextlib.closing(Inquiry(target)) as inquiry:
        try:
            fares = inquiry.fares()
            amiss = wrong(fares)
        except NoAnswerError:
            fares, amiss = [], [f"the enricher{_process(target)} does not answer"]
        except codec.RemoteProtocolError as error:
            fares, amiss = [], [str(error)]
    if args.json:
        lines = [json.dumps(document(fares, amiss))]
    else:
        width = min(shutil.get_terminal_size((_COLUMNS, 0)).columns, 2 * _COLUMNS)
        lines = list(page(fares, amiss, width))
    return say(PROGRAM, lines) or (Exit.INCOMPLETE if amiss else Exit.OK)


def parser() -> Parser:
    """Return the command line's description."""
    p = Parser(
        prog=PROGRAM,
        description="Show how each stage of a running connmon fares.",
        epilog="Exit codes: 0 all is well, 1 something is wrong, 69 nothing is running there.",
    )
    add_version(p)
    p.add_argument(
        "endpoint",
        nargs="?",
        metavar="ENDPOINT",
        help=f"the connmon to ask: its runtime directory, or {TCP} on another host",
    )
    p.add_argument("--json", action="store_true", help="one JSON object (docs/status.md)")
    add_server_key(p)
    add_runtime_directory(p)
    p.add_config()
    return p


class Inquiry:
    """Asks a running enricher for its stages, and listens whether they are alive.

    Args:
        target: where it runs.
    """

    def __init__(self, target: Target) -> None:
        self._loop = Loop()
        self._context: zmq.Context[sockets.Socket] = zmq.Context()
        self._link = attach(target, self._context, self._loop)
        self._sender = wire.Sender("display", wire.new_epoch())

    def fares(self) -> list[Fare]:
        """Return how each stage fares: all collectors, then the enricher.

        Raises:
            NoAnswerError: the enricher does not answer.
            RemoteProtocolError: it is of another version, or none at all.
        """
        stream = self._attached(boottime() + _PATIENCE)[_STREAM]
        stream.unsubscribe(wire.EVERYTHING)  # or we would count as a viewer
        statuses = sorted(self._statuses(), key=lambda status: (not status.host, status.host))
        stream.subscribe(wire.EVERYTHING)
        now = time.time()
        silent = self._silent([status for status in statuses if status.host])
        return [Fare(status, now, status.host in silent) for status in statuses]

    def close(self) -> None:
        """Let go of all sockets."""
        self._context.destroy(linger=0)
        self._loop.close()

    def _statuses(self) -> Iterator[Status]:
        """Yield the statuses, with which the state of the enricher's own stream begins."""
        request = StateRequest()
        while True:
            header, message = self._ask(request)
            if not isinstance(message, Status):
                return
            yield message
            if header.part + 1 == header.parts:
                return
            request = StateRequest(header.seq, header.part + 1)

    def _ask(self, request: StateRequest) -> tuple[Header, Message | None]:
        """Return the answer to `request`; None: of a kind that only a later version knows."""
        deadline = boottime() + _PATIENCE
        self._attached(deadline)[_STATE].send_multipart(self._sender.frames(request, 0.0))
        header, body = self._next(_STATE, deadline)
        return header, codec.decode(header.kind, body) if header.kind in KINDS else None

    def _silent(self, collectors: list[Status]) -> set[str]:
        """Return the hosts that nothing is heard from for as long as they should take."""
        waited = max((_INTERVALS * status.interval for status in collectors), default=0.0)
        deadline = boottime() + min(max(waited, _LEAST_SECONDS), _MOST_SECONDS)
        silent = {status.host for status in collectors}
        with contextlib.suppress(NoAnswerError):
            while silent:
                header, _ = self._next(_STREAM, deadline)
                silent.discard(header.host)
        return silent

    def _next(self, which: int, deadline: float) -> tuple[Header, bytes]:
        """Return the next message of a socket."""
        while True:
            for frames in sockets.drain(self._attached(deadline)[which]):
                return wire.split(frames)
            self._wait(deadline)

    def _attached(self, deadline: float) -> tuple[sockets.Socket, ...]:
        """Return the sockets, once there are some."""
        while True:
            self._link.tend()
            if self._link.sockets:
                return self._link.sockets
            self._wait(deadline)

    def _wait(self, deadline: float) -> None:
        left = deadline - boottime()
        if left <= 0:
            raise NoAnswerError
        self._loop.wait(left)
        if self._loop.stopping is not None:
            sys.exit(by_signal(self._loop.stopping))


def _process(target: Target) -> str:
    """Return which process the enricher is, as far as that is known."""
    if isinstance(target, Runtime):
        with contextlib.suppress(OSError):
            return f", process {target.lock.read_text(encoding='ascii').strip()},"
    return ""
