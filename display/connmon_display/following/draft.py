"""The state of a host while its parts come: rows are taken over at once. Pure.

Thousands of them would else be held twice until the last part is there, and a process hardly
gives memory back that it once had.
"""

from connmon_shared.messages import Histories, Keyframe, Message, Openings, Session
from connmon_shared.timelines.ages import Ages
from connmon_shared.timelines.history import History
from connmon_shared.timelines.memory import Limits


class Draft(list[Message | None]):
    """The parts of a state; None stands for one that is in the history by now.

    Attributes:
        session: the frame of the history; None: it has not come, or something came before it.
        ages: of its connections; None: they are not told.
    """

    def __init__(self) -> None:
        super().__init__()
        self.session: Session | None = None
        self.ages: Ages | None = None
        self._history = History()

    def append(self, part: Message | None, /) -> None:
        """Take the next part."""
        super().append(part if self._left(part) else None)

    def complete(self, limits: Limits) -> History:
        """Return the history, of which all parts have come."""
        if self.session is not None:
            self._history.complete(self.session, limits)
        return self._history

    def _left(self, part: Message | None) -> bool:
        """Return whether `part` is none of the history."""
        match part:
            case Session() if not self:
                self.session, self._history = part, History.begun(part)
            case Histories() if self.session is not None:
                self._history.take(part.records)
            case Keyframe() if self.session is not None:
                self._history.hold(part.connections)
            case Openings() if self.session is not None:
                self.ages = self.ages or Ages()
                self.ages.take(part, self._history)
            case _:
                return True
        return False
