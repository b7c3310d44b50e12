"""How the lines of the screen are shared among the regions."""

HEAD_LINES = 3  # header, times, headings
FOOT_LINES = 1


def page_of(height: int, *, about: bool = False) -> int:
    """Return how many rows of the table fit on a screen of `height` lines.

    Args:
        height: of the screen.
        about: whether one line tells about the selected row.
    """
    return max(1, height - HEAD_LINES - FOOT_LINES - about)
