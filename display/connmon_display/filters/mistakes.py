"""What is wrong with words typed after `/`, for whoever types them. Pure.

A word that can become right while it is typed on is no mistake.
"""

from collections.abc import Collection

from connmon_display.filters.grammar import Asn, entry_of
from connmon_display.filters.words import HOST, MAX_PORT, NAMES, PID, STATES, plain, ports_of
from connmon_display.words.services import known_here
from connmon_shared.endpoints import Scope

LOOK_UPS = frozenset({"country", "asn"})
_HEXADECIMAL = frozenset("0123456789abcdef")
_OF_ADDRESSES = _HEXADECIMAL | frozenset(".:")
_COUNTRY = 2  # letters of a code
#: What there is to choose from.
_CHOICES: dict[str, tuple[str, tuple[str, ...]]] = {
    "dir": ("directions", ("in", "out", "unknown")),
    "state": ("states", STATES),
    "is": ("there is only", ("alert",)),
}


def mistake(
    typed: str,
    hosts: Collection[str] = (),
    features: Collection[str] = LOOK_UPS,
    *,
    kept: bool = False,
) -> str:
    """Return a sentence about the first mistake in `typed`; empty: there is none.

    Args:
        typed: the words.
        hosts: the names of the hosts in small letters, if there are several.
        features: the look-ups that are on.
        kept: whether nothing is typed on, so that nothing can become right.
    """
    words = [word.lstrip("!") for word in typed.lower().split()]
    said = (
        _of_word(word, hosts) or _reversed(word, kept=kept) or _not_looked_up(word, features)
        for word in words
    )
    return next(filter(None, said), "")


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


def _not_looked_up(word: str, features: Collection[str]) -> str:
    """Return a sentence about a word for which nothing can be found, as nobody looks it up."""
    name, _, value = word.partition(":")
    of_countries = name in {"cc", "country"} and value
    scope = any(value in scope.value for scope in Scope)  # `as:private` needs no look-up
    of_networks = (name in {"as", "org"} and not scope) or _is_entry(word, Asn)
    if of_countries and "country" not in features:
        return "countries are not looked up (connmon --lookup-country)"
    if of_networks and "asn" not in features:
        return "networks are not looked up (connmon --lookup-asn)"
    return ""


def _of_value(name: str, value: str, hosts: Collection[str]) -> str:
    if name == "port":
        return _of_port(value)
    if name in {"cc", "country"}:
        return f"{value} is no country: they have two letters" if len(value) > _COUNTRY else ""
    if name == PID:
        return "" if value.isdecimal() else f"{value} is no number of a process"
    what, choices = ("hosts", hosts) if name == HOST else _CHOICES.get(name, ("", ()))
    if not choices or any(plain(choice).startswith(plain(value)) for choice in choices):
        return ""
    return f"{value}? {what}: {' '.join(choices)}"


def _of_port(value: str) -> str:
    if value.isdecimal():
        return "" if int(value) <= MAX_PORT else f"no port has the number {value}"
    if (ports := ports_of(value)) is not None:
        return "" if ports[-1] <= MAX_PORT else f"no port has the number {ports[-1]}"
    services = (name.lower() for names in known_here().values() for name in names.values())
    known = any(name.startswith(value) for name in services)
    return "" if known else f"no service is called {value}"


def _reversed(word: str, *, kept: bool) -> str:
    """Return a sentence about ports of which the last is below the first, and remains so."""
    name, _, value = word.partition(":")
    first, _, last = value.partition("-")
    if name != "port" or not last or ports_of(value) is None or int(last) >= int(first):
        return ""
    longer = (range(int(last) * 10**digits, (int(last) + 1) * 10**digits) for digits in range(1, 5))
    hopeful = any(low.start <= MAX_PORT and low.stop > int(first) for low in longer)
    return f"{value} ends before it begins" if kept or not hopeful else ""


def _is_entry(word: str, kind: type = object) -> bool:
    """Return whether a word is an entry of a list, of some kind."""
    try:
        return isinstance(entry_of(word), kind)
    except ValueError:
        return False
