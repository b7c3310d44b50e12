"""Checks of what came: each returns the value, or raises ValueError and says what is wrong with it.

Those for the values of a whole column look at all of them at once, without a call for each.
"""

import math
import reprlib
from collections.abc import Callable, Sequence
from typing import Any, cast

from connmon_shared.codec.limits import MAX_INTERVAL, MAX_ITEMS, MAX_TEXT, MAX_TIME
from connmon_shared.messages import EPOCH_BYTES
from connmon_shared.text import clean

Check = Callable[[object], Any]

_ADDRESS_LENGTHS = {0, 4, 16}


def shown(value: object) -> str:
    """Return `value` for a message to people, cut short: deep nesting would break repr()."""
    return f"{reprlib.repr(value):.40}"


def whole(low: int, high: int) -> Check:
    """Return the check of a whole number from `low` to `high`."""

    def check(value: object) -> int:
        if type(value) is not int or not low <= value <= high:
            raise ValueError(f"{shown(value)} is no whole number from {low} to {high}")
        return value

    return check


def number(value: object) -> float:
    """Check a finite number; whole ones stay whole."""
    if type(value) not in {int, float} or not math.isfinite(cast("float", value)):
        raise ValueError(f"{shown(value)} is no number")
    return cast("float", value)


def seconds(value: object) -> float:
    """Check a time in seconds since 1970."""
    if not 0 <= number(value) <= MAX_TIME:
        raise ValueError(f"{shown(value)} is no time")
    return float(cast("float", value))


def interval(value: object) -> float:
    """Check the seconds between two samples."""
    if seconds(value) > MAX_INTERVAL:
        raise ValueError(f"{shown(value)} is no interval of at most {MAX_INTERVAL} seconds")
    return float(cast("float", value))


def text(value: object) -> str:
    """Check a text; no peer writes control characters on our terminal."""
    if type(value) is not str or len(value) > MAX_TEXT:
        raise ValueError(f"{shown(value)} is no text of at most {MAX_TEXT} characters")
    return clean(value, MAX_TEXT)


def flag(value: object) -> bool:
    """Check what is true or false."""
    if type(value) is not bool:
        raise ValueError(f"{shown(value)} is neither true nor false")
    return value


def epoch(value: object) -> bytes:
    """Check an epoch."""
    if type(value) is not bytes or len(value) != EPOCH_BYTES:
        raise ValueError(f"{shown(value)} is no epoch")
    return value


def array(value: object, limit: int = MAX_ITEMS) -> list[Any]:
    """Check that it is an array of at most `limit` elements."""
    if type(value) is not list or len(value) > limit:
        raise ValueError(f"{shown(value)} is no array of at most {limit}")
    return value


def many(check: Check, limit: int = MAX_ITEMS) -> Callable[[object], tuple[Any, ...]]:
    """Return the check of an array whose elements pass `check` one by one."""
    return lambda value: tuple(map(check, array(value, limit)))


def texts(value: object) -> Sequence[str]:
    """Check an array of texts, all at once where none of them needs cleaning."""
    found = array(value)
    if {*map(type, found)} <= {str} and max(map(len, found), default=0) <= MAX_TEXT:
        joined = "".join(found)
        if joined.isascii() and joined.isprintable():
            return found
    return [*map(text, found)]


def addresses_up_to(limit: int) -> Check:
    """Return the check of an array of at most `limit` addresses, of which none may be empty."""
    return lambda value: tuple(remote_addresses(array(value, limit)))


def addresses(value: object) -> Sequence[bytes]:
    """Check an array of addresses, all at once."""
    found = array(value)
    if not ({*map(type, found)} <= {bytes} and {*map(len, found)} <= _ADDRESS_LENGTHS):
        raise ValueError(f"no addresses: {shown(found)}")
    return found


def remote_addresses(value: object) -> Sequence[bytes]:
    """Check an array of addresses of which none may be empty."""
    found = addresses(value)
    if b"" in found:
        raise ValueError("an address is missing")
    return found
