"""Durations as people write them."""

import pytest

from connmon_display.words.duration import short


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.1, "0.1s"),
        (0.5, "0.5s"),
        (0, "0s"),
        (1, "1s"),
        (1.5, "1.5s"),
        (12, "12s"),
        (59.9, "59.9s"),
        (59.95, "1m"),
        (59.99, "1m"),
        (60, "1m"),
        (65, "1m05s"),
        (900, "15m"),
        (3_600, "1h"),
        (5_400, "1h30m"),
        (3_601, "1h"),
        (86_400, "1d"),
        (3 * 86_400 + 4 * 3_600, "3d04h"),
        (400 * 86_400, "400d"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert short(seconds) == text
