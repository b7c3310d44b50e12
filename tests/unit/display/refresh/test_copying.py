"""What is handed to the terminal's clipboard, and what each terminal makes of it."""

import base64
import re

import pytest
from unit.display.refresh.test_compose import label, row

from connmon_display.refresh.input.copying import clipboard, row_text, sent
from connmon_display.words.glyphs import ASCII, UNICODE
from connmon_display.words.traits import UNKNOWN

ADDRESS = "2001:db8::1"
PLAIN = f"\x1b]52;c;{base64.b64encode(ADDRESS.encode()).decode()}\a"


def screen_shows(sequence: str) -> str:
    """Return what GNU screen hands on: the content of each string, which it cuts at 256."""
    pieces = re.findall("\x1bP(.*?)\x1b\\\\", sequence, re.DOTALL)
    assert all(len(piece) < 256 for piece in pieces)
    return "".join(pieces)


def test_a_terminal_gets_it_plain() -> None:
    assert clipboard(ADDRESS, {"TERM": "xterm-256color"}) == PLAIN


def test_tmux_gets_it_plain_and_wrapped() -> None:
    sequence = clipboard("a", {"TERM": "tmux-256color", "TMUX": "default,1,0"})
    assert sequence == "\x1b]52;c;YQ==\a\x1bPtmux;\x1b\x1b]52;c;YQ==\a\x1b\\"


@pytest.mark.parametrize("text", [ADDRESS, "▲■■■" * 200])
def test_gnu_screen_gets_it_in_pieces(text: str) -> None:
    encoded = base64.b64encode(text.encode()).decode()
    wrapped = clipboard(text, {"TERM": "screen.xterm", "STY": "1.pts"})
    assert screen_shows(wrapped) == f"\x1b]52;c;{encoded}\a"
    behind_ssh = clipboard(text, {"TERM": "screen-256color"})
    assert behind_ssh == f"\x1b]52;c;{encoded}\a" + wrapped


@pytest.mark.parametrize("term", ["linux", "linux-16color", "dumb", "vt100"])
def test_a_terminal_without_a_clipboard_gets_nothing(term: str) -> None:
    assert clipboard(ADDRESS, {"TERM": term}) == ""


def test_no_more_is_told_than_is_known() -> None:
    assert sent("a", {"TERM": "xterm"}) == "sent to the terminal's clipboard: a"
    assert sent("a", {"TERM": "linux"}) == "this terminal has no clipboard: a"
    in_tmux = sent("a", {"TERM": "tmux-256color", "TMUX": "default,1,0"})
    assert in_tmux == "sent to tmux, which copies it after: tmux set -s set-clipboard on: a"


def test_a_row_is_copied_uncut() -> None:
    words = label(ADDRESS, country="US", organisation="AS64496 A very long name", process="curl")
    drawn = row("..^###", words)
    expected = (
        f"{ADDRESS}  ··▲■■■  [US | AS64496 A very long name | ACTIVE | Port:443 | curl[4242]]"
    )
    looked_up = frozenset({"country", "asn"})
    assert row_text(drawn, UNICODE, looked_up) == expected
    assert "..^###" in row_text(drawn, ASCII, looked_up)
    told = "[ACTIVE | Port:443 | curl[4242]]"
    assert row_text(drawn, UNICODE, frozenset()) == f"{ADDRESS}  ··▲■■■  {told}"


def test_a_country_that_is_not_known_is_not_copied() -> None:
    words = label(ADDRESS, country=UNKNOWN, organisation="private")
    copied = row_text(row("###", words), UNICODE, frozenset({"country", "asn"}))
    assert copied == f"{ADDRESS}  ■■■  [private | ACTIVE | Port:443]"
