"""What a keyboard may send to the refresh view, byte by byte: on a real terminal."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from helpers_processes import short_directory
from terminal_helpers import Collector, Terminal, connection, enricher, program

ADDRESS = "192.0.2.1"
BEGIN, END = b"\x1b[200~", b"\x1b[201~"
#: Keys that would be seen: each ends, asks, or changes what the picture has for good.
KEYS = b"qwsSogt?\r\x03"
PASTE_SECONDS = 1.0  # until a pause in a paste is one
_QUIT = b"\x1c"  # ends the view by a signal of the terminal's driver, whatever is on
_SEED = 20_261_123


@pytest.fixture(scope="module")
def quiet_host() -> Iterator[Path]:
    with short_directory() as directory, enricher(directory):
        collector = Collector(directory)
        collector.has(connection(1, ADDRESS))
        with collector:
            yield directory


@pytest.fixture
def view(quiet_host: Path) -> Iterator[Terminal]:
    with Terminal(program("connmon-display", quiet_host), (200, 24)) as terminal:
        terminal.until(ADDRESS)
        yield terminal


def after(terminal: Terminal, seconds: float) -> None:
    """Go on reading until so much of the time on the screen has passed."""
    clocks = {terminal.text.split()[1]}

    def passed() -> bool:
        clocks.add(terminal.text.split()[1])
        return len(clocks) > seconds + 1

    terminal.until(passed, f"{seconds} s")


def ends_well(terminal: Terminal) -> None:
    """Check that keys are keys."""
    terminal.press("q")
    assert terminal.end() == 0
    terminal.assert_restored()


@pytest.mark.parametrize(
    "data", [b"\xe9", b"\xff", b"\xc3\x28", b"\xf0\x9f\x92", b"\x80" * 200], ids=repr
)
def test_bytes_that_are_no_text_are_no_keys(view: Terminal, data: bytes) -> None:
    view.send(data + b"?")
    view.until("zoom:")
    view.press("?")
    view.until(lambda: "zoom:" not in view.text, "the help goes")
    ends_well(view)


@pytest.mark.parametrize(
    "text",
    ["x" + "я" * 200, "あ" * 100, "é" * 1_500, "𝄞" * 333],
    ids=["two bytes", "three", "long", "four"],
)
def test_letters_of_several_bytes_are_pasted_whole(view: Terminal, text: str) -> None:
    view.press("/")
    view.until("Esc clear")
    view.send(BEGIN + text.encode() + END + b"z")
    view.until(f"{text[-1]}z_" if ord(text[-1]) < 0x3000 else "z_")
    view.press("\x1b")
    view.until("? help")
    ends_well(view)


def test_escape_counts_whatever_comes_in_one_piece_with_it(view: Terminal) -> None:
    view.press("/nowhere")
    view.until("nowhere_")
    view.send(b"\x1b\x1b")
    view.until("? help")
    view.press("/elsewhere")
    view.until("elsewhere_")
    view.send(b"\x1b/there")
    view.until(" there_")
    view.send(b"\x1bq")
    assert view.end() == 0
    view.assert_restored()


def test_that_a_text_is_ignored_is_not_told_once_it_would_count(view: Terminal) -> None:
    view.send(BEGIN + b"quit" + END)
    view.until("what was pasted is ignored")
    view.press("/")
    view.until("Esc clear")
    view.press("\x1b")
    view.until(lambda: "Esc clear" not in view.text, "the end of typing")
    assert "ignored" not in view.text
    ends_well(view)


def test_a_long_text_without_brackets_may_end_within_a_letter(view: Terminal) -> None:
    view.press("/")
    view.until("Esc clear")
    view.press("あ" * 400)
    view.until("あ")
    view.press("z\x15port:44")
    view.until("filter:  port:44_")
    view.press("\x1b")
    view.until("? help")
    ends_well(view)


@pytest.mark.parametrize(
    "pieces",
    [
        (BEGIN + b"a\xd1", b"\x8f b" + END),
        (BEGIN + b"caf\xe9 \xff" + END,),
        (b"\x1b[20", b"0~quit\rq\r" + END),
        (b"\x1b[", b"200~quit\rq\r" + END),
    ],
)
def test_a_paste_in_pieces_is_no_key(view: Terminal, pieces: tuple[bytes, ...]) -> None:
    for piece in pieces:
        view.send(piece)
        view.read(0.03)
    view.until("what was pasted is ignored")
    ends_well(view)


@pytest.mark.parametrize(
    ("first", "rest"), [(b"qu", b"quit"), (b"abc", b"\rq\r"), (b"abc\x1b[2", b"")]
)
def test_a_paste_that_stalls_goes_on(view: Terminal, first: bytes, rest: bytes) -> None:
    view.press("/")
    view.until("Esc clear")
    view.send(BEGIN + first)
    shown = first.partition(b"\x1b")[0].decode()
    view.until(f"filter:  {shown}_", "it shows though no key was pressed")
    after(view, PASTE_SECONDS)
    view.send(rest + (END[3:] if b"\x1b" in first else END) + b"k")
    view.until("k_")
    view.press("\x1b")
    view.until("? help")
    ends_well(view)


def test_a_pasted_list_that_is_too_long_is_cut_between_two_and_says_so(view: Terminal) -> None:
    view.press("/")
    view.until("Esc clear")
    many = " ".join(f"198.51.100.{number % 256}" for number in range(1_000))
    view.send(BEGIN + f"{ADDRESS} {many}".encode() + END)
    view.until("cut at a blank: a filter has room for 2,000 characters")
    assert "198.51.100." in view.lines[-1]
    assert view.row(f" {ADDRESS} "), "its entries count"
    view.press("\x17")
    view.until("Enter keep")
    view.press("\x1b")
    view.until("? help")
    ends_well(view)


def _of_letters(chance: random.Random) -> bytes:
    return bytes(chance.choices(KEYS + b"\x1b[201~0 \xd1\x8f\xff", k=chance.randint(0, 300)))


def _of_anything(chance: random.Random) -> bytes:
    return chance.randbytes(chance.randint(0, 5_000)).replace(_QUIT, b"")


@pytest.mark.parametrize("make", [_of_letters, _of_anything])
def test_pieces_of_random_bytes_crash_nothing_and_act_as_no_keys(
    view: Terminal, make: Callable[[random.Random], bytes]
) -> None:
    chance = random.Random(_SEED)  # noqa: S311 - no secret
    for _ in range(60):
        data = BEGIN + make(chance).replace(END, b"") + END
        while data:
            size = chance.randint(2, 2_000) if chance.random() < 0.3 else chance.randint(2, 40)
            view.send(data[:size])
            data = data[size:]
            view.read(chance.choice((0, 0, 0.03)))
    view.until("what was pasted is ignored")
    assert "sort:first-seen " in view.text
    ends_well(view)


def test_random_bytes_outside_of_a_paste_crash_nothing(view: Terminal) -> None:
    chance = random.Random(_SEED)  # noqa: S311 - no secret
    harmless = bytes(set(range(256)) - {*b"q\x03\x1acCw", *_QUIT})  # they end, stop or write a file
    for _ in range(200):
        view.send(bytes(chance.choices(harmless, k=chance.randint(1, 60))))
        view.read(0)
    view.send(b"\r" + END)
    while view.read(0.5):
        pass
    assert view.process.poll() is None
    view.press("\x03")
    view.until("Save timeline")
    view.press("\x03")
    assert view.end() == 130
