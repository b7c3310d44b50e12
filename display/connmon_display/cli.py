"""`connmon-display`: attach one more viewer to a running connmon."""

import argparse
import contextlib
import sys
from collections.abc import Callable

from connmon_display.attachment import Target
from connmon_display.options import ATTRIBUTION, Options, add_view_options, view_options
from connmon_display.prepare import Prepared, StartError, complain, prepare
from connmon_display.target import knock, target_of
from connmon_shared.arguments import (
    TCP,
    Parser,
    add_common_options,
    add_lifeline,
    add_log_descriptor,
    add_server_key,
)
from connmon_shared.exits import Exit

PROGRAM = "connmon-display"


def parser() -> argparse.ArgumentParser:
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
    add_common_options(p, ATTRIBUTION)
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
        prepared = prepare(options)
        code = _show(args, options, prepared, target)
    except StartError as error:
        complain(PROGRAM, error)
        code = error.code
    sys.exit(code)


def _show(args: argparse.Namespace, options: Options, prepared: Prepared, target: Target) -> int:
    _begin_log(args)
    if not args.wait:
        knock(target)
    for problem in prepared.problems:
        complain(PROGRAM, problem)
    show = _scroll if options.scroll else _refresh
    return show(options, prepared, target, args.lifeline)


def _begin_log(args: argparse.Namespace) -> None:
    """Let the log be written: to `connmon` if it asks for it, else to stderr but for a screen."""
    from connmon_shared.log import begin  # noqa: PLC0415

    if args.log_fd is not None:
        begin(PROGRAM, verbose=args.verbose, descriptor=args.log_fd)
    elif args.scroll or not sys.stderr.isatty():
        begin(PROGRAM, verbose=args.verbose)


def _refresh(options: Options, prepared: Prepared, target: Target, lifeline: int | None) -> int:
    # blessed takes 150 ms to import: --help and mistakes must not wait for it.
    from connmon_display.client import Client  # noqa: PLC0415
    from connmon_display.refresh.app import Refresh  # noqa: PLC0415
    from connmon_display.refresh.terminal import Terminal, watch_terminal  # noqa: PLC0415

    terminal = Terminal()
    loop = watch_terminal(lifeline)
    with contextlib.closing(Client(target, loop)) as client:
        view = Refresh(terminal, client, loop, prepared.row_filter, options)
        code = view.run()
        for problem in client.problems:  # the screen had one line for them
            complain(PROGRAM, problem)
        return _finish(view.finish, code)


def _scroll(options: Options, prepared: Prepared, target: Target, lifeline: int | None) -> int:
    from connmon_display.client import Client  # noqa: PLC0415
    from connmon_display.scroll.app import Scroll, scroll_loop  # noqa: PLC0415

    loop = scroll_loop(lifeline)
    with contextlib.closing(Client(target, loop)) as client:
        view = Scroll(client, loop, prepared.row_filter, options)
        code = view.run()
        return _finish(view.finish, code)


def _finish(finish: Callable[[], list[str]], code: int) -> int:
    """Save what is to be saved, say what was, and return the exit code."""
    try:
        for said in finish():
            complain(PROGRAM, said)
    except OSError as error:
        complain(PROGRAM, f"cannot save {error.filename}: {error.strerror}")
        return Exit.WRITE_ERROR
    return code
