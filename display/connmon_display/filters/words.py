"""The filter a user types: words that must all match, `!word` must not, `port:443` by field."""

from collections.abc import Callable

from connmon_display.labels import Label

_FIELDS: dict[str, Callable[[Label], tuple[str, ...]]] = {
    "ip": lambda label: (label.address,),
    "name": lambda label: (label.name,),
    "cc": lambda label: (label.country,),
    "as": lambda label: (label.organisation,),
    "state": lambda label: (label.state,),
    "port": lambda label: tuple(map(str, (label.port, *label.ports))),
    "proc": lambda label: (label.process,),
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
        exact = name in _EXACT and wanted
        return any(
            value.lower() == wanted if exact else wanted in value.lower() for value in read(label)
        )
    return any(word in value.lower() for field in _FIELDS.values() for value in field(label))
