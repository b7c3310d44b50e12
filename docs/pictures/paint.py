"""A terminal's screen as a PNG, in DejaVu Sans Mono (Debian: fonts-dejavu-core)."""

from pathlib import Path

import pyte
from PIL import Image, ImageDraw, ImageFont
from pyte.screens import Char

_FONTS = Path("/usr/share/fonts/truetype/dejavu")
_SIZE = 26  # pixels: twice what they are shown with, for sharp screens
_CELL, _LINE = 16, 32
_MARGIN, _BAR = 24, 44
_DARK = ("#14161b", "#d7dae0")  # background and foreground
_LIGHT = ("#fbfbf8", "#24262b")
_DOTS = ("#ff5f57", "#febc2e", "#28c840")
_NAMED = {"blue": "#3a6fd8", "white": "#ffffff"}
_COLORS = 96  # of the file


def paint(screen: pyte.Screen, path: Path, *, light: bool = False) -> None:
    """Write a picture of `screen` to `path`."""
    paper, ink = _LIGHT if light else _DARK
    width = screen.columns * _CELL + 2 * _MARGIN
    height = _BAR + screen.lines * _LINE + _MARGIN
    image = Image.new("RGB", (width, height), paper)
    draw = ImageDraw.Draw(image)
    for at, dot in enumerate(_DOTS):
        left = _MARGIN + 28 * at
        draw.ellipse((left, 14, left + 17, 31), fill=dot)
    fonts = {
        bold: ImageFont.truetype(str(_FONTS / f"DejaVuSansMono{'-Bold' * bold}.ttf"), _SIZE)
        for bold in (False, True)
    }
    for y in range(screen.lines):
        for x in range(screen.columns):
            char = screen.buffer[y][x]
            colors = _colors(char, paper, ink)
            left, top = _MARGIN + x * _CELL, _BAR + y * _LINE
            if colors[0] != paper:
                box = (left, top, left + _CELL - 1, top + _LINE - 1)
                draw.rectangle(box, fill=colors[0])
            draw.text((left, top), char.data, font=fonts[char.bold], fill=colors[1])
    few = image.quantize(_COLORS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def _colors(char: Char, paper: str, ink: str) -> tuple[str, str]:
    """Return the background and the foreground of a cell."""
    back, fore = _color(char.bg, paper), _color(char.fg, ink)
    return (fore, back) if char.reverse else (back, fore)


def _color(name: str, default: str) -> str:
    return default if name == "default" else _NAMED.get(name, f"#{name}")
