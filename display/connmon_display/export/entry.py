"""One row of an export: what is told of it, made once for all who write it."""

from dataclasses import dataclass

from connmon_display.export.material import Material
from connmon_display.export.row import Row
from connmon_display.filters.lists import Match
from connmon_display.words.about import Carried, amount
from connmon_display.words.glyphs import ARROWS
from connmon_display.words.labels import Label, label_of
from connmon_display.words.names import AS
from connmon_display.words.others import other_names, other_ports, with_service
from connmon_display.words.traits import UNKNOWN
from connmon_shared.messages import Fact


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """What is known of a row.

    Attributes:
        row: the row itself.
        host: on which it is, if there are several.
        address: of the remote end, or of the listening socket.
        label: the words for it.
        fact: what is known of its address.
        match: why it deserves attention, if it does.
        carried: the bytes of all its connections; None: nothing was counted.
    """

    row: Row
    host: str
    address: str
    label: Label
    fact: Fact | None
    match: Match | None
    carried: Carried | None

    @property
    def remote(self) -> bool:
        """Whether it is a remote address, and no listening socket."""
        return not self.row.track.peer.listening

    @property
    def named(self) -> str:
        """The name of its address, if there is one beside the network's."""
        return "" if self.label.name.source == AS else str(self.label.name)

    @property
    def state(self) -> str:
        """How it is at the end; of connections in an unusual state how many, and for how long."""
        unusual = self.label.unusual
        return unusual.wordings[0] if unusual is not None else self.label.state

    @property
    def contact(self) -> str:
        """Who began, and for what: the port, and how many others there are, or its service."""
        label = self.label
        if not label.port:
            return ""
        number = f"{ARROWS.get(label.direction, '')}{label.port}"
        if label.more:
            return number + other_ports(label.more)
        return with_service(number, label.service)

    @property
    def process(self) -> str:
        """Whose connection that is, and how many other processes there are."""
        label = self.label
        return label.owner + other_names(label.sharing)

    @property
    def country(self) -> str:
        """The code of its country; empty: it is not known, or there is none."""
        return "" if self.label.country == UNKNOWN else self.label.country

    @property
    def look(self) -> str:
        """The class of its state in a picture."""
        return "WARN" if self.label.unusual is not None else self.label.state

    @property
    def opened(self) -> str:
        """How many connections were opened, in words; empty: it only listens."""
        return f"{self.row.track.opened:,}×" if self.remote else ""

    @property
    def traffic(self) -> tuple[str, str]:
        """How many bytes went out and came in, in words; empty: nothing was counted."""
        if self.carried is None:
            return "", ""
        sent, received = (amount(count, self.row.uncounted) for count in self.carried)
        return f"↑ {sent}", f"↓ {received}"

    @property
    def share(self) -> str:
        """For how much of the time a connection was open, in words; empty: it only listens."""
        return f"{self.row.share:.1f} %" if self.remote else ""


def entry_of(material: Material, row: Row) -> Entry:
    """Return what is known of a row."""
    fact = material.fact(row)
    label = label_of(row.track, fact, unusual=row.unusual)
    match = material.match(row)
    return Entry(row, material.host(row), str(row.track.peer), label, fact, match, row.carried)
