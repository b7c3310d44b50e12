"""What shrinks first on a narrow line, and what is never cut."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_display.options import MAX_WIDTH
from connmon_display.refresh.layout.columns import LabelColumns
from connmon_display.refresh.layout.fitting import fit
from connmon_display.refresh.layout.layout import CURSOR, MIN_WIDTH, Widths, widths
from connmon_display.refresh.layout.needs import needs_of, with_reserve
from connmon_display.rows.arrangement import BY_ADDRESS, GROUPINGS
from connmon_display.words.glyphs import UNICODE
from connmon_display.words.labels import Label
from connmon_display.words.lasting import Unusual
from connmon_display.words.names import Name
from connmon_shared.messages import Direction
from connmon_shared.timelines.states import UNUSUAL, State

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


ALL = frozenset({"country", "asn"})


def columns_for(  # noqa: PLR0913 - all that decides
    width: int,
    features: frozenset[str],
    *labels: Label,
    timeline: int = 80,
    counting: bool = False,
    host: int = 0,
    by: str = BY_ADDRESS,
) -> tuple[Widths, LabelColumns]:
    """Return how a line is shared, and the columns of its label, where `labels` are in sight."""
    needs = with_reserve(needs_of(labels, names=False), width)
    parts = widths(
        *(width, timeline), counting=counting, host=host, features=features, by=by, needs=needs
    )
    return parts, LabelColumns(parts, features, UNICODE, by, needs)


def words_in(cells: str) -> list[str]:
    return [word.strip() for word in cells.strip(" []").split("|")]


@pytest.mark.parametrize("features", FEATURES)
def test_state_port_and_country_are_never_cut(features: frozenset[str]) -> None:
    for width in range(MIN_WIDTH, 401):
        parts, columns = columns_for(width, features, LONG)
        cells = columns.cells(LONG)
        assert len(cells) == parts.label
        words = words_in(cells)
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
    parts, _ = columns_for(width, ALL, LONG, timeline=wanted, counting=counting)
    traffic = sum(column + 1 for column in (parts.speed, parts.pace) if column)
    assert CURSOR + parts.address + parts.timeline + traffic + 1 + parts.label == width
    assert 1 <= parts.timeline <= wanted
    assert parts.label >= 30
    assert parts.label <= 80 or parts.timeline == wanted


def test_the_organisation_shrinks_before_anything_else() -> None:
    for width in range(MIN_WIDTH, 300):
        cells = columns_for(width, ALL, LONG)[1].cells(LONG)
        assert LONG.organisation in cells or "…" in cells
        assert "AS13335" in cells or "systemd" not in cells


def test_a_label_is_compact_below_110_columns_and_full_from_there() -> None:
    compact, full = (columns_for(w, frozenset(), LONG)[1].cells(LONG) for w in (109, 110))
    assert compact.startswith("[ACTIVE|65535|")
    assert full.startswith("[ACTIVE | Port:65535 | ")


@pytest.mark.parametrize("features", FEATURES)
@pytest.mark.parametrize("width", [60, 80, 110, 140, 200])
def test_titles_stand_above_their_columns(width: int, features: frozenset[str]) -> None:
    _, columns = columns_for(width, features, LONG)
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
            for many, seconds in ((1, 5.0), (12, 86_399.0)):
                unusual = Unusual(state, many, seconds)
                label = replace(LONG, unusual=unusual)
                parts, columns = columns_for(width, features, LONG, label, counting=counting)
                cells = columns.cells(label)
                assert len(cells) == parts.label
                words = words_in(cells)
                assert unusual.wordings[0] in words
                assert {"Port:65535", "65535"} & {*words}
                assert ("US" in words) == ("country" in features)
                assert cells.rstrip().endswith("]")


@pytest.mark.parametrize("features", FEATURES)
@pytest.mark.parametrize("by", GROUPINGS)
def test_how_many_of_a_group_are_in_a_state_is_told_at_every_width(
    features: frozenset[str], by: str
) -> None:
    for width in range(MIN_WIDTH, 401, 7):
        for many in (1, 15, 15_000):
            unusual = Unusual(State.CLOSE_WAIT, many, 86_399.0, exact=False, others=5_000)
            label = replace(LONG, unusual=unusual, more=1, addresses=5_000, connections=20_000)
            parts, columns = columns_for(width, features, LONG, label, counting=True, by=by)
            words = words_in(columns.cells(label))
            assert {f"CLOSE_WAIT×{many} ≥23h59m", f"CLOSE_WAIT×{many}"} & {*words}
            assert by == "port" or {"Port:65535+1", "65535+1"} & {*words}
            assert parts.timeline >= 10


@pytest.mark.parametrize("by", [BY_ADDRESS, *GROUPINGS])
def test_columns_are_in_line_and_have_one_form(by: str) -> None:
    leak = Unusual(State.CLOSE_WAIT, 15, 300.0, others=7)
    labels = [
        replace(LONG, port=80, addresses=5_000, connections=5_000, service="http"),
        replace(LONG, port=9_000, more=1, addresses=3, connections=22, unusual=leak),
        replace(LONG, process="", port=6_379, addresses=1, connections=0, organisation=""),
    ]
    for width in range(MIN_WIDTH, 401, 7):
        _, columns = columns_for(width, ALL, *labels, by=by)
        rows = [columns.cells(label) for label in labels]
        for row in rows:
            bars = [at for at, char in enumerate(row) if char == "|"]
            assert bars == [at for at, char in enumerate(rows[0]) if char == "|"][: len(bars)]
        assert len({"Port:" in row for row in rows}) == 1


@pytest.mark.parametrize("features", FEATURES)
@pytest.mark.parametrize("width", [80, 100, 110, 140, 180, 200])
def test_what_is_unusual_moves_nothing_that_stands_behind_it(
    width: int, features: frozenset[str]
) -> None:
    leak = replace(LONG, port=9_101, unusual=Unusual(State.CLOSE_WAIT, 2, 300.0))
    usual = [replace(LONG, state=state, port=22) for state in ("ACTIVE", "NEW", "CLOSED")]
    parts, columns = columns_for(width, features, leak, *usual, timeline=500)
    rows = [columns.cells(label) for label in (leak, *usual)]
    last = {[at for at, char in enumerate(row) if char == "|"][-1] for row in rows}
    ports = {
        row.index("Port:" if "Port:" in row else number)
        for row, number in zip(rows, ("9101", "22", "22", "22"), strict=True)
    }
    assert len(last) == len(ports) == 1, rows
    assert columns.heading().index("PORT") in ports
    assert columns.heading().index("STATE") == rows[0].index("CLOSE_WAIT")
    assert parts.full or "Port:" not in rows[0]


def test_what_is_in_sight_tells_how_wide_columns_are() -> None:
    leaks = replace(LONG, unusual=Unusual(State.CLOSE_WAIT, 12, 86_399.0))
    narrow = columns_for(80, ALL, leaks)[1].cells(leaks)
    wide = columns_for(180, ALL, leaks)[1].cells(leaks)
    assert "|AS13335…|CLOSE_WAIT×12 23h59m|65535]" in narrow
    assert "| CLOSE_WAIT×12 23h59m | Port:65535 |" in wide
    short = replace(LONG, process="ssh")
    assert columns_for(200, ALL, short)[0].timeline == columns_for(200, ALL)[0].timeline
    longer = replace(LONG, address="2001:db8:1234:5678:9abc:def0:1234:5678")
    found = [columns_for(width, ALL, label)[0] for width in (60, 200) for label in (LONG, longer)]
    assert [parts.address for parts in found] == [12, 15, 15, 39]


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
    features = ALL if width > 110 else frozenset[str]()
    shared = replace(LONG, process="nginx", sharing=3)
    assert columns_for(width, features, shared)[1].cells(shared).rstrip().endswith(shown)


def test_of_several_processes_the_one_that_is_not_known_is_a_question_mark() -> None:
    shared = replace(LONG, process="", pid=0, sharing=1)
    assert columns_for(80, frozenset(), shared)[1].cells(shared).rstrip().endswith("|? +1]")
    alone = replace(shared, sharing=0)
    assert "?" not in columns_for(80, frozenset(), alone)[1].cells(alone)


@pytest.mark.parametrize("width", [80, 120, 200])
def test_a_process_cannot_look_like_other_columns(width: int) -> None:
    forged, shown = replace(LONG, process="]|[ACTIVE|1"), replace(LONG, process="漢字プロセス")
    _, columns = columns_for(width, frozenset(), forged, shown)
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
        label = replace(LONG, port=443)
        _, columns = columns_for(width, ALL, label)
        arrows = {Direction.OUT: "→", Direction.IN: "←", Direction.UNKNOWN: unknown}
        for direction, arrow in arrows.items():
            cells = columns.cells(replace(label, direction=direction))
            assert known.format(arrow) in cells
            assert len(cells) == len(columns.cells(label))


@pytest.mark.parametrize(
    ("width", "features", "shown"),
    [
        (80, frozenset[str](), "|443  |"),
        (100, frozenset[str](), "|443 https|"),
        (110, frozenset[str](), "| Port:443   |"),
        (140, frozenset[str](), "| Port:443 https |"),
        (140, ALL, "| Port:443   |"),
        (180, ALL, "| Port:443 https |"),
        (400, frozenset[str](), "| Port:443 https |"),
    ],
)
def test_the_service_is_named_where_there_is_room(
    width: int, features: frozenset[str], shown: str
) -> None:
    label = replace(LONG, port=443, service="https")
    _, columns = columns_for(width, features, label)
    assert shown in columns.cells(label)
    assert "a-long" not in columns.cells(replace(label, service="a-long-name"))
    several = replace(label, port=65_535, more=12)
    assert "https" not in columns_for(width, features, label, several)[1].cells(several)


def test_a_wide_screen_gives_what_labels_need_not_to_the_timelines() -> None:
    without, _ = columns_for(200, frozenset(), LONG, timeline=MAX_WIDTH)
    assert (without.timeline, without.label) == (131, 51)
    wide, _ = columns_for(400, ALL, LONG, timeline=MAX_WIDTH, counting=True)
    assert (wide.timeline, wide.label) == (284, 77)
    assert columns_for(400, ALL, LONG, counting=True)[0].timeline == 80


@pytest.mark.parametrize("features", FEATURES)
@pytest.mark.parametrize(
    ("port", "more", "shown"),
    [
        (443, 1, {"Port:443+1", "443+1"}),
        (8_099, 1, {"Port:8099+1", "8099+1"}),
        (8_099, 12, {"Port:8099+12", "8099+12", "8099+"}),
        (65_535, 1_000, {"Port:65535+1000", "65535+1000", "Port:65535+", "65535+"}),
    ],
)
def test_that_there_are_other_ports_is_told_at_every_width(
    features: frozenset[str], port: int, more: int, shown: set[str]
) -> None:
    for width in range(MIN_WIDTH, 300):
        for host in (0, 8):
            label = replace(LONG, port=port, more=more, service="https")
            cells = columns_for(width, features, label, host=host)[1].cells(label)
            assert shown & {*words_in(cells)}, cells
