"""How wide everything on a line is, and the label at its right, fitted.

A label is `[US | AS13335 Cloudflare, Inc. | ACTIVE | Port:443 | curl]` where there is room and
`[US|AS13335 Clou…|ACTIVE→443]` where there is not. The organisation shrinks first, then the
process goes; state and port are never cut. Before the port an arrow tells who began, if that is
known, and behind it stands the name of the service where there is room. Without look-ups their
columns are left out. What is unusual about the connections stands where the state is, and takes
the room from the service and the organisation.
"""

from collections.abc import Callable, Iterable
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


def widths(width: int, wanted_timeline: int, *, counting: bool = False, host: int = 0) -> Widths:
    """Return the widths for a terminal of `width` cells; what is left over goes to the label.

    Args:
        width: of the terminal.
        wanted_timeline: at most so many characters of a timeline.
        counting: whether the collector tells of traffic.
        host: of the hosts' column.
    """
    speed = _SPEED_WIDTH if counting and width >= _SPEED_FROM else 0
    pace = SECONDS if counting and width >= _PACE_FROM else 0
    address = _pick(_ADDRESS_WIDTHS, width)
    full = width >= _FULL_LABEL_FROM
    label = _pick(_LABEL_WIDTHS, width) - (_GIVEN_TO_HOSTS if host and not full else 0)
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


class LabelColumns:
    """The columns of the label for one width and one choice of look-ups.

    Attributes:
        glyphs: the characters to write with.
    """

    def __init__(
        self, widths: Widths, features: frozenset[str], glyphs: Glyphs, by: str = BY_ADDRESS
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
            Column("STATE", _STATE_WIDTH, lambda label, _: label.state),
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
        #: The column that gives way to an unusual state.
        self._giving = "AS / ORG" if organisation else "PROCESS"
        self._usual = self._with_services(organisation)

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
        extra = given or _SERVICE_WIDTH * (self._spare >= _SERVICE_WIDTH)
        more = {"AS / ORG": -given, "PORT": extra}
        return [c._replace(width=c.width + more.get(c.title, 0)) for c in self._columns]

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
        unusual = label.unusual
        columns = self._usual if unusual is None else self._widened(unusual.wordings)
        arrow = self._separator.replace("|", _ARROWS.get(label.direction, "|"))
        inner = ""
        for title, width, read in columns:
            separator = arrow if title == "PORT" else self._separator if inner else ""
            inner += separator + fit(read(label, width), width, self._ellipsis)
        filled = inner.rstrip(" |")
        return fit(f"[{filled}]", self._width, self._ellipsis)

    def _widened(self, wordings: tuple[str, ...]) -> list[Column]:
        """Return the columns with room for the longest of `wordings` that there can be room for."""
        giving = sum(c.width for c in self._columns if c.title == self._giving)
        can_give = max(0, giving - _MIN_GIVING) + self._spare
        text = next(
            (text for text in wordings if len(text) - _STATE_WIDTH <= can_give),
            wordings[-1],
        )
        extra = max(0, len(text) - _STATE_WIDTH)
        taken = max(0, extra - self._spare)
        changed = {
            column.title: column._replace(width=max(0, column.width - taken))
            for column in self._columns
            if column.title == self._giving
        }
        changed["STATE"] = Column("STATE", _STATE_WIDTH + extra, lambda *_: text)
        return [changed.get(column.title, column) for column in self._columns]


@lru_cache(_KEPT_LAYOUTS)
def label_columns(
    parts: Widths, features: frozenset[str], glyphs: Glyphs, by: str = BY_ADDRESS
) -> LabelColumns:
    """Return the columns of a layout: the same object for the same layout."""
    return LabelColumns(parts, features, glyphs, by)


def _counted(many: int) -> str:
    """Return a number in a few characters, at the right."""
    return rate(many).rjust(_COUNT_WIDTH)


def _pick(table: tuple[tuple[int, int], ...], width: int) -> int:
    return next(cells for start, cells in table if width >= start)
