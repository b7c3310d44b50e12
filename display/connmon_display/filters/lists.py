"""All lists of a view: what they hide, and what they call attention to."""

from collections.abc import Callable, Iterable
from copy import copy
from pathlib import Path
from typing import NamedTuple

from connmon_display.filters.address_list import AddressList
from connmon_display.filters.grammar import Entry
from connmon_display.filters.list_file import ListFile, Role, shown
from connmon_shared.endpoints import Scope, scope_of
from connmon_shared.messages import Fact
from connmon_shared.text import clean

#: What is known of an address once its look-up has answered.
_ANSWERED: dict[str, Callable[[Fact], object]] = {
    "country": lambda fact: fact.country,
    "asn": lambda fact: fact.asn,
}


class Match(NamedTuple):
    """Why an address deserves attention."""

    path: Path  # of the list
    entry: Entry | None = None  # None: it is not in the baseline
    line: int = 0

    @property
    def words(self) -> str:
        """The reason, in words."""
        return self._words(shown(self.path))

    @property
    def brief(self) -> str:
        """The reason, in words for where there is little room."""
        return self._words(clean(self.path.name))

    def _words(self, name: str) -> str:
        if self.entry is None:
            return f"not in the baseline ({name})"
        return f'matched "{self.entry}" ({name}:{self.line})'


class Lists:
    """What the lists of the command line say of an address.

    Several of one role count as one, but an exception counts in its own list only.

    Attributes:
        files: all of them.
        generation: how often a list was replaced.
    """

    def __init__(self, files: Iterable[ListFile] = ()) -> None:
        self.files = tuple(files)
        self.generation = 0
        self._sort()

    def replace(self, file: ListFile, listed: AddressList) -> None:
        """Let `listed` be what `file` says."""
        file.listed = listed
        self.generation += 1
        self._sort()

    def frozen(self) -> "Lists":
        """Return what they say now: `replace` changes nothing of that."""
        return copy(self)

    @property
    def watching(self) -> bool:
        """Whether a list calls attention to addresses."""
        return bool(self._watched or self._baselines)

    def hides(self, address: bytes, fact: Fact | None) -> bool:
        """Return whether a row of `address` is hidden, by what is known of it."""
        if self._only and not any(listed.lists(address, fact) for listed in self._only):
            return True
        return any(listed.lists(address, fact) for listed in self._hidden)

    def match(self, address: bytes, fact: Fact | None) -> Match | None:
        """Return why a remote `address` deserves attention, by what is known of it."""
        for path, listed in self._watched:
            if hit := listed.find(address, fact):
                return Match(path, *hit)
        if not self._baselines or scope_of(address) is Scope.LOOPBACK:
            return None
        if any(listed.lists(address, fact) for _, listed in self._baselines):
            return None
        return Match(self._baselines[0][0])

    def may_revoke(self, match: Match) -> frozenset[str]:
        """Return the look-ups that may show that `match` is none, or that its row is hidden."""
        return self._hiding | (self._excepting if match.entry is not None else self._knowing)

    def problems(self, features: frozenset[str]) -> list[str]:
        """Return what is wrong with the lists while only the look-ups `features` are on."""
        return [said for file in self.files for said in file.lacking(features)]

    def _sort(self) -> None:
        by_role = {role: [file for file in self.files if file.role is role] for role in Role}
        self._hidden = [file.listed for file in by_role[Role.HIDDEN]]
        self._only = [file.listed for file in by_role[Role.ONLY]]
        self._watched = [(file.path, file.listed) for file in by_role[Role.WATCHED]]
        self._baselines = [(file.path, file.listed) for file in by_role[Role.BASELINE]]
        #: The look-ups that it takes to say all that there is to say.
        self.needs = _all(file.listed.needs for file in self.files)
        #: Those that may hide, those that may except from a watch list, those of the baselines.
        self._hiding = _all((*(h.needs for h in self._hidden), *(o.doubts for o in self._only)))
        self._excepting = _all(listed.doubts for _, listed in self._watched)
        self._knowing = _all(listed.needs for _, listed in self._baselines)


def unanswered(awaited: frozenset[str], address: bytes, fact: Fact | None) -> bool:
    """Return whether a look-up of `awaited` has not said anything of `address` yet."""
    if not awaited or scope_of(address) is not Scope.GLOBAL:
        return False
    return fact is None or not all(_ANSWERED[feature](fact) for feature in awaited)


def _all(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*sets)
