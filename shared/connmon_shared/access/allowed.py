"""The allow-lists: whose keys may come in, and as what. One key a line, with a name if it has one.

# the laptop of the one on call
rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7 laptop
"""

from dataclasses import dataclass
from pathlib import Path

from connmon_shared.access.keys import is_key, read
from connmon_shared.access.roles import Role
from connmon_shared.access.trust import TrustError
from connmon_shared.text import clean

_SHOWN = 60  # characters of a line that is no entry


@dataclass(frozen=True, slots=True)
class Allowed:
    """Whose keys are allowed.

    Attributes:
        names: by key, empty where no name was given.
        problems: a sentence for each line that cannot be read; it allows nobody.
    """

    names: dict[str, str]
    problems: tuple[str, ...] = ()


def place(directory: Path, role: Role) -> Path:
    """Return where the list for `role` is among the keys in `directory`."""
    return directory / role.listing


def read_allowed(directory: Path, role: Role) -> Allowed:
    """Read the list for `role`; one that is not there allows nobody.

    Raises:
        TrustError: it cannot be read, or others may have written it.
    """
    try:
        return parse(read(place(directory, role)), str(place(directory, role)))
    except FileNotFoundError:
        return Allowed({})


def parse(text: str, source: str = "allow-list") -> Allowed:
    """Read the lines of `text`; `source` is what problems call it."""
    names: dict[str, str] = {}
    problems = []
    for number, line in enumerate(text.splitlines(), 1):
        key, name = entry(line)
        if key:
            names[key] = name
        elif line.strip() and not line.lstrip().startswith("#"):
            problems.append(f"{source}, line {number}: {clean(line, _SHOWN)!r} begins with no key")
    return Allowed(names, tuple(problems))


def entry(line: str) -> tuple[str, str]:
    """Return key and name of `line`, twice nothing if there is no key: none begins with `#`."""
    key, name = (*line.split(maxsplit=1), "", "")[:2]
    return (key, clean(name.strip())) if is_key(key) else ("", "")


def server_key(text: str) -> str:
    """Return the public key that `text` is, or that the first line of a file of that name has.

    Raises:
        TrustError: it is neither.
    """
    if is_key(text):
        return text
    try:
        key, _ = entry(Path(text).read_text(encoding="utf-8").partition("\n")[0])
    except (OSError, ValueError):
        key = ""
    if not key:
        raise TrustError(
            f"{clean(text, _SHOWN)!r} is neither a key nor a file with one:"
            " connmon keys show prints it on the other side"
        )
    return key
