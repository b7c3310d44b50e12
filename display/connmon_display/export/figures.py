"""The rows of an export and the figures of all of them, counted in steps: there may be many."""

from collections import Counter
from collections.abc import Iterable, Iterator

from connmon_display.export.row import Row
from connmon_display.words.about import Carried
from connmon_display.words.traits import counted_directions
from connmon_shared.timelines.states import UNUSUAL, State


class Figures:
    """What is told of all rows together.

    Attributes:
        remotes: the rows of remote addresses, in order of first sight.
        servers: those of listening sockets.
        rows: both.
        left_out: how many listening sockets are left out because they were closed again soon.
        active: at how many remotes something is open.
        listening: how many of the servers still listen.
        alerts: how many rows deserve attention.
        opened: how many connections were opened.
        directions: how many of the open ones went in which direction.
        unusual: how many of them are in which state that should not last.
        carried: the bytes of all connections; None: nothing was counted.
        uncounted: of how many open ones these are lacking.
        widest: characters of the longest name, of rows that deserve attention and of the others.
    """

    def __init__(self) -> None:
        self.remotes: list[Row] = []
        self.servers: list[Row] = []
        self.rows: list[Row] = []
        self.left_out = self.active = self.listening = self.alerts = self.opened = 0
        self.directions: Counter[str] = Counter()
        self.unusual: Counter[State] = Counter()
        self.carried: Carried | None = None
        self.uncounted = 0
        self.widest = {True: 0, False: 0}

    def add(self, row: Row, name: str, *, alert: bool) -> None:
        """Count a row that is called `name`, and whether it deserves attention."""
        track = row.track
        if row.brief:
            self.left_out += 1
            return
        self.widest[alert] = max(self.widest[alert], len(name))
        self.alerts += alert
        if track.peer.listening:
            self.servers.append(row)
            self.listening += track.is_open
            return
        self.remotes.append(row)
        self.opened += track.opened
        self.uncounted += row.uncounted
        if (carried := row.carried) is not None:
            self.carried = carried if self.carried is None else self.carried.plus(carried)
        if track.is_open:
            self.active += 1
            self.directions.update(counted_directions(track))
            states = (connection.state for connection in track.connections)
            self.unusual.update(State(state) for state in states if state in UNUSUAL)


class Counting:
    """Counts once: in steps if somebody takes them, else where the figures are asked for first."""

    def __init__(self) -> None:
        self._figures = Figures()
        self._done = False

    def steps(self, rows: Iterable[tuple[Row, str, bool]]) -> Iterator[None]:
        """Count `rows`: each with its name, and whether it deserves attention."""
        if self._done:
            return
        figures = Figures()
        for row, name, alert in rows:
            figures.add(row, name, alert=alert)
            yield
        figures.rows = [*figures.remotes, *figures.servers]
        self._figures, self._done = figures, True

    def figures(self, rows: Iterable[tuple[Row, str, bool]]) -> Figures:
        """Return the figures of `rows`."""
        for _ in self.steps(rows):
            pass
        return self._figures
