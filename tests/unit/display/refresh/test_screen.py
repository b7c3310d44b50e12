"""What is written turns the terminal's screen into the frame, and never shows a blank meanwhile."""

import contextlib
import os
import socket
from itertools import pairwise

import pyte
import pytest
from helpers import wait_until
from hypothesis import given, settings
from hypothesis import strategies as st

from connmon_display.refresh.layout.cells import LEAD, Cells, Frame
from connmon_display.refresh.regions.line import Line
from connmon_display.refresh.terminal.screen import Screen, difference
from connmon_display.words.theme import Style, palette

PALETTE = palette(256)
_CELLS = "ab ▲■○×·é"
_BLUE = "0087ff"  # pyte's name for colour 33, the active one


def emulator(columns: int, lines: int) -> tuple[pyte.Screen, pyte.Stream]:
    screen = pyte.Screen(columns, lines)
    return screen, pyte.Stream(screen)


def texts(frame: Frame) -> list[str]:
    return [row.text for row in frame]


@st.composite
def frames(draw: st.DrawFn, width: int, height: int) -> Frame:
    row = st.builds(
        Cells,
        st.text(_CELLS, min_size=width, max_size=width),
        st.binary(min_size=width, max_size=width).map(lambda b: bytes(x % len(Style) for x in b)),
    )
    return draw(st.lists(row, min_size=height, max_size=height))


@st.composite
def altered(draw: st.DrawFn, frame: Frame) -> Frame:
    """Return `frame` with a few other cells."""
    rows = list(frame)
    for _ in range(draw(st.integers(0, 6))):
        y = draw(st.integers(0, len(rows) - 1))
        x = draw(st.integers(0, len(rows[y].text) - 1))
        text, styles = rows[y]
        cell, style = draw(st.sampled_from(_CELLS)), draw(st.sampled_from(Style))
        rows[y] = Cells(
            text[:x] + cell + text[x + 1 :], styles[:x] + bytes((style,)) + styles[x + 1 :]
        )
    return rows


@st.composite
def sequences(draw: st.DrawFn) -> list[Frame]:
    """Return frames as they follow each other: changed a little, anew, or after a resize."""
    size = st.tuples(st.integers(1, 30), st.integers(1, 8))
    out = [draw(frames(*draw(size)))]
    for _ in range(draw(st.integers(1, 8))):
        last = out[-1]
        width, height = len(last[0].text), len(last)
        kind = draw(st.sampled_from(["altered", "altered", "altered", "anew", "resized"]))
        if kind == "altered":
            out.append(draw(altered(last)))
        else:
            out.append(draw(frames(*(draw(size) if kind == "resized" else (width, height)))))
    return out


def styled(text: str, style: Style) -> Cells:
    return Cells(text, bytes((style,)) * len(text))


def of_words(*words: str) -> Frame:
    return [styled(word, Style.NORMAL) for word in words]


@settings(deadline=None)
@given(sequences())
def test_the_difference_fed_to_a_terminal_equals_the_frame(sequence: list[Frame]) -> None:
    screen, stream = emulator(len(sequence[0][0].text), len(sequence[0]))
    shown: Frame = []
    for frame in sequence:
        width, height = len(frame[0].text), len(frame)
        if (screen.columns, screen.lines) != (width, height):
            screen.resize(height, width)
        stream.feed(difference(shown, frame, PALETTE))
        shown = frame
        assert list(screen.display) == texts(frame)
        reference, other = emulator(width, height)
        other.feed(difference([], frame, PALETTE))
        for y, x in ((y, x) for y in range(height) for x in range(width)):
            assert screen.buffer[y][x] == reference.buffer[y][x]


@settings(deadline=None)
@given(st.lists(st.text("ab 漢字🚀é▲", max_size=14), min_size=2, max_size=6))
def test_a_letter_of_two_cells_is_whole_and_moves_nothing_that_follows(words: list[str]) -> None:
    before: Frame = []
    screen, stream = emulator(12, 2)
    for word in words:
        frame = [Line(12).add(word, Style.BOLD).cells(), Line(12).add(f"x{word}").cells()]
        stream.feed(difference(before, frame, PALETTE))
        before = frame
        whole, other = emulator(12, 2)
        other.feed("\r\n".join(row.text.replace(LEAD, "").rstrip() for row in frame))
        assert screen.display == whole.display


def test_a_terminal_with_other_widths_shows_what_follows_where_it_belongs() -> None:
    narrow = [Line(12).add("漢字|x").cells()]
    assert "字\x1b[5G|x" in difference([], narrow, PALETTE)
    assert "  \x1b[3G字\x1b[5G" in difference([Line(12).add("漢漢|x").cells()], narrow, PALETTE)


@settings(deadline=None)
@given(sequences())
def test_the_style_of_each_cell_is_its_own(sequence: list[Frame]) -> None:
    frame = sequence[-1]
    screen, stream = emulator(len(frame[0].text), len(frame))
    stream.feed(difference([], frame, PALETTE))
    for y, row in enumerate(frame):
        for x, style in enumerate(row.styles):
            cell = screen.buffer[y][x]
            assert cell.reverse == (style in {Style.HEADING, Style.SELECTED})
            assert (cell.fg == _BLUE) == (style == Style.ACTIVE)


@settings(deadline=None)
@given(sequences())
def test_in_pieces_no_cell_is_ever_anything_but_the_old_or_the_new_one(
    sequence: list[Frame],
) -> None:
    """Flicker: a cell that is the same in both frames never goes blank, not for a moment."""
    for old, new in pairwise(sequence):
        if [len(row.text) for row in old] != [len(row.text) for row in new]:
            continue
        screen, stream = emulator(len(new[0].text), len(new))
        stream.feed(difference([], old, PALETTE))
        whole = difference(old, new, PALETTE)
        for start in range(0, len(whole), 16):
            stream.feed(whole[start : start + 16])
            for y, line in enumerate(screen.display):
                cells = zip(line, old[y].text, new[y].text, strict=True)
                assert all(cell in {before, after} for cell, before, after in cells)


def test_a_full_frame_in_pieces_of_1_kib_shows_no_wrong_blank() -> None:
    """A 200×50 screen on which every row shifts by one, as each second."""
    old = [styled("■" * 200, Style.ACTIVE) for _ in range(50)]
    new = [styled("■" * 100 + "▲" + "■" * 99, Style.NEW) for _ in range(50)]
    screen, stream = emulator(200, 50)
    stream.feed(difference([], old, PALETTE))
    data = difference(old, new, PALETTE).encode()
    feeder = pyte.ByteStream(screen)
    for start in range(0, len(data), 1_024):
        feeder.feed(data[start : start + 1_024])
        assert not any(" " in line for line in screen.display)
    assert list(screen.display) == texts(new)


@pytest.mark.parametrize("pair", ["²▲", "▲²", "²\U000100b2", "\U000100b2²", "▲\U000125b2"])
def test_characters_whose_numbers_differ_in_any_byte_are_others(pair: str) -> None:
    old, new = pair[0], pair[1]
    assert new in difference(of_words(old), of_words(new), PALETTE)


def test_an_equal_frame_costs_nothing() -> None:
    frame = of_words("same", "same")
    assert difference(frame, frame, PALETTE) == ""


def test_near_changes_are_written_as_one_stretch() -> None:
    text = difference(of_words("a....b"), of_words("X....Y"), PALETTE)
    assert text == "\x1b[1;1HX....Y"


def test_far_changes_are_written_as_two() -> None:
    text = difference(of_words("a.....b"), of_words("X.....Y"), PALETTE)
    assert text == "\x1b[1;1HX\x1b[5CY"
    text = difference(of_words("a■■b"), of_words("X■■Y"), PALETTE)
    assert text == "\x1b[1;1HX\x1b[2CY"


def test_a_style_is_written_only_when_it_changes_and_ended_at_the_end() -> None:
    new = [styled("xx", Style.BOLD), styled("yy", Style.BOLD)]
    text = difference(of_words("aa", "bb"), new, ["N", "", "", "", "", "", "B"])
    assert text == "B\x1b[1;1Hxx\x1b[2;1HyyN"


def test_what_changes_below_each_other_is_written_downwards() -> None:
    new = of_words("..X.....Y", "..X......", "...X.....", "AB.......", "CD.......")
    text = difference(of_words(*["." * 9] * 5), new, PALETTE)
    assert text == "\x1b[1;3HX\v\bX\vX\x1b[1;9HY\x1b[4;1HAB\v\b\bCD"


def test_each_style_is_written_once_however_often_it_is_left() -> None:
    old, new = "▲■■×··", "■■×··▲"
    styles = {"▲": b"\2", "■": b"\3", "×": b"\5", "·": b"\1"}
    rows = [Cells(text, b"".join(map(styles.__getitem__, text))) for text in (old, new)]
    text = difference(rows[:1], rows[1:], ["N", "e", "n", "a", "", "c"])
    assert text == "e\x1b[1;4H·n\x1b[1;6H▲a\x1b[1;1H■c\x1b[1;3H×N"


class TestSlowTerminal:
    """One that takes little: nothing is waited for, and nothing is lost.

    A pair of sockets stands for it: a pty moves what it was sent on in the background, and so has
    room for more some time after it was full.
    """

    def setup_method(self) -> None:
        ours, self.theirs = self.pair = socket.socketpair()
        for end in self.pair:
            end.settimeout(0)
        self.emulated = pyte.Screen(200, 50)
        self.stream = pyte.ByteStream(self.emulated)
        self.screen = Screen(ours.fileno(), PALETTE)

    def teardown_method(self) -> None:
        for end in self.pair:
            end.close()

    def busy(self) -> bool:
        return self.screen.busy

    def take(self, count: int = 1_000) -> None:
        """Let the terminal read a little."""
        with contextlib.suppress(BlockingIOError):
            self.stream.feed(self.theirs.recv(count))

    def test_a_frame_that_does_not_fit_arrives_later_and_the_ones_between_are_skipped(
        self,
    ) -> None:
        number = 0
        while not self.busy():
            number += 1
            self.screen.draw([styled(f"{number:<200}", Style(y % 8)) for y in range(50)])
        before = number
        for skipped in range(before + 1, before + 20):
            self.screen.draw([styled(f"{skipped:>200}", Style.BOLD) for _ in range(50)])
        wait_until(lambda: self.shows([f"{before:<200}"] * 50))
        last = [styled(f"{'last':^200}", Style.BOLD) for _ in range(50)]
        wait_until(lambda: self.shows(texts(last), last))

    def shows(self, expected: list[str], frame: Frame | None = None) -> bool:
        """Let the terminal read a little, and draw `frame` if there is room for one."""
        if frame is not None and not self.busy():
            self.screen.draw(frame)
        self.take()
        self.screen.flush()
        return list(self.emulated.display) == expected

    def test_after_forget_everything_is_drawn_anew(self) -> None:
        frame = of_words("hello", "world")
        self.screen.draw(frame)
        self.screen.forget()
        self.screen.draw(frame)
        assert self.theirs.recv(1_000).count(b"world") == 2

    def test_one_write_is_one_synchronised_update(self) -> None:
        self.screen.draw(of_words("hello"))
        data = self.theirs.recv(1_000)
        assert data == b"\x1b[?2026h\x1b[1;1H\x1b[mhello\x1b[m\x1b[?2026l"


def test_a_terminal_that_has_hung_up_is_not_busy() -> None:
    window, terminal = os.openpty()
    os.close(window)
    screen = Screen(terminal, PALETTE)
    screen.draw(of_words("hello"))
    assert not screen.busy
    os.close(terminal)
