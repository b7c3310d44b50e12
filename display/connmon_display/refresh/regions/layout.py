"""How the lines of the screen are shared among the regions."""

HEAD_LINES = 3  # header, times, headings
FOOT_LINES = 1
_SUMMARIES = ((36, 7), (20, 5), (0, 1))  # (from this height, lines about the selected row)
_DETAIL_PARTS = (3, 5)  # of the lines between head and foot it takes at most three fifths
_MIN_DETAIL = 4


def page_of(height: int, panel: int = 0) -> int:
    """Return how many rows of the table fit on a screen of `height` lines.

    Args:
        height: of the screen.
        panel: lines that tell about the selected row.
    """
    return max(1, height - HEAD_LINES - FOOT_LINES - panel)


def summary_lines(height: int) -> int:
    """Return how many lines the selected row gets without being asked for."""
    return next(lines for least, lines in _SUMMARIES if height >= least)


def detail_lines(height: int, needed: int) -> int:
    """Return how many lines the detail gets that needs so many."""
    part, parts = _DETAIL_PARTS
    most = (height - HEAD_LINES - FOOT_LINES) * part // parts
    return max(summary_lines(height), min(needed, max(_MIN_DETAIL, most)))
