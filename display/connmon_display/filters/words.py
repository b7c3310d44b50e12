"""The filter a user types: words that must all match, `!word` must not, `port:443` by field."""

from collections.abc import Callable

from connmon_display.labels import Label

_FIELDS: dict[str, Callable[[Label], str]] = {
    "ip": lambda label: label.address,
    "name": lambda label: label.name,
    "cc": lambda label: label.country,
    "as": lambda label: label.organisation,
    "state": lambda label: label.state,
    "port": lambda label: str(label.port),
    "proc": lambda label: label.process,
}
_EXACT = {"port", "cc"}


def matches(label: Label, typed: str) -> bool:
    """Return whether `label` satisfies every word of `typed`."""
    return all(_matches_word(label, word) for word in typed.lower().split())


def _matches_word(label: Label, word: str) -> bool:
    if word.startswith("!"):
        return word == "!" or not _matches_word(label, word[1:])  # alone: more is to be typed
    name, colon, wanted = word.partition(":")
    read = _FIELDS.get(name)
    if colon and read is not None:
        found = read(label).lower()
        return found == wanted if name in _EXACT and wanted else wanted in found
    return any(word in field(label).lower() for field in _FIELDS.values())
