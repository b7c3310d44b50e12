"""Moments of a recording as people write them: `90s`, `+1h30m`, `12:03`, `2026-01-31 12:03:44`."""

from datetime import datetime, time, timedelta

from connmon_display.words.duration import seconds_of

_SHORT_TIME = len("12:03")


def moment_of(text: str, begin: float) -> float:
    """Return the moment that `text` means, in seconds since 1970.

    Args:
        text: a time in this computer's time zone, with a date or without (then it is the first
            one of a recording), or how long after the beginning.
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
        return _first(time.fromisoformat(text), begin, to_minutes=len(text) <= _SHORT_TIME)


def _first(wanted: time, begin: float, *, to_minutes: bool) -> float:
    """Return the first moment not before `begin` at which clocks show `wanted`."""
    first = datetime.fromtimestamp(begin)  # noqa: DTZ006 - the time zone of who asks
    first = first.replace(microsecond=0, second=0 if to_minutes else first.second)
    found = datetime.combine(first, wanted)
    return (found if found >= first else found + timedelta(days=1)).timestamp()
