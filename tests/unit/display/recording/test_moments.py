"""How people write moments, in a time zone that is not UTC."""

import contextlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_display.recording.moments import moment_of

BEGIN = datetime(2026, 1, 31, 21, 30, 15, 700_000, UTC).timestamp()  # 22:30:15.7 there


@pytest.fixture(autouse=True)
def _an_hour_ahead(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "XXX-1")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("90s", BEGIN + 90),
        ("+90s", BEGIN + 90),
        ("0.5s", BEGIN + 0.5),
        ("10m", BEGIN + 600),
        ("1h30m", BEGIN + 5_400),
        ("2d03h", BEGIN + 183_600),
        ("0s", BEGIN),
        ("22:31", datetime(2026, 1, 31, 21, 31, tzinfo=UTC).timestamp()),
        ("22:30", datetime(2026, 1, 31, 21, 30, tzinfo=UTC).timestamp()),
        ("22:30:15", datetime(2026, 1, 31, 21, 30, 15, tzinfo=UTC).timestamp()),
        ("22:30:14", datetime(2026, 2, 1, 21, 30, 14, tzinfo=UTC).timestamp()),
        ("00:10:30", datetime(2026, 1, 31, 23, 10, 30, tzinfo=UTC).timestamp()),
        ("21:31Z", datetime(2026, 1, 31, 21, 31, tzinfo=UTC).timestamp()),
        ("21:30Z", datetime(2026, 1, 31, 21, 30, tzinfo=UTC).timestamp()),
        ("21:30:15Z", datetime(2026, 1, 31, 21, 30, 15, tzinfo=UTC).timestamp()),
        ("23:31+02:00", datetime(2026, 1, 31, 21, 31, tzinfo=UTC).timestamp()),
        ("16:30-05", datetime(2026, 1, 31, 21, 30, tzinfo=UTC).timestamp()),
        ("16:30:14-05:00", datetime(2026, 2, 1, 21, 30, 14, tzinfo=UTC).timestamp()),
        ("2026-02-03 04:05", datetime(2026, 2, 3, 3, 5, tzinfo=UTC).timestamp()),
        ("2026-02-03T04:05:06", datetime(2026, 2, 3, 3, 5, 6, tzinfo=UTC).timestamp()),
        ("2026-02-03T04:05:06+00:00", datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC).timestamp()),
    ],
)
def test_what_people_write(text: str, moment: float) -> None:
    assert moment_of(text, BEGIN) == pytest.approx(moment)


@pytest.mark.parametrize("text", ["", "+", "12", "s", "10x", "25:00", "12:60", "tomorrow", "1m1h"])
def test_what_means_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        moment_of(text, BEGIN)


@given(
    st.text()
    | st.from_regex(r"[0-2]\d:[0-5]\d(:[0-5]\d)?(Z|[+-][01]\d(:[0-5]\d)?)?", fullmatch=True)
)
def test_any_text_means_a_moment_or_none(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(moment_of(text, BEGIN), float)
