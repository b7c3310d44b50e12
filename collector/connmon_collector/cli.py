"""The `connmon-collector` command."""

import argparse
import signal
import socket
import sys

from connmon_collector.sources.choose import CHOICES
from connmon_shared.codec.limits import MAX_HOST_NAME
from connmon_shared.stage.arguments import (
    TCP,
    add_common_options,
    add_lifeline,
    add_server_key,
    tcp,
)
from connmon_shared.stage.parser import Parser
from connmon_shared.text import clean

_SHORTEST, _LONGEST = 0.1, 60.0  # seconds between two samples


def main() -> None:
    """Run the collector until it is told to stop."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback while modules are loaded
    p = parser()
    options = p.parse_args()
    if (options.connect is None) != (options.server_key is None):
        p.error("--connect and --server-key go together")
    # Only now: --help and a wrong option need none of it.
    from connmon_collector.check import check  # noqa: PLC0415
    from connmon_collector.start import StartError, start  # noqa: PLC0415
    from connmon_shared.stage.log import begin  # noqa: PLC0415

    begin(p.prog, verbose=options.verbose)
    try:
        sys.exit(check(options) if options.check else start(options))
    except StartError as error:
        p.exit(error.code, f"{p.prog}: {error}\n")


def parser() -> Parser:
    """Return the command line's description."""
    p = Parser(
        prog="connmon-collector",
        description="Look at this host's sockets and send what changes to the enricher.",
        epilog="As an ordinary user it works too, but names no processes of other users.",
    )
    p.add_argument(
        "--source",
        choices=CHOICES,
        default="auto",
        help="how to see sockets: told by the kernel (events: Linux, root), asked once an interval"
        " (poll: Linux; psutil: everywhere), or the best that works (default)",
    )
    p.add_argument(
        "--interval",
        type=_interval,
        default=1.0,
        metavar="SECONDS",
        help=f"time between two samples, {_SHORTEST:g} to {_LONGEST:g} (default 1)",
    )
    p.add_argument(
        "--host",
        type=_host,
        default=_host_name(),
        metavar="NAME",
        help="what this host is called (default: its host name)",
    )
    p.add_argument(
        "--observe-dns",
        action="store_true",
        help="read names from the answers to this host's own DNS look-ups, too (needs root)",
    )
    p.add_argument(
        "--connect",
        type=tcp,
        metavar=TCP,
        help="send to the enricher of another host, which runs with --listen-collectors",
    )
    add_server_key(p)
    p.add_argument(
        "--check",
        action="store_true",
        help="print what the same command would see here, what is missing and how to get it; then"
        " exit: 0 nothing is missing, 1 something is, 69 or 77 it would not start",
    )
    add_common_options(p)
    add_lifeline(p)
    return p


def _interval(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not _SHORTEST <= seconds <= _LONGEST:
        raise argparse.ArgumentTypeError(
            f"{clean(text, 20)!r} is not {_SHORTEST:g} to {_LONGEST:g} seconds"
        )
    return seconds


def _host(text: str) -> str:
    if not text or "/" in text or clean(text, MAX_HOST_NAME) != text:
        raise argparse.ArgumentTypeError(
            f"a host's name has 1 to {MAX_HOST_NAME} printable characters and no '/'"
        )
    return text


def _host_name() -> str:
    return clean(socket.gethostname(), MAX_HOST_NAME).replace("/", "-") or "localhost"
