"""Each action, and what stays where it was."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_display.refresh.input.controls import (
    ZOOMS,
    Controls,
    Place,
    act,
    read_help,
    scrolled,
)
from connmon_display.refresh.input.editing import edit
from connmon_display.refresh.input.keys import JUMPS, Action
from connmon_display.refresh.scene import Panel
from connmon_display.rows.arrangement import SORTS
from connmon_display.rows.row import RowKey
from connmon_display.words.theme import THEMES
from connmon_shared.endpoints import Peer, parse

ROWS = [RowKey("web1", Peer(parse(f"192.0.2.{number}"))) for number in range(10)]
GROUPINGS = ("address", "process", "port")
PLACE = Place(
    ROWS, page=4, columns=40, now=1_000.0, edge=999.9, earliest=900.0, groupings=GROUPINGS
)
LIVE = Controls(10)
RESULTS = {
    Action.HELP: replace(LIVE, help=True),
    Action.FILTER: replace(LIVE, editing=True),
    Action.CLEAR: LIVE,
    Action.DETAIL: replace(LIVE, selected=ROWS[0], detail=True),
    Action.GROUP: replace(LIVE, by="process"),
    Action.SORT: replace(LIVE, sort="last-change"),
    Action.REVERSE: replace(LIVE, reverse=True),
    Action.HOLD: replace(LIVE, held=True),
    Action.FREEZE: replace(LIVE, frozen_at=999.9),
    Action.LISTENERS: replace(LIVE, listeners=False),
    Action.NAMES: replace(LIVE, names=False),
    Action.THEME: replace(LIVE, theme=THEMES[1]),
    Action.ZOOM_IN: LIVE,  # one second is the smallest
    Action.ZOOM_OUT: replace(LIVE, unit=20),
    Action.EARLIER: replace(LIVE, pan=10),
    Action.LATER: LIVE,
    Action.LIVE: LIVE,
    Action.UP: replace(LIVE, selected=ROWS[0]),
    Action.DOWN: replace(LIVE, selected=ROWS[0]),
    Action.PAGE_UP: replace(LIVE, selected=ROWS[0]),
    Action.PAGE_DOWN: replace(LIVE, selected=ROWS[4]),
    Action.FIRST: replace(LIVE, selected=ROWS[0]),
    Action.LAST: replace(LIVE, selected=ROWS[9]),
}
#: The application does these itself.
OUTSIDE = {
    Action.QUIT,
    Action.SAVE,
    Action.COPY,
    Action.COPY_ROW,
    Action.REDRAW,
    Action.INTERRUPT,
    Action.SUSPEND,
    Action.PAUSE,
    *JUMPS,
}


@pytest.mark.parametrize("action", RESULTS)
def test_what_an_action_changes(action: Action) -> None:
    assert act(LIVE, action, PLACE) == RESULTS[action]


def test_before_anything_is_known_there_is_nothing_to_freeze() -> None:
    assert act(LIVE, Action.FREEZE, Place()) == LIVE


def test_every_action_is_covered_here() -> None:
    assert set(RESULTS) | OUTSIDE == set(Action)


@pytest.mark.parametrize(
    "action", [Action.HELP, Action.REVERSE, Action.FREEZE, Action.LISTENERS, Action.NAMES]
)
def test_twice_is_as_before(action: Action) -> None:
    assert act(act(LIVE, action, PLACE), action, PLACE) == LIVE


def test_escape_undoes_one_thing_after_another() -> None:
    controls = Controls(10, typed="x", selected=ROWS[3], detail=True, scroll=5, grown=9)
    seen = []
    for _ in range(4):
        controls = act(controls, Action.CLEAR, PLACE)
        seen.append((controls.detail, controls.typed, controls.selected))
    assert seen[:3] == [(False, "x", ROWS[3]), (False, "", ROWS[3]), (False, "", None)]
    assert controls == LIVE


def test_the_detail_is_of_the_selected_row_or_else_of_the_first_on_the_screen() -> None:
    assert act(replace(LIVE, top=3), Action.DETAIL, PLACE).selected == ROWS[3]
    chosen = act(replace(LIVE, selected=ROWS[5]), Action.DETAIL, PLACE)
    assert chosen == replace(LIVE, selected=ROWS[5], detail=True)
    assert act(chosen, Action.DETAIL, PLACE) == replace(chosen, detail=False)
    assert act(LIVE, Action.DETAIL, Place()) == LIVE


def test_pages_scroll_the_detail_while_it_is_open_and_the_table_else() -> None:
    opened = replace(LIVE, selected=ROWS[0], detail=True)
    place = replace(PLACE, panel=12)
    down = act(opened, Action.PAGE_DOWN, place)
    assert down == replace(opened, scroll=10)
    assert act(down, Action.PAGE_UP, place) == opened
    assert act(opened, Action.PAGE_UP, place) == opened
    assert act(down, Action.DOWN, place) == replace(opened, selected=ROWS[1])
    gone = replace(opened, selected=RowKey("web2", ROWS[5].peer))
    assert act(gone, Action.PAGE_DOWN, PLACE).selected == ROWS[4]


def test_the_detail_keeps_the_lines_that_it_once_had() -> None:
    opened = replace(LIVE, selected=ROWS[0], detail=True)
    drawn = scrolled(replace(opened, scroll=99), PLACE, Panel("a", lines=9, top=3))
    assert (drawn.grown, drawn.scroll) == (9, 3)
    closed = act(drawn, Action.DETAIL, PLACE)
    assert (closed.grown, closed.scroll) == (0, 0)


def test_keys_of_movement_scroll_the_help_and_any_other_closes_it() -> None:
    shown = replace(LIVE, help=True)
    controls, seen = shown, []
    for action in (Action.DOWN, Action.PAGE_DOWN, Action.PAGE_UP, Action.UP, Action.UP):
        controls = read_help(controls, action, 24)
        seen.append(controls.help_top)
    assert seen == [1, 13, 1, 0, 0]
    assert read_help(shown, Action.LAST, 24).help_top > 100
    assert read_help(replace(shown, help_top=9), Action.FIRST, 24) == shown
    for action in (
        {*Action}
        - {Action.UP, Action.DOWN, Action.PAGE_UP, Action.PAGE_DOWN}
        - {
            Action.FIRST,
            Action.LAST,
        }
    ):
        assert read_help(replace(shown, help_top=9), action, 24) == LIVE
    assert read_help(shown, None, 24) == LIVE


@pytest.mark.parametrize("action", [Action.SORT, Action.REVERSE, Action.GROUP])
def test_another_order_is_not_held(action: Action) -> None:
    assert not act(replace(LIVE, held=True), action, PLACE).held


def test_without_a_selection_the_arrows_select_the_first_row_in_sight() -> None:
    for action in (Action.UP, Action.DOWN):
        assert act(replace(LIVE, top=3), action, PLACE).selected == ROWS[3]


def test_sorting_goes_round() -> None:
    controls, seen = LIVE, []
    for _ in SORTS:
        seen.append(controls.sort)
        controls = act(controls, Action.SORT, PLACE)
    assert tuple(seen) == SORTS
    assert controls == LIVE


@given(
    st.sampled_from(ZOOMS),
    st.integers(0, 10_000),
    st.lists(st.sampled_from([Action.ZOOM_IN, Action.ZOOM_OUT]), max_size=12),
)
def test_zooming_keeps_the_right_edge(unit: int, pan: int, actions: list[Action]) -> None:
    controls = Controls(unit, pan=pan)
    for action in actions:
        zoomed = act(controls, action, PLACE)
        before, after = controls.pan * controls.unit, zoomed.pan * zoomed.unit
        assert before - zoomed.unit < after <= before  # within one new character
        controls = zoomed
    assert controls.unit in ZOOMS


def test_zooming_from_a_unit_of_the_command_line_finds_the_next() -> None:
    assert act(Controls(3), Action.ZOOM_OUT, PLACE).unit == 10
    assert act(Controls(3), Action.ZOOM_IN, PLACE).unit == 3
    assert act(Controls(70), Action.ZOOM_IN, PLACE).unit == 50
    assert act(Controls(864_000), Action.ZOOM_OUT, PLACE).unit == 864_000


@given(
    st.lists(st.sampled_from([Action.EARLIER, Action.LATER]), max_size=40), st.sampled_from(ZOOMS)
)
def test_panning_never_leaves_the_history(actions: list[Action], unit: int) -> None:
    controls = Controls(unit)
    for action in actions:
        controls = act(controls, action, PLACE)
        assert controls.pan >= 0
        if controls.pan:  # the right edge lies after the beginning
            assert controls.pan * unit <= (PLACE.now - PLACE.earliest) * 10


def test_back_to_now_ends_a_freeze_as_well() -> None:
    assert act(Controls(10, pan=5, frozen_at=900.0), Action.LIVE, PLACE) == LIVE


def test_the_selection_follows_the_address_when_the_order_changes() -> None:
    controls = act(Controls(10, selected=ROWS[5]), Action.DOWN, PLACE)
    assert controls.selected == ROWS[6]
    turned = replace(PLACE, rows=ROWS[::-1])
    assert scrolled(controls, turned).selected == ROWS[6]
    assert act(controls, Action.DOWN, turned).selected == ROWS[5]


def test_a_selected_row_that_is_gone_counts_as_the_first() -> None:
    gone = Controls(10, selected=RowKey("web2", ROWS[5].peer))
    assert act(gone, Action.DOWN, PLACE).selected == ROWS[0]
    assert scrolled(gone, PLACE).top == 0


def test_groups_come_round_again_and_no_row_of_one_grouping_is_selected_in_the_next() -> None:
    controls, found = replace(LIVE, selected=ROWS[7], top=5), []
    for _ in range(4):
        controls = act(controls, Action.GROUP, PLACE)
        assert (controls.selected, controls.top) == (None, 0)
        found.append(controls.by)
    assert found == ["process", "port", "address", "process"]


def test_groups_without_the_chosen_order_are_in_that_of_names_and_addresses_have_it_again() -> None:
    controls, found = replace(LIVE, sort="port"), []
    for _ in range(3):
        controls = act(controls, Action.GROUP, PLACE)
        found.append(f"{controls.by} {controls.order}")
    assert found == ["process sort:address", "port sort:address", "address sort:port"]
    sorts = ("first-seen", "address", "state")
    grouped = act(
        replace(LIVE, by="process", sort="port"), Action.SORT, replace(PLACE, sorts=sorts)
    )
    assert grouped.order == "sort:state"


def test_without_rows_nothing_is_selected() -> None:
    for action in (Action.UP, Action.DOWN, Action.FIRST, Action.LAST, Action.PAGE_DOWN):
        assert act(LIVE, action, Place()) == LIVE


@given(st.lists(st.sampled_from(Action)), st.integers(1, 12))
def test_the_selected_row_is_always_on_the_screen(actions: list[Action], page: int) -> None:
    controls, place = LIVE, replace(PLACE, page=page)
    for action in actions:
        controls = scrolled(act(controls, action, place), place)
        if controls.selected is not None:
            assert controls.top <= [*place.rows].index(controls.selected) < controls.top + page
        assert 0 <= controls.top <= max(0, len(ROWS) - page)


def typed(*keys: str) -> Controls:
    controls = replace(LIVE, editing=True)
    for key in keys:
        controls = edit(controls, key)
    return controls


def test_typing_a_filter() -> None:
    assert typed(*"port:443") == Controls(10, typed="port:443", editing=True)
    assert typed("a", "b", "KEY_BACKSPACE") == Controls(10, typed="a", editing=True)
    assert typed("a", "KEY_ENTER") == Controls(10, typed="a")
    assert typed("a", "KEY_ESCAPE") == LIVE
    assert typed("KEY_BACKSPACE").typed == ""
    assert typed(*"a b", "KEY_CTRL_U").typed == ""
    assert typed(*"curl port:22 ", "KEY_CTRL_W").typed == "curl "
    assert typed(*"curl", "KEY_CTRL_W", "KEY_CTRL_W").typed == ""


@pytest.mark.parametrize("key", ["KEY_UP", "KEY_TAB", "KEY_ALT_X", "\x01", "\u202e", "\u200b"])
def test_what_is_no_character_is_not_typed(key: str) -> None:
    assert typed("a", key).typed == "a"


def test_letters_of_all_scripts_are_typed_as_names_are_written() -> None:
    assert typed(*"漢字").typed == "漢字"
    assert typed("e", "\u0301").typed == "é"
