"""What is no longer held of a history, in words. Pure."""

from connmon_display.words.moment import local_time


def no_longer_kept(thinned: float, dropped: int) -> str:
    """Return a sentence about what a history had to let go; empty: nothing.

    Args:
        thinned: before this moment some rows have lost detail, seconds since 1970; 0: none has.
        dropped: how many rows were forgotten.
    """
    rows = "1 row that was over is" if dropped == 1 else f"{dropped:,} rows that were over are"
    told = (
        f"detail before {local_time(thinned)} is thinned in some rows" if thinned else "",
        f"{rows} forgotten" if dropped else "",
    )
    return "; ".join(filter(None, told))
