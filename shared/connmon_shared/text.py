"""Foreign text made safe to store, send and draw: one printable cell for each character.

Process names, host names and organisation strings come from outside and may hold any bytes.
They are cleaned where they enter (collector, enricher) and again before they are drawn.
"""

import unicodedata

REPLACEMENT = "?"
_DROPPED_CATEGORIES = {"Zl", "Zp"}  # line and paragraph separators move the cursor
_WIDE = {"W", "F"}  # East Asian wide and full-width characters take two cells


def clean(text: str | bytes, limit: int = 256) -> str:
    """Return at most `limit` characters of `text`, each one printable terminal cell.

    Bytes are read as UTF-8. Controls, bidirectional and zero-width characters, combining
    marks, lone surrogates and characters two cells wide become `?`.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    text = text[:limit]
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_cell, text))


def legible(text: str) -> str:
    """Return `text` as one line that moves no terminal's cursor: what is not printable is `?`.

    Unlike `clean` it keeps characters two cells wide: nothing is aligned with them.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else REPLACEMENT for char in text)


def _cell(char: str) -> str:
    if char == "\xa0":
        return " "
    category = unicodedata.category(char)
    unsafe = category[0] in "CM" or category in _DROPPED_CATEGORIES
    if unsafe or char == "\ufffd" or unicodedata.east_asian_width(char) in _WIDE:
        return REPLACEMENT
    return char
