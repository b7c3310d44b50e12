"""Text, cut or filled to be exactly as wide as there is room for. Pure."""

import textwrap

from connmon_display.refresh.layout.cells import LEAD, in_cells, part


def fit(text: str, width: int, ellipsis: str) -> str:
    """Return `text` in exactly `width` cells."""
    cells = in_cells(text)
    if len(cells) <= width:
        return cells.ljust(width)
    return (part(cells, 0, max(0, width - 1)).rstrip() + ellipsis).ljust(width)[:width]


def wrapped(text: str, width: int, most: int, ellipsis: str) -> list[str]:
    """Return `text` in at most `most` lines of at most `width` cells; the last one may be cut."""
    cells = in_cells(text)
    lines = textwrap.wrap(cells, width - (LEAD in cells))  # a wide letter may be cut in two
    told = map(in_cells, [*lines[: most - 1], " ".join(lines[most - 1 :])])
    return [fit(line, min(len(line), width), ellipsis) for line in told if line]


def fit_end(text: str, width: int, ellipsis: str) -> str:
    """Return `text` in at most `width` cells; of a long one the end."""
    cells = in_cells(text)
    if len(cells) <= width:
        return cells
    return ellipsis + part(cells, len(cells) - width + 1, len(cells))


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
