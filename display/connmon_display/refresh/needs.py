"""How much room the words of the rows in sight need. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from connmon_display.refresh.cells import in_cells
from connmon_display.words.labels import UNKNOWN, Label
from connmon_display.words.quoting import quoted

_LONGEST_PORT = 8  # "65535+12"; of more than that only that there are others is told
_LONGEST_SERVICE = 15  # "9000 cslistener"; longer names are left out


class Needs(NamedTuple):
    """Cells that columns need; 0: nothing stands there."""

    address: int = 0
    state: int = 0  # with all that is told of an unusual one: how many, for how long
    counted: int = 0  # with how many
    word: int = 0  # of an unusual state, where that says enough
    port: int = 0  # with how many others there are
    service: int = 0  # with what it is called
    network: int = 0
    process: int = 0


NOTHING = Needs()


def needs_of(labels: Iterable[Label], *, names: bool) -> Needs:
    """Return what the words of rows need.

    Args:
        labels: the words.
        names: whether names stand for addresses.
    """
    found = (_of(label, names=names) for label in labels)
    return Needs(*map(max, zip(NOTHING, NOTHING, *found, strict=True)))


def _of(label: Label, *, names: bool) -> Needs:
    state, counted, word = label.unusual.wordings if label.unusual else (label.state,) * 3
    number = str(label.port or UNKNOWN)
    port = len(f"{number}+{label.more}") if label.more else len(number)
    service = len(f"{number} {label.service}") if label.service and not label.more else 0
    return Needs(
        len(in_cells((names and str(label.name)) or label.address)),
        *(len(state), len(counted), len(word)),
        port if port <= _LONGEST_PORT else len(f"{number}+"),
        service if service <= _LONGEST_SERVICE else 0,
        _with_others(label.organisation, label.networks),
        _with_others(quoted(label.process), label.sharing),
    )


def _with_others(text: str, others: int) -> int:
    return len(in_cells(text)) + len(f" +{others}") * (others > 0)
