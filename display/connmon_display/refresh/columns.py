"""The label at the right of a line, fitted.

A label is `[US | AS13335 Cloudflare, Inc. | ACTIVE | Port:443 | curl]` where there is room and
`[US|AS13335 Clou…|ACTIVE→443]` where there is not. The organisation shrinks first, then the
process goes; state and port are never cut. Before the port an arrow tells who began, if that is
known, and behind it stands the name of the service where there is room. Without look-ups their
columns are left out. What is unusual about the connections stands where the state is. It takes the
room from the organisation, which is before it; without one the column is as wide as what is unusual
in any row in sight, so that all that stands behind it is in line.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from connmon_display.refresh.cells import in_cells
from connmon_display.refresh.fitting import fit
from connmon_display.refresh.layout import Widths
from connmon_display.rows.arrangement import BY_ADDRESS, GROUPINGS
from connmon_display.words.glyphs import Glyphs
from connmon_display.words.labels import UNKNOWN, Label
from connmon_display.words.quoting import quoted
from connmon_display.words.units import rate
from connmon_shared.messages import Direction

_KEPT_LAYOUTS = 8
_STATE_WIDTH = 6
_COUNTRY_WIDTH = 2
_MIN_PROCESS, _MAX_PROCESS = 7, 15  # a comm has at most 15 characters
_MIN_ORGANISATION = 8
_ARROWS = {Direction.OUT.value: "→", Direction.IN.value: "←"}
_SERVICE_WIDTH = 6  # of " https" and the like; longer names are left out
_MIN_GIVING = 2  # what is left of a column that gives way to an unusual state
_COUNT_WIDTH = 4


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
            Column(" IPS", count, lambda label, _: _counted(label.addresses)),
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
