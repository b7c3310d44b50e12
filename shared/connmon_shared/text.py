"""Foreign text made safe to store, send and draw: it moves no cursor, and reads as it is written.

Process names, host names and organisation strings come from outside and may hold any bytes.
They are cleaned where they enter (collector, enricher) and again before they are drawn. Letters
of all scripts stay; how many cells they take on a screen is the screen's business.
"""

import unicodedata

REPLACEMENT = "?"
_DROPPED_CATEGORIES = {"Zl", "Zp"}  # line and paragraph separators move the cursor


def clean(text: str | bytes, limit: int = 256) -> str:
    """Return at most `limit` characters of `text`, on one line, composed (NFC).

    Bytes are read as UTF-8. Controls, bidirectional and zero-width characters other than the
    marks of letters, lone surrogates and characters that Unicode has not given become `?`.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    text = text[:limit]
    if text.isascii() and text.isprintable():
        return text
    return unicodedata.normalize("NFC", "".join(map(_safe, text)))[:limit]


def legible(text: str) -> str:
    """Return `text` as one line that moves no terminal's cursor: what is not printable is `?`."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else REPLACEMENT for char in text)


def _safe(char: str) -> str:
    if char == "\xa0":
        return " "
    category = unicodedata.category(char)
    unsafe = category[0] == "C" or category in _DROPPED_CATEGORIES or char == "\ufffd"
    return REPLACEMENT if unsafe else char
