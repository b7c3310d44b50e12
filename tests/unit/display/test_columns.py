"""What shrinks first on a narrow line, and what is never cut."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_display.glyphs import UNICODE
from connmon_display.labels import Label
from connmon_display.refresh.columns import CURSOR, MIN_WIDTH, LabelColumns, fit, widths

FEATURES = [
    frozenset(some) for n in range(4) for some in combinations(("country", "asn", "names"), n)
]
LONG = Label(
    address="192.0.2.1",
    name="",
    country="US",
    organisation="AS13335 An Organisation With a Very Long Name, Incorporated",
    state="ACTIVE",
    port=65_535,
    process="systemd-resolve",
    pid=1,
)


@pytest.mark.parametrize("features", FEATURES)
def test_state_port_and_country_are_never_cut(features: frozenset[str]) -> None:
    for width in range(MIN_WIDTH, 401):
        parts = widths(width, 80)
        cells = LabelColumns(parts, features, UNICODE).cells(LONG)
        assert len(cells) == parts.label
        words = [word.strip() for word in cells.strip().strip("[]").split("|")]
        assert "ACTIVE" in words
        assert ("Port:65535" if parts.full else "65535") in words
        assert ("US" in words) == ("country" in features)
        assert cells.rstrip().endswith("]")


@given(st.integers(MIN_WIDTH, 1_000), st.integers(20, 500))
def test_the_parts_of_a_line_fill_it_exactly(width: int, wanted: int) -> None:
    parts = widths(width, wanted)
    assert CURSOR + parts.address + parts.timeline + 1 + parts.label == width
    assert 1 <= parts.timeline <= wanted
    assert parts.label >= 30


def test_the_organisation_shrinks_before_anything_else() -> None:
    for width in range(MIN_WIDTH, 300):
        cells = LabelColumns(widths(width, 80), frozenset({"country", "asn"}), UNICODE).cells(LONG)
        assert LONG.organisation in cells or "…" in cells
        assert "AS13335" in cells or "systemd" not in cells


def test_a_label_is_compact_below_110_columns_and_full_from_there() -> None:
    compact = LabelColumns(widths(109, 80), frozenset(), UNICODE).cells(LONG)
    full = LabelColumns(widths(110, 80), frozenset(), UNICODE).cells(LONG)
    assert compact.startswith("[ACTIVE|65535|")
    assert full.startswith("[ACTIVE | Port:65535 | ")


@pytest.mark.parametrize("features", FEATURES)
@pytest.mark.parametrize("width", [60, 80, 110, 140, 200])
def test_titles_stand_above_their_columns(width: int, features: frozenset[str]) -> None:
    columns = LabelColumns(widths(width, 80), features, UNICODE)
    title, cells = columns.heading(), columns.cells(LONG)
    assert title.index("STATE") == cells.index("ACTIVE")
    assert title.index("PORT") in {cells.index("65535"), cells.index("65535") - len("Port:")}
    if "country" in features:
        assert title.index("CC") == cells.index("US")


@given(st.text(max_size=30), st.integers(0, 20), st.sampled_from(["…", "~", ""]))
def test_fit_returns_exactly_the_width(text: str, width: int, ellipsis: str) -> None:
    assert len(fit(text, width, ellipsis)) == width


def test_fit_shows_that_something_was_cut() -> None:
    assert fit("abc", 5, "…") == "abc  "
    assert fit("abcdef", 5, "…") == "abcd…"
    assert fit("abc def", 5, "…") == "abc… "
