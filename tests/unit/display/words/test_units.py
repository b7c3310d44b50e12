"""Amounts as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_display.words.units import rate, round_trip, size


@pytest.mark.parametrize(
    ("count", "shown", "per_second"),
    [
        (0, "0 B", "0"),
        (999, "999 B", "999"),
        (1_000, "1.0 kB", "1.0k"),
        (1_249, "1.2 kB", "1.2k"),
        (9_949, "9.9 kB", "9.9k"),
        (9_950, "10 kB", "10k"),
        (34_400, "34 kB", "34k"),
        (999_499, "999 kB", "999k"),
        (999_500, "1.0 MB", "1.0M"),
        (2_500_000_000, "2.5 GB", "2.5G"),
        (3 * 10**12, "3.0 TB", "3.0T"),
        (4_000 * 10**12, "4000 TB", "4000T"),
    ],
)
def test_bytes(count: int, shown: str, per_second: str) -> None:
    assert size(count) == shown
    assert rate(count) == per_second


@pytest.mark.parametrize(
    ("microseconds", "shown"),
    [
        (9, "0.01 ms"),
        (94, "0.09 ms"),
        (95, "0.1 ms"),
        (3_120, "3.1 ms"),
        (34_400, "34 ms"),
        (999_499, "999 ms"),
        (999_501, "1.0 s"),
        (12_345_678, "12 s"),
    ],
)
def test_round_trips(microseconds: int, shown: str) -> None:
    assert round_trip(microseconds) == shown


@given(st.integers(0, 999 * 10**12))
def test_a_rate_is_short(count: int) -> None:
    assert len(rate(count)) <= 4
