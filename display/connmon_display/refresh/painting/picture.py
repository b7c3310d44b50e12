"""What is known and all that is made of it for the screen; frozen, it is what was known then."""

from connmon_display.following.known import Known
from connmon_display.refresh.input.controls import Controls
from connmon_display.refresh.painting.closeup import Closeup
from connmon_display.refresh.painting.drawing import Drawing
from connmon_display.refresh.table.table import Table
from connmon_display.rows.past import Past


class Picture:
    """Rows, their pictures and what is told of the selected one, all of the same moment.

    Args:
        known: of the hosts.
        table: the rows that it has.
        past: remembers what was drawn of them.
    """

    def __init__(self, known: Known, table: Table, past: Past) -> None:
        self.known = known
        self.table = table
        self._past = past
        self.drawing = Drawing(table, known, past)
        self.closeup = Closeup(known, table, self.drawing)

    def still(self, controls: Controls) -> "Picture":
        """Return the picture of this moment, in which rows stay where they are.

        This one has to be renewed before its next use.
        """
        known = self.known.still()
        return Picture(known, self.table.still(known, controls), self._past)

    def renew(self) -> None:
        """Go on with the tracks that took others' places while these stood still."""
        self.table.renew()
        self.drawing.forget()
