"""`connmon replay`: what was recorded, in the same views."""

import argparse
import math
from pathlib import Path

from connmon_display.options import add_view_options, view_options
from connmon_display.prepare import prepare
from connmon_display.recording.blocks import RecordingError
from connmon_display.recording.index import Index
from connmon_display.recording.moments import moment_of
from connmon_display.recording.playhead import AS_FAST_AS_POSSIBLE
from connmon_display.recording.reading import Reading
from connmon_display.start_error import StartError
from connmon_display.words.moment import local_time
from connmon_shared.stage.arguments import add_version
from connmon_shared.stage.exits import Exit
from connmon_shared.stage.parser import Parser
from connmon_shared.stage.saying import complain
from connmon_shared.text import clean

PROGRAM = "connmon replay"
MIN_SPEED, MAX_SPEED = 0.1, 1_000.0
_SPEED_HELP = f"{MIN_SPEED:g} to {MAX_SPEED:,g} times as fast, or max (default: 1)"
_FROM_HELP = "12:03, '2026-01-31 12:03:44', or 1h30m after its beginning"
_EPILOG = """\
On the screen Space pauses, [ and ] go a minute back and on, { and } ten minutes.
With --scroll it ends where the recording does; --speed max makes a log of it at once:
  connmon replay FILE --scroll --speed max | grep 192.0.2.7
  connmon replay FILE --export day.html"""


def main(arguments: list[str]) -> int:
    """Do what `arguments` say and return the exit code."""
    args = parser().parse_args(arguments)
    try:
        return _replay(args)
    except StartError as error:
        complain(PROGRAM, error)
        return error.code


def parser() -> Parser:
    """Return the command line's description."""
    p = Parser(
        prog=PROGRAM,
        description="Show again what connmon --record has recorded.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_version(p)
    p.add_argument("file", type=Path, metavar="FILE", help="the recording")
    p.add_argument("--speed", type=_speed, default=1.0, metavar="N", help=_SPEED_HELP)
    p.add_argument("--from", dest="begin", metavar="TIME", help=f"begin at {_FROM_HELP}")
    add_view_options(p)
    p.add_config()
    return p


def _speed(text: str) -> float:
    if text == "max":
        return AS_FAST_AS_POSSIBLE
    try:
        speed = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number, and not 'max'") from None
    if not MIN_SPEED <= speed <= MAX_SPEED:
        raise argparse.ArgumentTypeError(f"{text} is not from {MIN_SPEED:g} to {MAX_SPEED:,g}")
    return speed


def _replay(args: argparse.Namespace) -> int:
    options = view_options(args)
    prepared = prepare(options, PROGRAM, args.file)
    try:
        reading = Reading(args.file)
        index = Index(reading)
    except (RecordingError, OSError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise StartError(f"cannot replay {args.file}: {why}", Exit.USAGE) from error
    begin = index.begin if args.begin is None else _begin(args.begin, index)
    # zmq takes 50 ms to import: --help and mistakes must not wait for it.
    from connmon_display.recording.player import Player  # noqa: PLC0415
    from connmon_display.showing import Showing  # noqa: PLC0415

    showing = Showing(PROGRAM, options, prepared)
    speed = AS_FAST_AS_POSSIBLE if options.headless else args.speed
    return showing.run(lambda _loop: Player(reading, index, speed, begin))


def _begin(text: str, index: Index) -> float:
    try:
        begin = moment_of(text, index.begin)
    except ValueError:
        text = f"--from {clean(text)!r} is no time: {_FROM_HELP}"
        raise StartError(text, Exit.USAGE) from None
    if not math.floor(index.begin) <= begin <= index.end:
        known = f"the recording is from {local_time(index.begin)} to {local_time(index.end)}"
        raise StartError(f"--from {clean(text)}: {known}", Exit.USAGE)
    return begin
