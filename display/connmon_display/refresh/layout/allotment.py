"""How the columns of a label share its cells: what gives way to what, as tables. Pure.

Each column is as wide as what is in sight needs. Where that is too much the tables tell which of
them gives way next, and how far. The number beside an unusual state goes last of all: without it,
what is true of some connections would read as true of all.
"""

from collections.abc import Collection, Iterable

from connmon_display.refresh.layout.needs import Needs
from connmon_display.rows.arrangement import BY_ADDRESS, GROUPINGS

COUNTRY, ADDRESSES, OPEN = "CC", " IPS", "OPEN"
NETWORK, STATE, PORT, PROCESS = "AS / ORG", "STATE", "PORT", "PROCESS"
PREFIX = "Port:"
BRACKETS = 2  # around the columns

#: Columns that have a few widths, each for another wording: with it, the number is which of them.
_WORDED = frozenset({STATE, PORT})
_WITHOUT_SERVICE, _BARE = 1, 2  # of the port
_WITHOUT_AGE, _WITHOUT_NUMBER = 1, 2  # of the state
Giving = tuple[tuple[str, int], ...]

#: What gives way next, and to how many cells (0: it goes) or which wording: at first for the usual
#: width of a label,
_COMFORTS: Giving = ((NETWORK, 14), (PORT, _WITHOUT_SERVICE), (PROCESS, 12))
_BESIDE_NETWORKS: Giving = ((PROCESS, 9), (PROCESS, 7), (NETWORK, 8))
_IN_COMPACT_FORM: Giving = ((PROCESS, 0),)
_IN_GROUPS: Giving = ((NETWORK, 0),)
#: then for the most that it may have.
_OF_ADDRESSES: Giving = (
    (PROCESS, 9),
    (PROCESS, 7),
    (PORT, _BARE),
    (PROCESS, 0),
    (NETWORK, 0),
    (STATE, _WITHOUT_AGE),
    (STATE, _WITHOUT_NUMBER),
)
_OF_GROUPS: Giving = (
    (PROCESS, 9),
    (PROCESS, 7),
    (PORT, _BARE),
    (PROCESS, 0),
    (STATE, _WITHOUT_AGE),
    (ADDRESSES, 0),
    (OPEN, 0),
    (STATE, _WITHOUT_NUMBER),
)
#: Widths that columns have: not each letter more or less in sight moves all the others.
_PROCESSES = (7, 9, 12, 15)
_NETWORKS = (8, 14, 18, 22, 28, 34)
_LEAST_STATE, _LEAST_PORT, _COUNT = 6, 5, 4

Widths = dict[str, int]


def allotted(  # noqa: PLR0913 - all that decides
    needs: Needs, features: Collection[str], by: str, usual: int, most: int, *, full: bool
) -> Widths:
    """Return how wide each column is that there is room for, by its title, from the left.

    Args:
        needs: of what is in sight.
        features: the look-ups that are on.
        by: what rows are grouped by.
        usual: cells of a label, brackets and separators included.
        most: the same where what matters needs more.
        full: whether labels are written in their long form.
    """
    wished = dict(_wished(needs, features, by, full=full))
    widths = {title: steps[0] for title, steps in wished.items()}
    essentials = _OF_ADDRESSES if by == BY_ADDRESS else _OF_GROUPS
    for giving, room in ((_comforts(wished, by, full=full), usual), (essentials, most)):
        for title, least in giving:
            over = used(widths, full=full) - room
            if over > 0 and title in widths:
                widths[title] = _less(widths[title], over, least, wished[title], title)
    _give_back(widths, wished, usual - used(widths, full=full))
    return {title: width for title, width in widths.items() if width}


def _comforts(titles: Collection[str], by: str, *, full: bool) -> Giving:
    if by != BY_ADDRESS:
        return _COMFORTS + _IN_GROUPS
    if NETWORK not in titles:
        return _COMFORTS
    return _COMFORTS + _BESIDE_NETWORKS + (() if full else _IN_COMPACT_FORM)


def _less(width: int, over: int, least: int, steps: tuple[int, ...], title: str) -> int:
    """Return the width of a column that gives way, down to `least`."""
    if title in _WORDED:
        return min(width, steps[least])
    return min(width, max(least, width - over)) if least else 0


def used(widths: Widths, *, full: bool) -> int:
    """Return how many cells a label with such columns takes."""
    shown = [width for width in widths.values() if width]
    return BRACKETS + sum(shown) + separator(full=full) * (len(shown) - 1)


def is_prefixed(widths: Widths, needs: Needs, *, full: bool) -> bool:
    """Return whether `Port:` stands before the ports: before all of them, or none."""
    return full and widths.get(PORT, 0) >= len(PREFIX) + _port(needs)


def separator(*, full: bool) -> int:
    """Return how many cells stand between two columns."""
    return 3 if full else 1


def _wished(
    needs: Needs, features: Collection[str], by: str, *, full: bool
) -> Iterable[tuple[str, tuple[int, ...]]]:
    """Yield the columns that there are, each with its widths, the most first."""
    alone = by == BY_ADDRESS  # else a row stands for several addresses
    first = "" if alone else GROUPINGS[by].title  # stands before the timeline
    prefix, port = len(PREFIX) * full, _port(needs)
    if alone and "country" in features:
        yield COUNTRY, (len(COUNTRY),)
    if not alone:
        yield from ((ADDRESSES, (_COUNT,)), (OPEN, (_COUNT,)))
    if "asn" in features and first != NETWORK:
        yield NETWORK, (_step(_NETWORKS, needs.network),)
    even = needs.state + needs.state % 2  # as ages grow
    yield STATE, tuple(max(_LEAST_STATE, cells) for cells in (even, needs.counted, needs.word))
    if first != PORT:
        yield PORT, (prefix + max(port, needs.service), prefix + port, port)
    if first != PROCESS:
        yield PROCESS, (_step(_PROCESSES, needs.process),)


def _give_back(widths: Widths, wished: dict[str, tuple[int, ...]], spare: int) -> None:
    """Let columns have what others no longer need, because they went."""
    for title in (STATE, NETWORK, PROCESS):
        width = widths.get(title, 0)
        if spare > 0 and width:
            steps = wished[title] if title == STATE else (min(wished[title][0], width + spare),)
            wider = max((step for step in steps if width < step <= width + spare), default=width)
            widths[title], spare = wider, spare - (wider - width)


def _port(needs: Needs) -> int:
    return max(_LEAST_PORT, needs.port)


def _step(steps: tuple[int, ...], needed: int) -> int:
    return next((step for step in steps if step >= needed), steps[-1])
