"""One list that the command line names: its file, what it is for, and what it says."""

import errno
import re
import stat
from enum import StrEnum
from pathlib import Path

from connmon_display.filters.address_list import AddressList, read_list, text_in
from connmon_shared.text import clean

#: Lines that need a look-up, found without reading the whole grammar: before such an entry may be
#: any space, of Unicode too.
_NAMED = {
    feature: re.compile(rb"^[^!-~\n]*+!?[^!-~\n]*+" + begin, re.IGNORECASE | re.MULTILINE)
    for feature, begin in {"country": rb"country:", "asn": rb"AS[0-9]"}.items()
}
_MAX_NAME = 512  # characters
_PLURAL = {"country": "countries", "asn": "AS numbers"}


class Role(StrEnum):
    """What a list is for."""

    HIDDEN = "filter file"
    ONLY = "only file"
    WATCHED = "watch file"
    BASELINE = "baseline"


class ListFile:
    """A list and its file.

    Attributes:
        path: of the file.
        role: what it is for.
        listed: what it says; it may be read anew.

    Raises:
        OSError: it cannot be read.
    """

    def __init__(self, path: Path, role: Role) -> None:
        self.path = path
        self.role = role
        self._state = _state(path)
        self.listed = read_list(path)

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with it, in sentences."""
        nothing = f"the {self.role} {shown(self.path)} lists nothing"
        return (*self.listed.problems, *(() if len(self.listed) else (nothing,)))

    @property
    def changed(self) -> bool:
        """Whether there is another file now than was read; one that was no regular never is."""
        if self._state is None:
            return False
        try:
            return _state(self.path) != self._state
        except OSError:
            return True

    def read(self) -> AddressList:
        """Return what the file says now.

        Raises:
            OSError: it cannot be read, or might have to be waited for, as a pipe.
        """
        state = _state(self.path)
        if state is None:
            raise OSError(errno.EINVAL, "it is no regular file now")
        listed = read_list(self.path)
        self._state = state
        return listed

    def lacking(self, features: frozenset[str]) -> list[str]:
        """Return a sentence for each look-up that the list needs and `features` lack."""
        said = []
        for feature in sorted(self.listed.needs - features):
            hit = self.listed.named(feature)
            said.append(
                f"the {self.role} {shown(self.path)} lists {_PLURAL[feature]} (line {hit.line}:"
                f" {hit.entry}), but they are not looked up: start connmon with --lookup-{feature}"
            )
        return said


def shown(path: Path) -> str:
    """Return the name of a list for people; it may hold anything."""
    return clean(str(path), _MAX_NAME)


def look_ups_for(path: Path) -> frozenset[str]:
    """Return the look-ups that the list in `path` needs; empty where it can be read only once.

    Raises:
        OSError: it cannot be read.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        return frozenset()
    text = text_in(path)
    return frozenset(feature for feature, named in _NAMED.items() if named.search(text))


def _state(path: Path) -> tuple[int, ...] | None:
    """Return what is different after every change of a regular file; None for another one."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
