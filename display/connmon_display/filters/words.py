"""The filter a user types: words that must all match, `!word` must not, `port:443` by field."""

from collections.abc import Callable, Collection

from connmon_display.words.labels import Label

_FIELDS: dict[str, Callable[[Label], tuple[str, ...]]] = {
    "ip": lambda label: (label.address,),
    "name": lambda label: (label.name.sure,),
    "cc": lambda label: (label.country,),
    "as": lambda label: (label.organisation,),
    "state": lambda label: (label.state,),
    "port": lambda label: tuple(map(str, (label.port, *label.ports))),
    "proc": lambda label: (label.process,),
}
_EXACT = {"port", "cc"}


def matches(label: Label, typed: str, hosts: Collection[str] = ()) -> bool:
    """Return whether `label` satisfies every word of `typed`.

    Args:
        label: of a row.
        typed: the words.
        hosts: the names of the hosts in small letters, if there are several.
    """
    return all(_matches_word(label, word, hosts) for word in typed.lower().split())


def _matches_word(label: Label, word: str, hosts: Collection[str]) -> bool:
    if word.startswith("!"):  # alone: more is to be typed
        return word == "!" or not _matches_word(label, word[1:], hosts)
    name, colon, wanted = word.partition(":")
    if colon and name == "host":
        host = label.host.lower()
        return host == wanted if wanted in hosts else host.startswith(wanted)
    read = _FIELDS.get(name)
    if colon and read is not None:
        exact = name in _EXACT and wanted
        return any(
            value.lower() == wanted if exact else wanted in value.lower() for value in read(label)
        )
    found = any(word in value.lower() for field in _FIELDS.values() for value in field(label))
    return found or (bool(hosts) and word in label.host.lower())
