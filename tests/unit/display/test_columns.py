"""What shrinks first on a narrow line, and what is never cut."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_display.options import MAX_WIDTH
from connmon_display.refresh.columns import LabelColumns, wordings_of
from connmon_display.refresh.fitting import fit
from connmon_display.refresh.layout import CURSOR, MIN_WIDTH, widths
from connmon_display.words.glyphs import UNICODE
from connmon_display.words.labels import Label
from connmon_display.words.lasting import Unusual
from connmon_display.words.names import Name
from connmon_shared.messages import Direction
from connmon_shared.timelines.ages import UNUSUAL
from connmon_shared.timelines.states import State

FEATURES = [
    frozenset(some) for n in range(4) for some in combinations(("country", "asn", "names"), n)
]
LONG = Label(
    address="192.0.2.1",
    name=Name(),
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


@given(st.integers(MIN_WIDTH, 1_000), st.integers(20, 500), st.booleans())
def test_the_parts_of_a_line_fill_it_exactly(
    width: int,
    wanted: int,
    counting: bool,  # noqa: FBT001 - drawn
) -> None:
    parts = widths(width, wanted, counting=counting)
    traffic = sum(column + 1 for column in (parts.speed, parts.pace) if column)
    assert CURSOR + parts.address + parts.timeline + traffic + 1 + parts.label == width
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
    assert compact.startswith("[ACTIVE|65535 |")
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


@pytest.mark.parametrize("features", FEATURES)
@pytest.mark.parametrize("state", UNUSUAL)
def test_what_is_unusual_is_told_whole_and_the_port_with_it(
    features: frozenset[str], state: State
) -> None:
    for width in range(MIN_WIDTH, 401):
        for counting in (False, True):
            parts = widths(width, 80, counting=counting)
            for many, seconds in ((1, 5.0), (12, 86_399.0)):
                unusual = Unusual(state, many, seconds)
                label = replace(LONG, unusual=unusual)
                columns = LabelColumns(parts, features, UNICODE, unusual=wordings_of([LONG, label]))
                cells = columns.cells(label)
                assert len(cells) == parts.label
                words = [word.strip() for word in cells.strip().strip("[]").split("|")]
                assert set(unusual.wordings) & set(words)
                assert ("Port:65535" if parts.full else "65535") in words
                assert ("US" in words) == ("country" in features)
                assert cells.rstrip().endswith("]")


@pytest.mark.parametrize("features", FEATURES)
@pytest.mark.parametrize("width", [80, 100, 110, 140, 180, 200])
def test_what_is_unusual_moves_nothing_that_stands_behind_it(
    width: int, features: frozenset[str]
) -> None:
    leak = replace(LONG, port=9_101, unusual=Unusual(State.CLOSE_WAIT, 2, 300.0))
    usual = [replace(LONG, state=state, port=22) for state in ("ACTIVE", "NEW", "CLOSED")]
    parts = widths(width, 500, features=features)
    columns = LabelColumns(parts, features, UNICODE, unusual=wordings_of([leak, *usual]))
    rows = [columns.cells(label) for label in (leak, *usual)]
    last = {[at for at, char in enumerate(row) if char == "|"][-1] for row in rows}
    ports = {
        row.index("Port:" if parts.full else number)
        for row, number in zip(rows, ("9101", "22", "22", "22"), strict=True)
    }
    assert len(last) == len(ports) == 1, rows
    assert columns.heading().index("PORT") in ports
    assert "asn" in features or columns.heading().index("STATE") == rows[0].index("CLOSE_WAIT")


def test_for_how_long_and_how_many_are_told_where_there_is_room() -> None:
    leaks = replace(LONG, unusual=Unusual(State.CLOSE_WAIT, 12, 86_399.0))
    features = frozenset({"country", "asn"})
    narrow = LabelColumns(widths(80, 80), features, UNICODE).cells(leaks)
    wide = LabelColumns(widths(180, 80), features, UNICODE).cells(leaks)
    assert "|AS1…|CLOSE_WAIT×12|65535]" in narrow
    assert "| CLOSE_WAIT×12 23h59m | Port:65535       |" in wide


def test_the_speed_has_a_column_from_100_columns_on() -> None:
    assert [widths(width, 80, counting=True).speed for width in (99, 100)] == [0, 11]
    assert widths(300, 80).speed == 0


def test_a_small_picture_of_the_last_seconds_stands_behind_it_from_160_columns_on() -> None:
    assert [widths(width, 80, counting=True).pace for width in (159, 160)] == [0, 8]
    assert widths(300, 80).pace == 0


@pytest.mark.parametrize(
    ("width", "shown"), [(80, "|nginx +3]"), (110, " | nginx +3]"), (140, " | ngi… +3]")]
)
def test_all_who_share_a_listening_socket_are_counted(width: int, shown: str) -> None:
    features = frozenset({"country", "asn"} if width > 110 else ())
    columns = LabelColumns(widths(width, 80), features, UNICODE)
    assert columns.cells(replace(LONG, process="nginx", sharing=3)).rstrip().endswith(shown)


@pytest.mark.parametrize("width", [80, 120, 200])
def test_a_process_cannot_look_like_other_columns(width: int) -> None:
    columns = LabelColumns(widths(width, 80), frozenset(), UNICODE)
    forged, shown = replace(LONG, process="]|[ACTIVE|1"), replace(LONG, process="漢字プロセス")
    assert columns.cells(forged).rstrip().endswith('"]|[ACTIVE|1"]')
    assert len(columns.cells(shown)) == len(columns.cells(forged))


@given(st.text(max_size=30), st.integers(0, 20), st.sampled_from(["…", "~", ""]))
def test_fit_returns_exactly_the_width(text: str, width: int, ellipsis: str) -> None:
    assert len(fit(text, width, ellipsis)) == width


def test_fit_shows_that_something_was_cut() -> None:
    assert fit("abc", 5, "…") == "abc  "
    assert fit("abcdef", 5, "…") == "abcd…"
    assert fit("abc def", 5, "…") == "abc… "


def test_an_arrow_in_place_of_a_separator_tells_who_began() -> None:
    for width, known, unknown in ((80, "ACTIVE{}443", "|"), (110, "ACTIVE {} Port:443", "|")):
        columns = LabelColumns(widths(width, 80), frozenset({"country", "asn"}), UNICODE)
        label = replace(LONG, port=443)
        arrows = {Direction.OUT: "→", Direction.IN: "←", Direction.UNKNOWN: unknown}
        for direction, arrow in arrows.items():
            cells = columns.cells(replace(label, direction=direction))
            assert known.format(arrow) in cells
            assert len(cells) == len(columns.cells(label))


@pytest.mark.parametrize(
    ("width", "features", "shown"),
    [
        (80, frozenset[str](), "|443   |"),
        (110, frozenset[str](), "| Port:443   |"),
        (140, frozenset[str](), "| Port:443 https   |"),
        (140, frozenset({"country", "asn"}), "| Port:443   |"),
        (180, frozenset({"country", "asn"}), "| Port:443 https   |"),
    ],
)
def test_the_service_is_named_where_there_is_room(
    width: int, features: frozenset[str], shown: str
) -> None:
    columns = LabelColumns(widths(width, 80), features, UNICODE)
    label = replace(LONG, port=443, service="https")
    assert shown in columns.cells(label)
    long = columns.cells(replace(label, service="a-long-name"))
    assert "a-long" not in long
    assert "Port:443 +" not in columns.cells(replace(label, more=2))
    roomy = "https" in shown
    assert ("Port:65535+12" in columns.cells(replace(label, port=65_535, more=12))) == roomy
    unusual = columns.cells(replace(label, unusual=Unusual(State.CLOSE_WAIT, 1, 5.0)))
    assert shown in unusual


def test_a_wide_screen_gives_what_labels_need_not_to_the_timelines() -> None:
    without = widths(200, MAX_WIDTH, features=())
    assert (without.timeline, without.label) == (108, 50)
    wide = widths(400, MAX_WIDTH, counting=True)
    assert (wide.timeline, wide.label) == (273, 64)
    assert widths(400, 80, counting=True).timeline == 80


@pytest.mark.parametrize("features", FEATURES)
@pytest.mark.parametrize(
    ("port", "more", "shown"),
    [
        (443, 1, {"Port:443+1", "443+1"}),
        (8_099, 1, {"Port:8099+1", "8099+1"}),
        (8_099, 12, {"Port:8099+12", "8099+12", "8099+"}),
        (65_535, 1_000, {"Port:65535+1000", "65535+1000", "65535+"}),
    ],
)
def test_that_there_are_other_ports_is_told_at_every_width(
    features: frozenset[str], port: int, more: int, shown: set[str]
) -> None:
    for width in range(MIN_WIDTH, 300):
        for host in (0, 8):
            columns = LabelColumns(widths(width, 80, host=host), features, UNICODE)
            cells = columns.cells(replace(LONG, port=port, more=more, service="https"))
            assert shown & {word.strip() for word in cells.strip(" []").split("|")}, cells
