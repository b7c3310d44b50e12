"""When local clocks are how far ahead of UTC."""

from datetime import UTC, datetime

import pytest
from helpers import BERLIN, clocks_of

from connmon_display.words.moment import zones

LORD_HOWE = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"


def at(*moment: int) -> float:
    return datetime(*moment, tzinfo=UTC).timestamp()  # type: ignore[misc, arg-type] # no zone in it


AUTUMN, SPRING = at(2026, 10, 25, 1), at(2027, 3, 28, 1)


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        (AUTUMN - 10, AUTUMN - 1, [(AUTUMN - 10, 7_200)]),
        (AUTUMN - 10, AUTUMN, [(AUTUMN - 10, 7_200), (AUTUMN, 3_600)]),
        (AUTUMN - 10.5, AUTUMN + 9e5, [(AUTUMN - 10.5, 7_200), (AUTUMN, 3_600)]),
        (AUTUMN, AUTUMN, [(AUTUMN, 3_600)]),
        (AUTUMN, SPRING + 5, [(AUTUMN, 3_600), (SPRING, 7_200)]),
    ],
)
def test_clocks_that_are_changed(
    begin: float, end: float, expected: list[tuple[float, int]]
) -> None:
    with clocks_of(BERLIN):
        assert list(zones(begin, end)) == expected


def test_clocks_that_are_changed_by_half_an_hour() -> None:
    changed = at(2026, 10, 3, 15, 30)
    begin, end = changed - 900, changed + 900
    with clocks_of(LORD_HOWE):
        assert list(zones(begin, end)) == [(begin, 37_800), (changed, 39_600)]


def test_clocks_that_are_never_changed() -> None:
    with clocks_of("UTC"):
        assert list(zones(AUTUMN, SPRING)) == [(AUTUMN, 0)]
