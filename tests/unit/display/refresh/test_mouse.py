"""What a terminal tells of its mouse, and what the view does then."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_display.refresh.input.controls import Controls, Place, scrolled
from connmon_display.refresh.input.mouse import Pointed, point, read_report
from connmon_display.refresh.layout.layout import HEAD_LINES
from connmon_display.rows.row import RowKey
from connmon_shared.endpoints import Peer, parse

ROWS = [RowKey("web1", Peer(parse(f"192.0.2.{number}"))) for number in range(40)]
PLACE = Place(ROWS, page=10, panel=9, columns=40, now=1_000.0, earliest=900.0)
LIVE = Controls(10)
LEFT, RIGHT, UP, DOWN = 0, 2, 64, 65


def at(row: int, button: int = LEFT) -> Pointed:
    return Pointed(button, HEAD_LINES + row)


@pytest.mark.parametrize(
    ("text", "pointed", "length"),
    [
        ("<0;10;5M", Pointed(0, 4), 8),
        ("<0;10;5m", None, 8),
        ("<64;200;50Mq", Pointed(64, 49), 11),
        ("<0;10;5", None, 0),
        ("99;99q", None, 0),
        ("<0;10;5\x1b", None, 0),
        ("", None, 0),
    ],
)
def test_reports(text: str, pointed: Pointed | None, length: int) -> None:
    assert read_report(text) == (pointed, length)


def test_a_click_selects_the_row_and_a_second_one_opens_and_closes_it() -> None:
    there = replace(LIVE, top=5)
    chosen = point(there, at(2), PLACE)
    assert chosen == replace(there, selected=ROWS[7])
    opened = point(chosen, at(2), PLACE)
    assert opened.detail
    assert not point(opened, at(2), PLACE).detail
    assert point(opened, at(3), PLACE).selected == ROWS[8]


@pytest.mark.parametrize(
    "pointed", [at(0, RIGHT), at(-1), at(10), at(14), Pointed(0, 0), Pointed(3, 5)]
)
def test_elsewhere_and_with_other_buttons_nothing_happens(pointed: Pointed) -> None:
    assert point(LIVE, pointed, PLACE) == LIVE
    assert point(LIVE, at(3), replace(PLACE, rows=ROWS[:3])) == LIVE


def test_the_wheel_moves_the_table_or_the_open_detail_below_it_or_the_help() -> None:
    assert point(LIVE, at(2, DOWN), PLACE) == replace(LIVE, top=3)
    assert point(LIVE, at(2, UP), PLACE) == LIVE
    opened = replace(LIVE, selected=ROWS[0], detail=True)
    assert point(opened, at(12, DOWN), PLACE) == replace(opened, scroll=3)
    assert point(opened, at(12, UP), PLACE) == opened
    helped = replace(LIVE, help=True)
    assert point(helped, at(2, DOWN), PLACE) == replace(helped, help_top=3)
    assert point(helped, at(2), PLACE) == LIVE


@given(st.lists(st.sampled_from([UP, DOWN])), st.sampled_from([None, *ROWS]))
def test_the_wheel_takes_the_selection_along(turns: list[int], selected: RowKey | None) -> None:
    controls = scrolled(replace(LIVE, selected=selected), PLACE)
    for button in turns:
        rolled = point(controls, at(0, button), PLACE)
        controls = scrolled(rolled, PLACE)
        assert controls == rolled, "nothing has to be brought into sight"
        assert (controls.selected is None) == (selected is None)
