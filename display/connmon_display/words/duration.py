"""Durations as people write them."""

import re

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400

_WRITTEN = re.compile(r"\+?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")


def seconds_of(text: str) -> float | None:
    """Return the seconds of a duration as `90s` or `1h30m`; None: it is none."""
    written = _WRITTEN.fullmatch(text)
    if written is None or not any(written.groups()):
        return None
    parts = zip(written.groups(), (_DAY, _HOUR, _MINUTE, 1), strict=True)
    return sum(float(count) * seconds for count, seconds in parts if count)


def short(seconds: float) -> str:
    """Return `seconds` as `0.5s`, `12s`, `1m05s`, `2h`, `1h30m` or `3d04h`."""
    tenths = round(seconds, 1)
    if tenths < _MINUTE:
        return f"{tenths:g}s"
    whole = int(tenths)
    big, small, names = next(
        (whole // size, whole % size // part, names)
        for size, part, names in (
            (_DAY, _HOUR, "dh"),
            (_HOUR, _MINUTE, "hm"),
            (_MINUTE, 1, "ms"),
        )
        if whole >= size
    )
    return f"{big}{names[0]}{small:02d}{names[1]}" if small else f"{big}{names[0]}"
