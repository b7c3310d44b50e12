"""The colours of a screen: sequences that the terminal knows, and shades that people tell apart."""

import math
from itertools import combinations

import pytest

from connmon_display.words.theme import THEMES, Style, palette

MARKS = (Style.NEW, Style.ACTIVE, Style.LISTEN, Style.CLOSED, Style.EMPTY)
LEVELS = (0, 95, 135, 175, 215, 255)  # of the colour cube of 256 colours
#: What is left of red, green and blue (linear) without the middle cone: Machado et al. 2009.
DEUTERANOPIA = (
    (0.367322, 0.860646, -0.227968),
    (0.280085, 0.672501, 0.047413),
    (-0.011820, 0.042940, 0.968881),
)
XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
WHITE = (0.9505, 1.0, 1.089)  # D65
Triple = tuple[float, ...]


def numbers(sequence: str) -> list[int]:
    return [int(word or 0) for word in sequence[2:-1].split(";")]


def light(color: int) -> Triple:
    """Return one of 256 colours as linear red, green and blue."""
    if color >= 232:
        levels = [8 + 10 * (color - 232)] * 3
    else:
        levels = [LEVELS[(color - 16) // step % 6] for step in (36, 6, 1)]
    return tuple(
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (level / 255 for level in levels)
    )


def through(matrix: tuple[Triple, ...], color: Triple) -> Triple:
    return tuple(
        min(1.0, max(0.0, sum(a * b for a, b in zip(row, color, strict=True)))) for row in matrix
    )


def lab(color: Triple) -> Triple:
    x, y, z = (
        part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116
        for part in (a / b for a, b in zip(through(XYZ, color), WHITE, strict=True))
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def apart(one: int, other: int, *, deuteranope: bool) -> float:
    """Return how different two of 256 colours look: delta E, CIE 1976."""
    seen = [through(DEUTERANOPIA, light(n)) if deuteranope else light(n) for n in (one, other)]
    return math.dist(*map(lab, seen))


def shades(theme: str) -> dict[Style, int]:
    return {style: numbers(palette(256, theme)[style])[-1] for style in MARKS}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("colors", [0, 2, 8, 16, 88, 256, 1 << 24])
def test_every_style_has_a_sequence_at_any_number_of_colours(colors: int, theme: str) -> None:
    sequences = palette(colors, theme)
    assert len(sequences) == len(Style)
    assert all(text.startswith("\x1b[") and text.endswith("m") for text in sequences)
    assert sequences[Style.NORMAL] == "\x1b[m"


@pytest.mark.parametrize("theme", THEMES)
def test_a_palette_without_colours_sets_none(theme: str) -> None:
    for sequence in palette(0, theme):
        assert set(numbers(sequence)) <= {0, 1, 7}


def test_the_theme_without_colours_sets_none_where_there_are_some() -> None:
    assert palette(256, "mono") == palette(0)


@pytest.mark.parametrize("theme", THEMES)
def test_a_palette_of_8_colours_has_no_bright_ones(theme: str) -> None:
    for sequence in palette(8, theme):
        assert all(number < 90 for number in numbers(sequence))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("colors", [8, 16, 88])
def test_what_has_no_256_colours_is_asked_for_none_of_them(colors: int, theme: str) -> None:
    assert all("38;5" not in sequence for sequence in palette(colors, theme))


@pytest.mark.parametrize("theme", [theme for theme in THEMES if theme != "mono"])
@pytest.mark.parametrize("colors", [8, 16, 256])
def test_every_mark_has_a_shade_of_its_own(colors: int, theme: str) -> None:
    sequences = palette(colors, theme)
    assert len({sequences[style] for style in MARKS}) == len(MARKS)


@pytest.mark.parametrize(("theme", "least"), [("default", 25), ("colour-blind", 30), ("light", 25)])
def test_people_tell_the_shades_apart(theme: str, least: float) -> None:
    found = shades(theme).values()
    assert min(apart(*pair, deuteranope=False) for pair in combinations(found, 2)) > least


def test_the_colour_blind_tell_theirs_apart() -> None:
    found = shades("colour-blind")
    pairs = [apart(*pair, deuteranope=True) for pair in combinations(found.values(), 2)]
    assert min(pairs) > 25
    assert apart(found[Style.NEW], found[Style.CLOSED], deuteranope=True) > 60


def test_light_shades_stand_out_from_white_paper() -> None:
    for style, shade in shades("light").items():
        least = 30 if style is Style.EMPTY else 45
        assert apart(shade, 231, deuteranope=False) > least
