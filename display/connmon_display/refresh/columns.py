"""How wide everything on a line is, and the label at its right, fitted.

A label is `[US | AS13335 Cloudflare, Inc. | ACTIVE | Port:443 | curl]` where there is room and
`[US|AS13335 Clou…|ACTIVE→443]` where there is not. The organisation shrinks first, then the
process goes; state and port are never cut. Before the port an arrow tells who began, if that is
known, and behind it stands the name of the service where there is room. Without look-ups their
columns are left out. What is unusual about the connections stands where the state is. It takes the
room from the organisation, which is before it; without one the column is as wide as what is unusual
in any row in sight, so that all that stands behind it is in line.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from connmon_display.following.paces import SECONDS
from connmon_display.refresh.cells import in_cells, part
from connmon_display.rows.arrangement import BY_ADDRESS, GROUPINGS
from connmon_display.words.glyphs import Glyphs
from connmon_display.words.labels import UNKNOWN, Label
from connmon_display.words.quoting import quoted
from connmon_display.words.units import rate
from connmon_shared.messages import Direction

MIN_WIDTH, MIN_HEIGHT = 60, 10  # characters; smaller terminals get a sentence instead
CURSOR = 2  # the selection mark before the address is one cell, a space behind it another
_FULL_LABEL_FROM = 110  # terminal width
_ADDRESS_WIDTHS = ((160, 39), (120, 24), (0, 15))  # (from this terminal width, cells)
_LABEL_WIDTHS = ((180, 64), (140, 48), (_FULL_LABEL_FROM, 40), (0, 30))
_WITHOUT_ORGANISATION = 50  # cells of a label that has none, at most
_GIVEN_TO_HOSTS = 3  # cells of a short label; the timeline gives what else their names take
_HOST_WIDTHS = ((160, 24), (120, 16), (70, 8), (0, 6))
HOST_TITLE = "HOST"
_KEPT_LAYOUTS = 8
_STATE_WIDTH = 6
_COUNTRY_WIDTH = 2
_MIN_PROCESS, _MAX_PROCESS = 7, 15  # a comm has at most 15 characters
_MIN_ORGANISATION = 8
_ARROWS = {Direction.OUT.value: "→", Direction.IN.value: "←"}
_SERVICE_WIDTH = 6  # of " https" and the like; longer names are left out
_MIN_GIVING = 2  # what is left of a column that gives way to an unusual state
_COUNT_WIDTH = 4
_SPEED_FROM = 100  # terminal width
_SPEED_WIDTH = 11  # "↑1.2k ↓34k"
_PACE_FROM = 160  # terminal width


@dataclass(frozen=True, slots=True)
class Widths:
    """The widths of the parts of a line, in cells."""

    address: int
    timeline: int
    label: int
    full: bool  # whether labels are written in their long form
    speed: int = 0  # of the column between timeline and label; 0: there is none
    host: int = 0  # of the first column; 0: there is none
    pace: int = 0  # of the column behind the speed; 0: there is none


def host_width(names: Iterable[str], width: int) -> int:
    """Return the width of the hosts' column on a terminal of `width` cells; 0 without names."""
    longest = max((len(in_cells(name)) for name in names), default=0)
    return min(max(longest, len(HOST_TITLE)), _pick(_HOST_WIDTHS, width)) if longest else 0


def widths(
    width: int,
    wanted_timeline: int,
    *,
    counting: bool = False,
    host: int = 0,
    features: Collection[str] = ("asn",),
) -> Widths:
    """Return the widths for a terminal of `width` cells; what is left over goes to the label.

    Args:
        width: of the terminal.
        wanted_timeline: at most so many characters of a timeline.
        counting: whether the collector tells of traffic.
        host: of the hosts' column.
        features: the look-ups that are on.
    """
    speed = _SPEED_WIDTH if counting and width >= _SPEED_FROM else 0
    pace = SECONDS if counting and width >= _PACE_FROM else 0
    address = _pick(_ADDRESS_WIDTHS, width)
    full = width >= _FULL_LABEL_FROM
    label = _pick(_LABEL_WIDTHS, width) - (_GIVEN_TO_HOSTS if host and not full else 0)
    if "asn" not in features:
        label = min(label, _WITHOUT_ORGANISATION)
    columns = (host, speed, pace)
    room = width - CURSOR - address - 1 - sum(column + 1 for column in columns if column)
    timeline = max(1, min(wanted_timeline, room - label))
    return Widths(address, timeline, room - timeline, full, speed, host, pace)


def fit(text: str, width: int, ellipsis: str) -> str:
    """Return `text` in exactly `width` cells."""
    cells = in_cells(text)
    if len(cells) <= width:
        return cells.ljust(width)
    return (part(cells, 0, max(0, width - 1)).rstrip() + ellipsis).ljust(width)[:width]


def fit_address(text: str, width: int, ellipsis: str) -> str:
    """Return an address in exactly `width` cells; one with a port keeps the port."""
    host, colon, port = text.rpartition(":")
    if len(text) <= width or not (host and (host.endswith("]") or ":" not in host)):
        return fit(text, width, ellipsis)
    room = width - len(colon) - len(port) - 1
    return fit(f"{host[:room]}{ellipsis}{colon}{port}", width, ellipsis)


def fit_host(text: str, width: int, ellipsis: str) -> str:
    """Return a host's name in exactly `width` cells; of a long one the beginning and the end.

    Hosts of one sort are told apart by either.
    """
    cells = in_cells(text)
    if len(cells) <= width:
        return cells.ljust(width)
    end = (width - 1) // 2
    first, last = part(cells, 0, width - 1 - end), part(cells, len(cells) - end, len(cells))
    return f"{first}{ellipsis}{last}"


class Column(NamedTuple):
    """One column of the label."""

    title: str
    width: int
    read: Callable[[Label, int], str]  # the words for a label, as far as they fit in the width


#: How many cells the wordings of something need, the longest first.
Wordings = tuple[int, ...]


class LabelColumns:
    """The columns of the label for one width, one choice of look-ups, and what is in sight.

    Attributes:
        glyphs: the characters to write with.
    """

    def __init__(
        self,
        widths: Widths,
        features: frozenset[str],
        glyphs: Glyphs,
        by: str = BY_ADDRESS,
        unusual: Wordings = (),
    ) -> None:
        self._separator = " | " if widths.full else "|"
        self.glyphs = glyphs
        self._ellipsis = glyphs.ellipsis
        self._width = widths.label
        port = 10 if widths.full else 6  # "Port:65535", "8099+1"
        self._port = "Port:{}".format if widths.full else str
        alone = by == BY_ADDRESS  # else a row stands for several addresses
        first = "" if alone else GROUPINGS[by].title  # stands before the timeline
        count = 0 if alone else _COUNT_WIDTH
        country = _COUNTRY_WIDTH if alone and "country" in features else 0
        fixed = [
            Column("CC", country, lambda label, _: label.country),
            Column("IPS", count, lambda label, _: _counted(label.addresses)),
            Column("OPEN", count, lambda label, _: _counted(label.connections)),
            Column("STATE", _STATE_WIDTH, _state_of),
            Column("PORT", 0 if first == "PORT" else port, self._port_of),
        ]
        taken = [column.width for column in fixed if column.width]
        room = widths.label - 2 - sum(taken) - len(self._separator) * (len(taken) - 1)
        organisation, process = self._share(
            room, organisation="asn" in features and first != "AS / ORG", process=first != "PROCESS"
        )
        if organisation < _MIN_ORGANISATION and not alone:  # nobody misses it there
            organisation = 0
        network = Column("AS / ORG", organisation, self._network_of)
        columns = [*fixed[:3], network, *fixed[3:], Column("PROCESS", process, self._process_of)]
        self._columns = [column for column in columns if column.width]
        used = sum(column.width + len(self._separator) for column in self._columns)
        self._spare = widths.label - 2 - used + len(self._separator)
        self._organisation = organisation
        usual = self._with_services(organisation)
        self._usual = usual if organisation else self._with_room(usual, unusual)

    def _share(self, room: int, *, organisation: bool, process: bool) -> tuple[int, int]:
        """Return the widths of organisation and process, of which either may be wanted."""
        step = len(self._separator)
        if not organisation:
            width = min(_MAX_PROCESS, room - step)
            return 0, width if process and width >= _MIN_PROCESS else 0
        if process and room - 2 * step >= _MIN_ORGANISATION + _MIN_PROCESS:
            width = min(_MAX_PROCESS, max(_MIN_PROCESS, (room - 2 * step) // 3))
            return room - 2 * step - width, width
        return max(0, room - step), 0

    def _with_services(self, organisation: int) -> list[Column]:
        """Return the columns with room for the name of a service, if there is any."""
        given = _SERVICE_WIDTH * (organisation >= 2 * _MIN_ORGANISATION + _SERVICE_WIDTH)
        spared = _SERVICE_WIDTH * (not given and self._spare >= _SERVICE_WIDTH)
        self._spare -= spared
        return _changed(self._columns, {"AS / ORG": -given, "PORT": given + spared})

    def _with_room(self, columns: list[Column], unusual: Wordings) -> list[Column]:
        """Return the columns with room for what is unusual, which the process gives."""
        if not unusual:
            return columns
        process = sum(column.width for column in columns if column.title == "PROCESS")
        good, most = (
            self._spare + max(0, process - least) for least in (_MIN_PROCESS, _MIN_GIVING)
        )
        longest, shortest = (max(0, unusual[at] - _STATE_WIDTH) for at in (0, -1))
        extra = min(longest, good) if shortest <= good else min(shortest, most)
        return _changed(columns, {"STATE": extra, "PROCESS": -max(0, extra - self._spare)})

    def _port_of(self, label: Label, width: int) -> str:
        """Return the port and how many others there are, or where there is room its service."""
        number = str(label.port or UNKNOWN)
        text = self._port(number) if label.port else number
        if label.more:
            longest_first = (f"{text}+{label.more}", f"{number}+{label.more}", f"{number}+")
            return next(words for words in longest_first if len(words) <= width)
        longer = f"{text} {label.service}"
        return longer if label.service and len(longer) <= width else text

    def _network_of(self, label: Label, width: int) -> str:
        return self._with_others(label.organisation, label.networks, width)

    def _process_of(self, label: Label, width: int) -> str:
        return self._with_others(quoted(label.process), label.sharing, width)

    def _with_others(self, text: str, others: int, width: int) -> str:
        """Return `text` and how many others there are, which is not cut."""
        if not others:
            return text
        more = f" +{others}"
        room = max(0, width - len(more))
        return fit(text, min(len(in_cells(text)), room), self._ellipsis) + more

    def heading(self) -> str:
        """Return the titles of the columns."""
        titles = self._separator.join(
            fit(title, width, "")[:width] for title, width, _ in self._usual
        )
        return fit(f" {titles}", self._width, "")

    def cells(self, label: Label) -> str:
        """Return `label` in exactly the width of the column."""
        columns = self._widened(label) if label.unusual and self._organisation else self._usual
        arrow = self._separator.replace("|", _ARROWS.get(label.direction, "|"))
        inner = ""
        for title, width, read in columns:
            separator = arrow if title == "PORT" else self._separator if inner else ""
            inner += separator + fit(read(label, width), width, self._ellipsis)
        filled = inner.rstrip(" |")
        return fit(f"[{filled}]", self._width, self._ellipsis)

    def _widened(self, label: Label) -> list[Column]:
        """Return the columns with room for what is unusual, as much of it as the network gives."""
        width = next(column.width for column in self._usual if column.title == "AS / ORG")
        state = len(_state_of(label, _STATE_WIDTH + width - _MIN_GIVING))
        extra = max(0, state - _STATE_WIDTH)
        return _changed(self._usual, {"AS / ORG": -extra, "STATE": extra})


def _changed(columns: Iterable[Column], changes: Mapping[str, int]) -> list[Column]:
    """Return columns of which some are wider or narrower by so many cells."""
    return [
        column._replace(width=column.width + changes.get(column.title, 0)) for column in columns
    ]


def _state_of(label: Label, width: int) -> str:
    """Return the state; of what is unusual the most that the width has room for."""
    if label.unusual is None:
        return label.state
    wordings = label.unusual.wordings
    return next((words for words in wordings if len(words) <= width), wordings[-1])


def wordings_of(labels: Iterable[Label]) -> Wordings:
    """Return how many cells the wordings need of what is unusual, the longest first."""
    told = [map(len, label.unusual.wordings) for label in labels if label.unusual is not None]
    return tuple(map(max, zip(*told, strict=True)))


@lru_cache(_KEPT_LAYOUTS)
def label_columns(
    parts: Widths,
    features: frozenset[str],
    glyphs: Glyphs,
    by: str = BY_ADDRESS,
    unusual: Wordings = (),
) -> LabelColumns:
    """Return the columns of a layout: the same object for the same layout."""
    return LabelColumns(parts, features, glyphs, by, unusual)


def _counted(many: int) -> str:
    """Return a number in a few characters, at the right."""
    return rate(many).rjust(_COUNT_WIDTH)


def _pick(table: tuple[tuple[int, int], ...], width: int) -> int:
    return next(cells for start, cells in table if width >= start)
