"""`connmon status`: how each stage of a running connmon fares."""

import argparse
import contextlib
import json
import shutil
import time
from collections.abc import Iterator

import zmq

from connmon_display.commands.fare import Fare, document, page, wrong
from connmon_display.prepare import complain
from connmon_shared import codec, sockets, wire
from connmon_shared.arguments import Parser, add_runtime_directory
from connmon_shared.exits import Exit
from connmon_shared.messages import KINDS, Header, Message, StateRequest, Status
from connmon_shared.runtime import Runtime, RuntimeDirectoryError

PROGRAM = "connmon status"
_PATIENCE = 3.0  # seconds for each part of an answer
_INTERVALS = 3  # without a heartbeat, and a collector counts as silent
_LEAST_SECONDS, _MOST_SECONDS = 2.0, 6.0  # of listening; it tells its figures every 5 s at least
_COLUMNS = 80


class NoAnswerError(Exception):
    """The enricher listens, but does not answer as it should; the text says how."""


def main(arguments: list[str]) -> int:
    """Ask, print, and return the exit code."""
    args = _parser().parse_args(arguments)
    try:
        runtime = Runtime(args.runtime_dir.absolute())
        sockets.probe(runtime.state)
    except (RuntimeDirectoryError, sockets.EndpointError) as error:
        complain(PROGRAM, error)
        return Exit.UNAVAILABLE
    with contextlib.closing(Inquiry(runtime)) as inquiry:
        try:
            fares = inquiry.fares()
            amiss = wrong(fares)
        except (NoAnswerError, codec.RemoteProtocolError) as error:
            fares, amiss = [], [str(error)]
    if args.json:
        print(json.dumps(document(fares, amiss)))  # noqa: T201
    else:
        width = min(shutil.get_terminal_size((_COLUMNS, 0)).columns, 2 * _COLUMNS)
        print(*page(fares, amiss, width), sep="\n")  # noqa: T201
    return Exit.INCOMPLETE if amiss else Exit.OK


def _parser() -> argparse.ArgumentParser:
    p = Parser(
        prog=PROGRAM,
        description="Show how each stage of a running connmon fares.",
        epilog="Exit codes: 0 all is well, 1 something is wrong, 69 nothing is running.",
    )
    p.add_argument("--json", action="store_true", help="one JSON object (docs/status.md)")
    add_runtime_directory(p)
    return p


class Inquiry:
    """Asks a running enricher for its stages, and listens whether they are alive.

    Args:
        runtime: where it runs.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._context: zmq.Context[sockets.Socket] = zmq.Context()
        self._state = sockets.client(self._context)
        self._state.connect(runtime.state)
        self._sender = wire.Sender("display", wire.new_epoch())

    def fares(self) -> list[Fare]:
        """Return how each stage fares: all collectors, then the enricher.

        Raises:
            NoAnswerError: the enricher does not answer.
            RemoteProtocolError: it is of another version, or none at all.
        """
        statuses = sorted(self._statuses(), key=lambda status: (not status.host, status.host))
        now = time.time()
        silent = self._silent([status for status in statuses if status.host])
        return [Fare(status, now, status.host in silent) for status in statuses]

    def close(self) -> None:
        """Let go of all sockets."""
        self._context.destroy(linger=0)

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
        self._state.send_multipart(self._sender.frames(request, 0.0))
        if not self._state.poll(round(_PATIENCE * 1_000)):
            raise NoAnswerError(f"the enricher{self._process()} does not answer")
        header, body = wire.split(self._state.recv_multipart())
        return header, codec.decode(header.kind, body) if header.kind in KINDS else None

    def _silent(self, collectors: list[Status]) -> set[str]:
        """Return the hosts that nothing is heard from for as long as they should take."""
        waited = max((_INTERVALS * status.interval for status in collectors), default=0.0)
        deadline = time.monotonic() + min(max(waited, _LEAST_SECONDS), _MOST_SECONDS)
        silent = {status.host for status in collectors}
        stream = sockets.subscriber(self._context, wire.topic("", ""))
        for host in silent:
            stream.setsockopt(zmq.SUBSCRIBE, wire.topic(host, ""))
        stream.connect(self._runtime.view)
        while silent and (left := deadline - time.monotonic()) > 0:
            if stream.poll(round(left * 1_000)):
                header, _ = wire.split(stream.recv_multipart())
                silent.discard(header.host)
        return silent

    def _process(self) -> str:
        """Return which process it is, as far as that is known."""
        with contextlib.suppress(OSError):
            return f", process {self._runtime.lock.read_text(encoding='ascii').strip()},"
        return ""
