"""Moments of a recording as people write them: `90s`, `+1h30m`, `12:03`, `2026-01-31 12:03:44`."""

import re
from datetime import datetime, time, timedelta

from connmon_display.words.duration import seconds_of

_TO_MINUTES = re.compile(r"T?\d\d:\d\d(?!:?\d)")


def moment_of(text: str, begin: float) -> float:
    """Return the moment that `text` means, in seconds since 1970.

    Args:
        text: a time, with a date or without (then it is the first one of a recording), in this
            computer's time zone unless it says another one, or how long after the beginning.
        begin: when the recording begins.

    Raises:
        ValueError: it means no moment.
    """
    duration = seconds_of(text)
    if duration is not None:
        return begin + duration
    if ":" not in text:
        raise ValueError("neither a time nor a duration")
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):  # no date, or none that this system counts
        return _first(time.fromisoformat(text), begin, to_minutes=bool(_TO_MINUTES.match(text)))


def _first(wanted: time, begin: float, *, to_minutes: bool) -> float:
    """Return the first moment not before `begin` at which clocks in its zone show `wanted`."""
    first = datetime.fromtimestamp(begin, wanted.tzinfo)  # without one in that of who asks
    first = first.replace(microsecond=0, second=0 if to_minutes else first.second)
    found = datetime.combine(first, wanted)
    return (found if found >= first else found + timedelta(days=1)).timestamp()
