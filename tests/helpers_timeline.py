"""What the tests of timelines share: random ones, and a second implementation."""

from hypothesis import strategies as st

from connmon_shared.timelines.timeline import Mark, Run, Timeline

HORIZON = 60  # ticks: small, so that transitions, units and gaps meet often

# A change is (tick, state, opened): what Timeline.record takes.
Change = tuple[int, Run, bool]
changes = st.lists(
    st.tuples(st.integers(0, HORIZON), st.sampled_from(Run), st.booleans()).map(
        lambda change: (change[0], change[1], change[2] and change[1] is not Run.LISTEN)
    ),
    max_size=25,
).map(lambda found: sorted(found, key=lambda change: change[0]))
units = st.integers(1, 13)
starts = st.integers(-40, HORIZON + 20)
counts = st.integers(0, 40)


def timeline_of(found: list[Change]) -> Timeline:
    timeline = Timeline()
    for tick, state, opened in found:
        timeline.record(tick, state, opened=opened)
    return timeline


class Dense:
    """The second implementation: one cell for each tick, from the words of the design page."""

    def __init__(self, found: list[Change]) -> None:
        before = Run.EMPTY
        late: list[Change] = []  # what comes in the tick in which a listener began, behind that
        self.end: dict[int, Run] = {}  # the state at the end of a tick
        self.opened: set[int] = set()  # ticks in which a connection was opened
        for tick in range(-100, HORIZON + 700):
            mine = late + [change for change in found if change[0] == tick]
            mine, late = self.listening_for_a_tick(before, mine)
            if mine:
                before = mine[-1][1]
            if any(opened for _, _, opened in mine):
                self.opened.add(tick)
            self.end[tick] = before

    @staticmethod
    def listening_for_a_tick(before: Run, mine: list[Change]) -> tuple[list[Change], list[Change]]:
        """Return what happens in a tick, and what only behind a listener that began in it."""
        for at in range(1, len(mine)):
            begun = before is not Run.LISTEN and mine[at - 1][1] is Run.LISTEN
            told = any(opened for _, _, opened in mine[:at])
            if begun and not told and mine[at][1] is not Run.LISTEN:
                return mine[:at], mine[at:]
        return mine, []

    def listens(self, start: int, unit: int) -> bool:
        return any(self.end[tick] is Run.LISTEN for tick in range(start, start + unit))

    def opens(self, start: int, unit: int) -> bool:
        return any(tick in self.opened for tick in range(start, start + unit))

    def closes(self, start: int, unit: int) -> bool:
        """Whether the last open connection closed within the unit and none is open at its end."""
        was_open = self.end[start - 1] is Run.ACTIVE or any(
            self.end[tick] is Run.ACTIVE or tick in self.opened
            for tick in range(start, start + unit)
        )
        return was_open and self.end[start + unit - 1] is not Run.ACTIVE

    def mark(self, start: int, unit: int) -> Mark:
        if self.opens(start, unit):
            return Mark.NEW
        owed = self.opens(start - unit, unit) and self.closes(start - unit, unit)
        if self.closes(start, unit) or owed:
            return Mark.CLOSED
        if self.end[start + unit - 1] is Run.ACTIVE:
            return Mark.ACTIVE
        return Mark.LISTEN if self.listens(start, unit) else Mark.EMPTY
