"""The filters and lists of the command line: is a row shown, and why is it marked?"""

from typing import Protocol

from connmon_display.filters.lists import Lists, Match
from connmon_shared.endpoints import Peer, Scope, scope_of
from connmon_shared.messages import Fact

_PUBLIC = {Scope.GLOBAL, Scope.WILDCARD}


class Options(Protocol):
    """Those that matter here."""

    @property
    def show_loopback(self) -> bool:
        """Whether connections from loopback to itself are shown."""
        ...

    @property
    def filter_local(self) -> bool:
        """Whether only addresses of the internet are shown."""
        ...


class RowFilter:
    """Decides by the key of a row, and by the country and AS number of its address.

    Attributes:
        lists: those of the command line.
    """

    def __init__(self, options: Options, lists: Lists | None = None) -> None:
        self._options = options
        self.lists = Lists() if lists is None else lists

    def frozen(self) -> "RowFilter":
        """Return one that decides as this one does now, whatever becomes of the lists."""
        return RowFilter(self._options, self.lists.frozen())

    def shows(self, peer: Peer, fact: Fact | None = None) -> bool:
        """Return whether the row of `peer` is shown, as far as is known by `fact`."""
        scope = scope_of(peer.address)
        if scope is Scope.LOOPBACK and not peer.listening and not self._options.show_loopback:
            return False
        if self._options.filter_local and scope not in _PUBLIC:
            return False
        return not (self.lists.files and self.lists.hides(peer.address, fact))

    def match(self, peer: Peer, fact: Fact | None = None) -> Match | None:
        """Return why the row of `peer` deserves attention, if it does and is shown."""
        if peer.listening or not self.lists.watching or not self.shows(peer, fact):
            return None
        return self.lists.match(peer.address, fact)
