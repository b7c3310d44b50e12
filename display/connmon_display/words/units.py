"""Amounts as people write them: bytes, bytes per second, round trips."""

_KILO = 1_000
_SIZES = ("B", "kB", "MB", "GB", "TB")
_RATES = ("", "k", "M", "G", "T")
_HUNDREDTHS_BELOW = 95  # microseconds: on one host
_TENTHS_BELOW = 9.95  # what rounds to less than 10.0 shows a digit behind the point


def size(count: float) -> str:
    """Return a number of bytes as `512 B`, `1.2 kB` or `34 MB`."""
    number, unit = _scaled(count, _SIZES)
    return f"{number} {unit}"


def rate(count: float) -> str:
    """Return bytes per second in at most four characters: `512`, `1.2k`, `34M`."""
    return "".join(_scaled(count, _RATES))


def round_trip(microseconds: int) -> str:
    """Return a round trip as `0.05 ms`, `3.1 ms`, `34 ms` or `1.2 s`."""
    milliseconds = microseconds / _KILO
    if microseconds < _HUNDREDTHS_BELOW:
        return f"{milliseconds:.2f} ms"
    if milliseconds < _KILO - 0.5:
        return f"{_digits(milliseconds)} ms"
    return f"{_digits(milliseconds / _KILO)} s"


def _scaled(count: float, names: tuple[str, ...]) -> tuple[str, str]:
    """Return the digits of `count` and the name of their unit; whole ones have no fraction."""
    if count < _KILO:
        return f"{count:.0f}", names[0]
    for name in names[1:-1]:
        count /= _KILO
        if count < _KILO - 0.5:
            return _digits(count), name
    return _digits(count / _KILO), names[-1]


def _digits(number: float) -> str:
    return f"{number:.1f}" if number < _TENTHS_BELOW else f"{number:.0f}"
