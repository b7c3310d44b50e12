"""How much room the words of the rows in sight need. Pure."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from connmon_display.refresh.layout.cells import in_cells
from connmon_display.words.labels import Label
from connmon_display.words.others import other_names, other_ports, with_service
from connmon_display.words.traits import UNKNOWN

_KEPT = 256  # rows: those of a few screens
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
_ROOMY_FROM = 180  # terminal width
_RESERVE = Needs(address=15, state=18, process=12)  # "CLOSE_WAIT×12 ≥12m"


def with_reserve(needs: Needs, width: int) -> Needs:
    """Return `needs` and, on a terminal of many cells, room for what may come: nothing moves then.

    Args:
        needs: of what is in sight.
        width: of the terminal.
    """
    return Needs(*map(max, needs, _RESERVE)) if width >= _ROOMY_FROM else needs


def needs_of(labels: Iterable[Label], *, names: bool) -> Needs:
    """Return what the words of rows need.

    Args:
        labels: the words.
        names: whether names stand for addresses.
    """
    found = [_needs(label, names) for label in labels]
    return Needs(*map(max, zip(NOTHING, NOTHING, *found, strict=True)))


@lru_cache(_KEPT)
def _needs(label: Label, names: bool) -> Needs:  # noqa: FBT001 - a key of the cache
    unusual = label.unusual
    state, counted, word = unusual.wordings if unusual else (label.state,) * 3
    return Needs(
        _cells_of((names and str(label.name)) or label.address),
        *(len(state), len(counted), len(word)),
        *_of_port(label.port, label.more, label.service),
        _with_others(label.organisation, label.networks),
        _with_others(label.owner, label.sharing),
    )


def _of_port(port: int, more: int, service: str) -> tuple[int, int]:
    """Return what a port needs, and what it needs with its service."""
    number = str(port or UNKNOWN)
    counted = len(number + other_ports(more))
    named = len(with_service(number, service)) if service and not more else 0
    return (
        counted if counted <= _LONGEST_PORT else len(f"{number}+"),
        named if named <= _LONGEST_SERVICE else 0,
    )


def _with_others(text: str, others: int) -> int:
    return _cells_of(text) + len(other_names(others))


def _cells_of(text: str) -> int:
    return len(text) if text.isascii() else len(in_cells(text))
