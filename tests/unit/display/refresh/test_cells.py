"""How many cells a letter has, and that it has no more and no less in a terminal."""

import sys

import pyte
import pytest
from wcwidth import wcwidth  # what the emulator goes by

from connmon_display.refresh.layout.cells import LEAD, in_cells
from connmon_display.refresh.regions.line import Line
from connmon_display.refresh.terminal.screen import difference
from connmon_display.words.theme import palette
from connmon_shared.text import clean


def test_whatever_has_one_cell_is_one_cell_wide() -> None:
    letters = (char for char in map(chr, range(sys.maxunicode + 1)) if clean(char) == char)
    wrong = [char for char in letters if len(in_cells(char)) == 1 != wcwidth(char)]
    assert wrong == []


@pytest.mark.parametrize(
    "letter",
    [
        pytest.param("\ud7b0", id="vowel of old Hangul"),
        pytest.param("\ud7fb", id="final of old Hangul"),
        pytest.param("\u1160", id="vowel of Hangul"),
        pytest.param("\uffa0", id="filler"),
        pytest.param("e\u0336", id="mark"),
        pytest.param("\u2630", id="trigram"),
        pytest.param("\u268f", id="digram"),
        pytest.param("\u324f", id="number in a square"),
        pytest.param("\u4dc0", id="hexagram"),
        pytest.param("\U0001d300", id="monogram"),
        pytest.param("\U0001d360", id="counting rod"),
        pytest.param("\U0001f1e9\U0001f1ea", id="flag"),
        pytest.param("漢", id="ideograph"),
    ],
)
def test_what_follows_a_letter_stands_where_it_belongs(letter: str) -> None:
    line = Line(24).add(f"a{letter * 3}").cells().text.rstrip()
    frame = [Line(24).add(f"{line}b │").cells()]
    screen = pyte.Screen(24, 1)
    pyte.Stream(screen).feed(difference([], frame, palette(256)))
    row = screen.buffer[0]
    assert [row[0].data, row[len(line)].data, row[len(line) + 2].data] == ["a", "b", "│"]


def test_where_terminals_do_not_agree_there_is_room_for_two_cells() -> None:
    assert in_cells("☰㉏") == f"{LEAD}☰{LEAD}㉏"
