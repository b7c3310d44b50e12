"""Stretches of equal bytes: of one mark in a timeline, of one style in a line. Pure."""

import re
from collections.abc import Iterator

_STRETCH = re.compile(rb"(.)\1*", re.DOTALL)


def stretches(data: bytes | bytearray) -> Iterator[tuple[int, int, int]]:
    """Yield the byte of each stretch in `data`, where it begins, and where it ends."""
    for found in _STRETCH.finditer(data):
        yield found[0][0], found.start(), found.end()
