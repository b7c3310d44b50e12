"""`connmon`: all stages in one command."""

import argparse
import sys
from pathlib import Path

from connmon_display.commands.table import COMMANDS, overview, run_command, unknown
from connmon_display.options import (
    VIEW_NAMES,
    Options,
    add_record_option,
    add_view_options,
    arguments_of,
    view_options,
)
from connmon_display.prepare import check, look_ups
from connmon_display.rows.arrangement import look_ups_of
from connmon_display.start_error import StartError
from connmon_shared.stage.arguments import TCP, add_common_options, add_name_options, tcp
from connmon_shared.stage.exits import Exit
from connmon_shared.stage.parser import NO_CONFIG, Parser
from connmon_shared.stage.runtime import Runtime, RuntimeDirectoryError
from connmon_shared.stage.saying import complain

PROGRAM = "connmon"
_SHOWN = (*VIEW_NAMES, "record")
_CAPTURE = ("observe_dns",)
_LOOK_UPS = (
    *("resolve_names", "confirm_names", "dns_server", "dns_budget", "dns_cache"),
    *("lookup_country", "lookup_asn", "geo_path"),
)
_ENTRANCES = ("listen", "listen_collectors")


def parser() -> Parser:
    """Return the command line's description."""
    p = Parser(
        prog=PROGRAM,
        description="Every network connection of this host, as a timeline for each remote address.",
        epilog=f"Attach one more viewer to a running connmon with connmon-display.\n\n{overview()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_view_options(p)
    add_record_option(p)
    add = p.add_argument_group("look-ups").add_argument
    add_name_options(add)
    add("--lookup-country", action="store_true", help="show countries (from your GeoIP files)")
    add("--lookup-asn", action="store_true", help="show networks (from your GeoIP files)")
    add("--geo-path", type=Path, metavar="PATH", help="GeoIP file, or the folder with both")
    add = p.add_argument_group("capture").add_argument
    add(
        "--source",
        choices=("auto", "events", "poll", "psutil"),
        default="auto",
        help="how connections are seen (default: the best that works)",
    )
    add("--observe-dns", action="store_true", help="names from your programs' own DNS look-ups")
    add("--no-sudo", action="store_true", help="do not ask for root; see only your own processes")
    add = p.add_argument_group("other hosts (see connmon keys)").add_argument
    add("--listen", type=tcp, metavar=TCP, help="serve viewers there, and at the next port")
    add("--listen-collectors", type=tcp, metavar=TCP, help="watch their collectors' hosts, too")
    add_common_options(p)
    p.add_argument(
        "--log-file",
        type=Path,
        metavar="FILE",
        help="the log of all stages (default: connmon.log in the runtime directory)",
    )
    return p


def main() -> None:
    """Run the whole pipeline until the display ends, or another command."""
    name, *arguments = sys.argv[1:] or [""]
    if name in COMMANDS:
        sys.exit(run_command(name, arguments))
    if name and not name.startswith("-"):
        parser().error(unknown(name))
    args = parser().parse_args()
    try:
        runtime = Runtime(args.runtime_dir.absolute())
        _check_view(view_options(args), args.record)
        _look_up_what_is_needed(args)
        if args.record is not None:
            _check_recording(args.record)
        code = _run(args, runtime)
    except StartError as error:
        complain(PROGRAM, error)
        code = error.code
    except RuntimeDirectoryError as error:
        complain(PROGRAM, error)
        code = Exit.UNAVAILABLE
    sys.exit(code)


def _run(args: argparse.Namespace, runtime: Runtime) -> int:
    # zmq takes 50 ms to import: --help and mistakes must not wait for it.
    from connmon_display.launcher.logbook import Logbook  # noqa: PLC0415
    from connmon_display.launcher.pipeline import run  # noqa: PLC0415
    from connmon_display.launcher.privilege import privileged_prefix  # noqa: PLC0415
    from connmon_display.launcher.stages import Stage, StageError, python  # noqa: PLC0415

    runtime.create()
    _refuse_second(runtime)
    where = f"--runtime-dir={runtime.directory}"
    look_ups = arguments_of(args, (*_LOOK_UPS, *_ENTRANCES))
    capture = arguments_of(args, _CAPTURE)
    # What they are to know of the config file is in `args`, whoever they run as.
    all_of_them = (where, NO_CONFIG, *arguments_of(args, ("verbose",)))
    source = (f"--source={args.source}", f"--interval={min(1.0, args.time_unit)}")
    collector = python("connmon_collector", *all_of_them, "--lifeline=0", *source, *capture)
    enricher = python("connmon_enricher", *all_of_them, "--lifeline=0", *look_ups)
    prefix = privileged_prefix(collector, ask=not args.no_sudo)
    book = Logbook(args.log_file or runtime.log)
    stages = [
        Stage("enricher", enricher, [], book),
        Stage("collector", collector, prefix, book),
    ]
    display = python("connmon_display", *all_of_them, "--wait", *arguments_of(args, _SHOWN))
    try:
        # On a screen Ctrl-C is a key; without one the terminal signals the display as well.
        options = view_options(args)
        told_already = (options.scroll or options.headless) and sys.stdin.isatty()
        return run(stages, display, book, pass_interrupt=not told_already)
    except StageError as error:
        raise StartError(str(error), error.code) from error


def _check_view(options: Options, recording: Path | None) -> None:
    check(options, recording)
    if options.headless and not options.span:
        raise StartError("--export needs --for: nothing is known at the start", Exit.USAGE)


def _look_up_what_is_needed(args: argparse.Namespace) -> None:
    """Switch on the look-ups that a list, the grouping or the order needs: they are offline."""
    options = view_options(args)
    needed = look_ups(options) | look_ups_of(options.group, options.sort)
    args.lookup_country |= "country" in needed
    args.lookup_asn |= "asn" in needed


def _check_recording(path: Path) -> None:
    from connmon_display.recording.taping import open_file  # noqa: PLC0415

    open_file(path).close()


def _refuse_second(runtime: Runtime) -> None:
    from connmon_shared.sockets import EndpointError, probe  # noqa: PLC0415

    try:
        probe(runtime.view)
    except EndpointError:
        return
    try:
        pid = runtime.lock.read_text(encoding="ascii", errors="replace").strip()
    except FileNotFoundError:  # somebody has tidied the directory up
        pid = "unknown"
    raise StartError(
        f"already running (process {pid}); {runtime.hint}",
        Exit.ALREADY_RUNNING,
    )
