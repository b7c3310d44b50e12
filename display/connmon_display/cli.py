"""`connmon-display`: attach one more viewer to a running connmon."""

import argparse
import sys

from connmon_display import PROGRAM
from connmon_display.following.attachment import Target
from connmon_display.following.target import knock, target_of
from connmon_display.options import (
    Options,
    add_record_option,
    add_view_options,
    view_options,
)
from connmon_display.prepare import Prepared, prepare
from connmon_display.start_error import StartError
from connmon_shared.stage.arguments import (
    TCP,
    add_common_options,
    add_lifeline,
    add_log_descriptor,
    add_server_key,
)
from connmon_shared.stage.parser import Parser
from connmon_shared.stage.saying import complain


def parser() -> Parser:
    """Return the command line's description."""
    p = Parser(
        prog=PROGRAM,
        description="Attach one more viewer to a connmon that is running.",
        epilog="Look-ups (names, countries) are the running connmon's: see connmon --help.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    p.add_argument(
        "endpoint",
        nargs="?",
        metavar="ENDPOINT",
        help="the connmon to watch: its runtime directory (DIR or ipc://DIR), or on another host"
        f" {TCP}, where it runs with --listen",
    )
    add_server_key(p)
    add_view_options(p)
    add_record_option(p)
    add_common_options(p)
    add_lifeline(p)
    add_log_descriptor(p)
    p.add_argument("--wait", action="store_true", help=argparse.SUPPRESS)  # connmon: it will come
    return p


def main() -> None:
    """Show a view until its user has seen enough."""
    args = parser().parse_args()
    options = view_options(args)
    try:
        target = target_of(args)
        prepared = prepare(options, PROGRAM, args.record)
        code = _show(args, options, prepared, target)
    except StartError as error:
        complain(PROGRAM, error)
        code = error.code
    sys.exit(code)


def _show(args: argparse.Namespace, options: Options, prepared: Prepared, target: Target) -> int:
    # To import all of it takes 50 ms: --help and mistakes must not wait for it.
    from connmon_display.following.client import Client  # noqa: PLC0415
    from connmon_display.recording.taping import open_file, show_and_record  # noqa: PLC0415
    from connmon_display.showing import Showing  # noqa: PLC0415

    _begin_log(args, options)
    if not args.wait:
        knock(target)
    showing = Showing(PROGRAM, options, prepared, args.lifeline)
    if args.record is None:
        return showing.run(lambda loop: Client(target, loop))
    return show_and_record(showing, target, open_file(args.record))


def _begin_log(args: argparse.Namespace, options: Options) -> None:
    """Let the log be written: to `connmon` if it asks for it, else to stderr but for a screen."""
    from connmon_shared.stage.log import begin  # noqa: PLC0415

    if args.log_fd is not None:
        begin(PROGRAM, verbose=args.verbose, descriptor=args.log_fd)
    elif options.scroll or options.headless or not sys.stderr.isatty():
        begin(PROGRAM, verbose=args.verbose)
