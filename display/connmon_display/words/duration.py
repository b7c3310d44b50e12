"""Durations as people write them."""

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def short(seconds: float) -> str:
    """Return `seconds` as `0.5s`, `12s`, `1m05s`, `2h`, `1h30m` or `3d04h`."""
    if seconds < _MINUTE:
        return f"{round(seconds, 1):g}s"
    whole = int(seconds)
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
