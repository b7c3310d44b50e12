"""The filters of the command line, as one question: is this row shown?"""

from connmon_display.filters.address_list import AddressList
from connmon_display.options import Options
from connmon_shared.endpoints import Peer, Scope, scope_of

_PUBLIC = {Scope.GLOBAL, Scope.WILDCARD}


class RowFilter:
    """Decides by the key of a row alone."""

    def __init__(self, options: Options, hidden: AddressList | None = None) -> None:
        self._options = options
        self._hidden = hidden

    def shows(self, peer: Peer) -> bool:
        """Return whether the row of `peer` is shown."""
        scope = scope_of(peer.address)
        if scope is Scope.LOOPBACK and not peer.listening and not self._options.show_loopback:
            return False
        if self._options.filter_local and scope not in _PUBLIC:
            return False
        return not (self._hidden is not None and peer.address and peer.address in self._hidden)
