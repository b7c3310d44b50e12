"""What is wrong with words typed after `/`, for whoever types them. Pure.

A word that can become right while it is typed on is no mistake.
"""

from collections.abc import Collection

from connmon_display.filters.grammar import entry_of
from connmon_display.filters.words import HOST, NAMES, STATES, plain
from connmon_display.words.services import known_here

_MAX_PORT = 65_535
_HEXADECIMAL = frozenset("0123456789abcdef")
_OF_ADDRESSES = _HEXADECIMAL | frozenset(".:")
_COUNTRY = 2  # letters of a code
#: What there is to choose from.
_CHOICES: dict[str, tuple[str, tuple[str, ...]]] = {
    "dir": ("directions", ("in", "out", "unknown")),
    "state": ("states", STATES),
    "is": ("there is only", ("alert",)),
}


def mistake(typed: str, hosts: Collection[str] = ()) -> str:
    """Return a sentence about the first mistake in `typed`; empty: there is none.

    Args:
        typed: the words.
        hosts: the names of the hosts in small letters, if there are several.
    """
    words = (word.lstrip("!") for word in typed.lower().split())
    return next((said for word in words if (said := _of_word(word, hosts))), "")


def _of_word(word: str, hosts: Collection[str]) -> str:
    name, colon, value = word.partition(":")
    low, slash, prefix = word.partition("/")
    if slash and {*low} & {*".:"} and {*low} <= _OF_ADDRESSES:
        return f"{word} is no network" if prefix and not _is_entry(word) else ""
    if not colon or (name not in NAMES and {*name} <= _HEXADECIMAL):  # a part of an address
        return ""
    if name not in NAMES:
        return f"{name}? fields: {' '.join(NAMES)}"
    return _of_value(name, value, hosts) if value else ""


def _of_value(name: str, value: str, hosts: Collection[str]) -> str:
    if name == "port":
        return _of_port(value)
    if name in {"cc", "country"}:
        return f"{value} is no country: they have two letters" if len(value) > _COUNTRY else ""
    what, choices = ("hosts", hosts) if name == HOST else _CHOICES.get(name, ("", ()))
    if not choices or any(plain(choice).startswith(plain(value)) for choice in choices):
        return ""
    return f"{value}? {what}: {' '.join(choices)}"


def _of_port(value: str) -> str:
    if value.isdecimal():
        return "" if int(value) <= _MAX_PORT else f"no port has the number {value}"
    services = (name.lower() for names in known_here().values() for name in names.values())
    known = any(name.startswith(value) for name in services)
    return "" if known else f"no service is called {value}"


def _is_entry(word: str) -> bool:
    try:
        entry_of(word)
    except ValueError:
        return False
    return True
