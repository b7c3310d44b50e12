"""The options of a view, the same for `connmon` and for `connmon-display`."""

import argparse
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from connmon_display.export.formats import FORMATS, TEXT
from connmon_display.rows.arrangement import BY_ADDRESS, FIRST_SEEN, GROUPINGS, ORDERS
from connmon_display.words.duration import seconds_of
from connmon_display.words.theme import THEMES
from connmon_shared.stage.parser import file_name
from connmon_shared.timelines.timeline import TICKS_PER_SECOND

MIN_UNIT, MAX_UNIT = 0.1, 86_400.0  # seconds
MAX_SPAN = 366 * 86_400.0  # seconds
MIN_WIDTH, MAX_WIDTH = 20, 500  # characters


@dataclass(frozen=True, slots=True)
class Options:
    """What a view was asked to be."""

    unit: int  # ticks of 100 ms for one character
    width: int  # characters of a timeline at most
    scroll: bool = False
    color: str = "auto"  # auto, always, never
    ascii: bool = False
    output: Path | None = None  # where the timeline is saved at the end
    export: Path | None = None  # nothing is shown: it is saved there, and that is all
    span: float = 0.0  # seconds of watching before that
    format: str | None = None  # of what is saved; None: the output's name tells
    threshold: float | None = None  # percent from which an address is saved as frequent
    filter_local: bool = False
    filter_file: tuple[Path, ...] = ()
    only_file: tuple[Path, ...] = ()
    watch_file: tuple[Path, ...] = ()
    baseline: tuple[Path, ...] = ()
    show_loopback: bool = False
    timestamps: str = "time"  # time, iso, epoch
    quiet: bool = False
    json: bool = False  # events as JSON objects instead of text
    theme: str = THEMES[0]  # the colours of the screen
    group: str = BY_ADDRESS  # what rows of the screen are grouped by at first
    sort: str = FIRST_SEEN  # their order at first
    mouse: bool = False  # whether the screen takes the mouse

    @property
    def headless(self) -> bool:
        """Whether nothing is shown."""
        return self.export is not None


#: The options of a view, by their names in parsed arguments.
VIEW_NAMES = (
    *("time_unit", "width", "scroll", "json", "no_color", "color", "ascii", "show_loopback"),
    *("group", "sort", "theme", "mouse"),
    *("ts", "quiet"),
    *("filter_local", "filter_file", "only_file", "watch_file", "baseline"),
    *("output", "export", "for", "format", "save_threshold"),
)


def add_view_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a view to `parser`."""
    add = parser.add_argument_group("view").add_argument
    add("-t", "--time-unit", type=_unit, default=1.0, metavar="SECONDS", help=_UNIT_HELP)
    add("-w", "--width", type=_width, default=MAX_WIDTH, metavar="CHARS", help=_WIDTH_HELP)
    add("--scroll", action="store_true", help="print events as lines instead of drawing a screen")
    add("--json", action="store_true", help="like --scroll, with a JSON object for each event")
    add("--no-color", action="store_true", help="no colours (also: NO_COLOR in the environment)")
    add("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")
    add("--group", choices=_GROUPINGS, default=BY_ADDRESS, metavar="BY", help=_GROUP_HELP)
    add("--sort", choices=tuple(ORDERS), default=FIRST_SEEN, metavar="ORDER", help=_SORT_HELP)
    add("--theme", choices=THEMES, default=THEMES[0], help="colours of the screen; key t")
    add("--mouse", action="store_true", help="the wheel scrolls, a click selects a row")
    add("--ascii", action="store_true", help="draw with ASCII characters only")
    add("--show-loopback", action="store_true", help="show connections from loopback to itself")
    add("--ts", choices=("time", "iso", "epoch"), default="time", help="time stamps of --scroll")
    add("-q", "--quiet", action="store_true", help="no status lines in --scroll")
    add = parser.add_argument_group("filter", _LISTS_HELP).add_argument
    add("--filter-local", action="store_true", help="hide private, loopback, reserved addresses")
    for name, what in _LISTS.items():
        add(name, action="append", type=Path, metavar="FILE", help=what)
    add = parser.add_argument_group("export").add_argument
    add("-o", "--output", type=file_name, metavar="FILE", help=_OUTPUT_HELP)
    add("--export", type=file_name, metavar="FILE", help=_EXPORT_HELP)
    add("--for", type=_span, metavar="TIME", help=_FOR_HELP)
    add("--format", choices=tuple(FORMATS), metavar="FORMAT", help=_FORMAT_HELP)
    add("--save-threshold", type=_percent, metavar="PCT", help=_THRESHOLD_HELP)


def add_record_option(parser: argparse.ArgumentParser) -> None:
    """Add the option with which a view records what it hears."""
    parser.add_argument("--record", type=file_name, metavar="FILE", help=_RECORD_HELP)


def view_options(args: argparse.Namespace) -> Options:
    """Return the view options among parsed `args`."""
    span: float | None = getattr(args, "for")
    return Options(
        unit=round(args.time_unit * TICKS_PER_SECOND),
        width=args.width,
        scroll=args.scroll or args.json,
        color="never" if args.no_color else args.color,
        ascii=args.ascii,
        output=args.output,
        export=_STANDARD_OUTPUT if args.export == Path("-") else args.export,
        span=span or 0.0,
        format=args.format,
        threshold=args.save_threshold,
        filter_local=args.filter_local,
        filter_file=tuple(args.filter_file or ()),
        only_file=tuple(args.only_file or ()),
        watch_file=tuple(args.watch_file or ()),
        baseline=tuple(args.baseline or ()),
        show_loopback=args.show_loopback,
        timestamps=args.ts,
        quiet=args.quiet,
        json=args.json,
        group=args.group,
        sort=args.sort,
        theme=args.theme,
        mouse=args.mouse,
    )


def arguments_of(args: argparse.Namespace, names: Iterable[str]) -> list[str]:
    """Return the command line that sets the options `names` as they are in `args`."""
    found = ((f"--{name.replace('_', '-')}", getattr(args, name)) for name in names)
    options = (
        (option, value)
        for option, values in found
        for value in (values if isinstance(values, list) else [values])
    )
    return [
        option if value is True else f"{option}={value}"
        for option, value in options
        if value is not None and value is not False
    ]


def _between(
    low: float, high: float, number: Callable[[str], float], what: str = "number"
) -> Callable[[str], float]:
    def convert(text: str) -> float:
        try:
            value = number(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no {what}") from None
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} is not from {low:g} to {high:g}")
        return value

    return convert


def _unit(text: str) -> float:
    value = _between(MIN_UNIT, MAX_UNIT, float)(text)
    ticks = value * TICKS_PER_SECOND
    if abs(ticks - round(ticks)) > 1e-6:  # noqa: PLR2004 - rounding of floats
        raise argparse.ArgumentTypeError(f"{text} is no multiple of 0.1")
    return value


def _span(text: str) -> float:
    seconds = seconds_of(text)
    if seconds is None:
        seconds = seconds_of(f"{text}s")
    if seconds is None or seconds > MAX_SPAN:
        raise argparse.ArgumentTypeError(f"{text!r} is no time as 60s or 1h30m")
    return round(seconds, 1)


def _width(text: str) -> int:
    return int(_between(MIN_WIDTH, MAX_WIDTH, int, "whole number")(text))


_percent = _between(0, 100, float)
_STANDARD_OUTPUT = Path("/dev/stdout")
_LISTS = {
    "--filter-file": "hide what FILE lists",
    "--only-file": "show only what FILE lists",
    "--watch-file": "mark what FILE lists, and log an ALERT for each connection to it",
    "--baseline": "the same for what FILE does not list: one of --save-threshold, for instance",
}
_LISTS_HELP = """\
A FILE lists an address, network, range (a-b), AS123 or country:XX a line;
! before one makes it an exception, # begins a comment. Each option may be
given several times. A FILE that has changed is read again when the viewer
gets SIGHUP (kill -HUP). docs/lists.md tells all of it."""
_UNIT_HELP = f"what one character stands for, from {MIN_UNIT:g} (default: 1)"
_WIDTH_HELP = f"length of a timeline, {MIN_WIDTH} to {MAX_WIDTH} (default: all there is room for)"
_GROUPINGS = (BY_ADDRESS, *GROUPINGS)
_GROUP_HELP = f"what a row of the screen is for at first; key a: {', '.join(_GROUPINGS)}"
_SORT_HELP = f"in which order they are at first; key s: {', '.join(ORDERS)}"
_RECORD_HELP = "record all that comes to FILE, or add it to FILE; see connmon replay"
_OUTPUT_HELP = "save the timeline to FILE at the end"
_EXPORT_HELP = "show nothing: save it to FILE (-: standard output), and end"
_FOR_HELP = "with --export: watch for so long first (60s, 1h30m)"
_FORMATS = ", ".join(f"{name} ({known.summary})" for name, known in FORMATS.items())
_FORMAT_HELP = f"what is saved: {_FORMATS}; default: what FILE ends in, else {TEXT}"
_THRESHOLD_HELP = "at the end save the addresses that were active in PCT %% of the time"
