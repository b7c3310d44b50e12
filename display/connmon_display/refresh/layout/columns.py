"""The label at the right of a line, fitted.

A label is `[US | AS13335 Cloudflare, Inc. | ACTIVE | Port:443 | curl]` where there is room and
`[US|AS13335 Clou…|ACTIVE→443]` where there is not. Before the port an arrow tells who began, if
that is known. What is unusual about the connections stands where the state is. How wide the
columns are is told by what is in sight, and by what gives way to what: for all rows alike, so that
they are in line.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from connmon_display.refresh.layout.allotment import (
    ADDRESSES,
    COUNTRY,
    NETWORK,
    OPEN,
    PORT,
    PREFIX,
    PROCESS,
    STATE,
    allotted,
    is_prefixed,
    separator,
)
from connmon_display.refresh.layout.cells import in_cells
from connmon_display.refresh.layout.fitting import fit
from connmon_display.refresh.layout.layout import Widths
from connmon_display.refresh.layout.needs import NOTHING, Needs
from connmon_display.rows.arrangement import BY_ADDRESS
from connmon_display.words.glyphs import ARROWS, Glyphs
from connmon_display.words.labels import Label
from connmon_display.words.others import other_names, other_ports, with_service
from connmon_display.words.traits import UNKNOWN
from connmon_display.words.units import rate

_KEPT_LAYOUTS = 8


class Column(NamedTuple):
    """One column of the label."""

    title: str
    width: int
    read: Callable[[Label, int], str]  # the words for a label, as far as they fit in the width


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
        needs: Needs = NOTHING,
    ) -> None:
        self._separator = "|".center(separator(full=widths.full))
        self.glyphs = glyphs
        self._ellipsis = glyphs.ellipsis
        self._width = widths.label
        room = widths.label
        cells = allotted(needs, features, by, room, room, full=widths.full)
        self._prefix = PREFIX if is_prefixed(cells, needs, full=widths.full) else ""
        words: dict[str, Callable[[Label, int], str]] = {
            COUNTRY: lambda label, _: label.country,
            ADDRESSES: lambda label, width: rate(label.addresses).rjust(width),
            OPEN: lambda label, width: rate(label.connections).rjust(width),
            NETWORK: self._network_of,
            STATE: _state_of,
            PORT: self._port_of,
            PROCESS: self._process_of,
        }
        self._columns = [Column(title, width, words[title]) for title, width in cells.items()]

    def _port_of(self, label: Label, width: int) -> str:
        """Return the port and how many others there are, or where there is room its service."""
        if not label.port:
            return UNKNOWN
        text = f"{self._prefix}{label.port}"
        if label.more:
            counted = text + other_ports(label.more)
            return counted if len(counted) <= width else f"{text}+"
        longer = with_service(text, label.service)
        return longer if len(longer) <= width else text

    def _network_of(self, label: Label, width: int) -> str:
        return self._with_others(label.organisation, label.networks, width)

    def _process_of(self, label: Label, width: int) -> str:
        return self._with_others(label.owner, label.sharing, width)

    def _with_others(self, text: str, others: int, width: int) -> str:
        """Return `text` and how many others there are, which is not cut."""
        if not others:
            return text
        more = other_names(others)
        room = max(0, width - len(more))
        return fit(text, min(len(in_cells(text)), room), self._ellipsis) + more

    def heading(self) -> str:
        """Return the titles of the columns."""
        titles = self._separator.join(
            fit(title, width, "")[:width] for title, width, _ in self._columns
        )
        return fit(f" {titles}", self._width, "")

    def cells(self, label: Label) -> str:
        """Return `label` in exactly the width of the column."""
        arrow = self._separator.replace("|", ARROWS.get(label.direction, "|"))
        inner = ""
        for title, width, read in self._columns:
            between = arrow if title == PORT else self._separator if inner else ""
            inner += between + fit(read(label, width), width, self._ellipsis)
        filled = inner.rstrip(" |")
        return fit(f"[{filled}]", self._width, self._ellipsis)


def _state_of(label: Label, width: int) -> str:
    """Return the state; of what is unusual the most that the width has room for."""
    if label.unusual is None:
        return label.state
    wordings = label.unusual.wordings
    return next((words for words in wordings if len(words) <= width), wordings[-1])


@lru_cache(_KEPT_LAYOUTS)
def label_columns(
    parts: Widths, features: frozenset[str], glyphs: Glyphs, by: str, needs: Needs
) -> LabelColumns:
    """Return the columns of a layout: the same object for the same layout."""
    return LabelColumns(parts, features, glyphs, by, needs)
