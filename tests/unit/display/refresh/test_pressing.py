"""What was pressed, by the text that came, in whatever pieces and after whatever pauses."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_display.refresh.input.mouse import Pointed
from connmon_display.refresh.input.pasting import Pasted
from connmon_display.refresh.input.pressing import Pressed, Pressing, Resolved

BEGIN, END = "\x1b[200~", "\x1b[201~"
NAMES = {
    "\r": "KEY_ENTER",
    "\x1b[A": "KEY_UP",
    "\x1bOA": "KEY_UP",
    "\x1b[[A": "KEY_F1",
    "\x1bZ": "KEY_END",
}
A_MOMENT, A_WHILE = 0.03, 1.2  # seconds


def resolve(text: str) -> Resolved:
    known = next((name for name in NAMES if text.startswith(name)), text[:1])
    return Resolved(NAMES.get(known, known), len(known))


class Typist:
    """Lets text come at times, and settles what is due before, as the loop of the view does."""

    def __init__(self, *, mouse: bool = False) -> None:
        self._pressing = Pressing(resolve, mouse=mouse)
        self._now = 1_000.0
        self.pressed: list[Pressed] = []

    def pause(self, seconds: float) -> None:
        end = self._now + seconds
        while (due := self._pressing.due) <= end:
            self._now = due
            self.pressed += self._pressing.settle(due)
        self._now = end

    def types(self, *pieces: str, pause: float = 0.0) -> list[Pressed]:
        for piece in pieces:
            self.pressed += self._pressing.take(piece, self._now)
            self.pause(pause)
        return self.pressed


def words(pressed: list[Pressed]) -> str:
    return "".join(one.text for one in pressed if isinstance(one, Pasted))


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("a\r\x1b[Ab", ["a", "KEY_ENTER", "KEY_UP", "b"]),
        ("\x1b[[Aq", ["KEY_F1", "q"]),
        ("\x1b[97;13Xq", ["q"]),  # nobody knows it
        ("\x1b[2\rq", ["KEY_ENTER", "q"]),  # it breaks off
        ("\x1b\x1b[A", ["KEY_ESCAPE", "KEY_UP"]),
        ("\x1b/x\x1b\rq", ["KEY_ESCAPE", "/", "x", "KEY_ESCAPE", "KEY_ENTER", "q"]),
        ("\x1bZq", ["KEY_END", "q"]),  # a terminal with short sequences
        ("\x1b[M !!q", ["q"]),
        ("\x1b[<64;10;10Mq", ["q"]),
    ],
)
def test_keys_come_whole_or_not_at_all_wherever_they_are_cut(
    text: str, keys: list[Pressed]
) -> None:
    assert Typist().types(text) == keys
    assert Typist().types(*text) == keys
    for at in range(1, len(text)):
        assert Typist().types(text[:at], text[at:]) == keys


def test_a_lone_escape_counts_after_a_moment() -> None:
    typist = Typist()
    assert typist.types("\x1b") == []
    typist.pause(0.02)
    assert typist.pressed == ["KEY_ESCAPE"]
    assert typist.types("q") == ["KEY_ESCAPE", "q"]


@pytest.mark.parametrize("pieces", [("\x1b\x1b",), ("\x1b", "\x1b")])
def test_two_escapes_are_two(pieces: tuple[str, ...]) -> None:
    typist = Typist()
    typist.types(*pieces)
    typist.pause(A_MOMENT)
    assert typist.pressed == ["KEY_ESCAPE"] * 2


def test_the_mouse_counts_where_it_was_asked_for() -> None:
    assert Typist(mouse=True).types("\x1b[<64;1", "0;10M", "q") == [Pointed(64, 9), "q"]


@given(
    st.text(st.sampled_from("q\x1b[201~ñ\r"), max_size=30).filter(lambda text: END not in text),
    st.data(),
)
def test_nothing_that_is_pasted_is_a_key_wherever_it_is_cut(text: str, data: st.DataObject) -> None:
    rest = BEGIN + text + END
    pieces = []
    while rest:
        at = data.draw(st.integers(1, len(rest)))
        pieces.append(rest[:at])
        rest = rest[at:]
    paused = A_MOMENT if pieces[0] != "\x1b" else 0.0  # else it is a key
    typist = Typist()
    typist.types(*pieces, pause=paused)
    assert words(typist.pressed) == (text + END)[: (text + END).index(END)]


@pytest.mark.parametrize("at", range(1, len(BEGIN)))
@pytest.mark.parametrize("pause", [A_MOMENT, A_WHILE])
def test_a_bracket_that_comes_in_two_pieces_is_one(at: int, pause: float) -> None:
    pressed = Typist().types(BEGIN[:at], BEGIN[at:] + "quit" + END + "k", pause=pause)
    assert pressed == ["KEY_ESCAPE"] * (at == 1) + [Pasted("quit"), "k"]


def test_a_text_goes_on_after_a_pause() -> None:
    typist = Typist()
    typist.types(BEGIN + "qu", pause=A_WHILE)
    assert typist.pressed == [Pasted("qu")]
    typist.types("quit", pause=A_WHILE)
    typist.types("\rq\r\x1b[2", pause=A_WHILE)
    typist.types("01~k")
    assert words(typist.pressed) == "ququit\rq\r"
    assert typist.pressed[-1] == "k"


@pytest.mark.parametrize("key", ["q", "\r", "\x1b[A", "\x1b"])
def test_a_key_alone_is_one_again_when_the_end_of_a_text_was_lost(key: str) -> None:
    typist = Typist()
    typist.types(BEGIN + "10.0.0.1", pause=A_WHILE)
    typist.types(key, pause=A_WHILE)
    assert typist.pressed == [
        Pasted("10.0.0.1"),
        {"\x1b": "KEY_ESCAPE"}.get(key) or resolve(key)[0],
    ]
    assert typist.types("quit")[2:] == [*"quit"]


def test_another_text_may_come_when_the_end_of_one_was_lost() -> None:
    typist = Typist()
    typist.types(BEGIN + "one", pause=A_WHILE)
    typist.types(BEGIN + "two" + END + "k")
    assert typist.pressed == [Pasted("one"), Pasted("two"), "k"]


def test_of_more_than_anybody_types_the_beginning_counts_and_no_part_of_a_sequence() -> None:
    typist = Typist()
    assert typist.types("x" * 5_000 + "\x1b[", "A") == [*"x" * 256, "KEY_UP"]
    pressed = Typist().types("x" * 5_000 + BEGIN + "quit" + END + "k")
    assert pressed == [*"x" * 256, Pasted("quit"), "k"]


@given(st.lists(st.text(st.sampled_from("\x1b[O<M;0129~Aq\r "), min_size=1, max_size=12)))
def test_nothing_waits_for_ever(pieces: list[str]) -> None:
    typist = Typist(mouse=True)
    for piece in pieces:
        typist.types(piece, pause=A_MOMENT)
    typist.pause(10.0)
    typist.types("k", pause=10.0)
    assert typist.pressed[-1] == "k"
    assert typist._pressing.due == math.inf  # noqa: SLF001
