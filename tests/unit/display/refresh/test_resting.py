"""Rows that were drawn before look as if they were drawn for the first time."""

from helpers import connection, listener
from hypothesis import example, given, settings
from hypothesis import strategies as st
from unit.display.sender import Sent
from unit.display.watching import Host, Watching

from connmon_display.filters.rows import RowFilter
from connmon_display.options import Options
from connmon_display.refresh.input.controls import Controls
from connmon_display.refresh.painting.drawing import Drawing, Window
from connmon_display.refresh.scene import SceneRow
from connmon_display.refresh.table.table import Table
from connmon_display.rows.past import Past
from connmon_shared.endpoints import parse
from connmon_shared.messages import Connection, Counters, Delta, Fact, Traffic
from connmon_shared.timelines.states import State
from connmon_shared.timelines.timeline import TICKS_PER_SECOND, tick_of

_COLUMNS = 12
_ADDRESSES = tuple(f"198.51.100.{last}" for last in range(3))
_STATES = (State.ESTABLISHED, State.ESTABLISHED, State.CLOSE_WAIT, State.SYN_SENT)
_HAPPENS = ("open", "close", "change", "listen", "fact", "count", "lose", "blink", "wait")
#: What happens, to the connection (or address) of which number, and how it is looked at then.
_STEPS = st.tuples(
    st.sampled_from([*_HAPPENS, "pass", "pass", "pass", "pass"]),
    st.integers(0, 3),
    st.sampled_from([1, 1, 1, 3]),  # seconds of a unit
)
_WHILE = [("pass", 3, 1)] * 3


def _connection(number: int, state: State = State.ESTABLISHED, process: str = "curl") -> Connection:
    return connection(number, _ADDRESSES[number % len(_ADDRESSES)], state, process=process)


def _happen(watching: Watching, host: Host, what: str, number: int) -> None:
    state = _STATES[number % len(_STATES)]
    match what:
        case "pass":
            watching.clock.time += 0.4 * (number + 1)
            watching.take(host.delta())
        case "wait":
            watching.clock.time += 2.0 * number
        case "blink":  # what was since the last message nobody saw: less than a unit, or several
            watching.clock.time += 0.2 + number
            host.vouched = host.moment
            watching.clock.time += 0.2
            watching.take(host.delta())
        case "open" | "change":
            watching.take(host.delta(_connection(number, state, what)))
        case "close":
            watching.take(host.delta(gone=[number]))
        case "listen":
            watching.take(host.delta(listener(100 + number, 22 + number)))
            watching.take(host.delta(gone=[100 + (number + 1) % 4]))
        case "fact":
            fact = Fact(parse(_ADDRESSES[number % len(_ADDRESSES)]), asn=number, organisation="x")
            watching.take(watching.enricher.publish(fact))
        case "count":
            counted = Counters(number, 10, 20, sent_rate=100 * (number % 3))
            watching.take(host.publish(Traffic(host.moment, (counted,), (), span=1.0)))
        case "lose":
            watching.take(_lost(host))


def _lost(host: Host) -> Sent:
    """Say that events of two seconds were lost."""
    now = host.vouched = host.moment
    return host.publish(Delta(now, now, now, (), (), ((now - 3.0, now - 1.0),)))


@settings(deadline=None)
@given(st.lists(_STEPS, max_size=40))
@example([*_WHILE, ("listen", 3, 1)])
@example([*_WHILE, ("blink", 0, 1), ("lose", 0, 1)])
@example([*_WHILE, ("blink", 3, 1), *_WHILE])
@example([*_WHILE, ("fact", 3, 1)])
@example([*_WHILE, ("count", 0, 1), ("count", 1, 1)])
@example([*_WHILE, ("close", 0, 1)])
def test_what_was_drawn_before_makes_no_difference(steps: list[tuple[str, int, int]]) -> None:
    watching = Watching()
    host = watching.host("web1", _connection(0), listener(100))
    table = Table(watching, RowFilter(Options(TICKS_PER_SECOND, _COLUMNS)))
    drawing = Drawing(table, watching, Past())
    for what, number, unit in steps:
        _happen(watching, host, what, number)
        for change in watching.changes:
            table.learn(change)
            drawing.learn(change)
        watching.changes.clear()
        anew = Drawing(table, watching, Past())
        assert _rows(drawing, table, watching, unit) == _rows(anew, table, watching, unit)
        assert table.active == sum(row.track.is_open for row in table.remotes)


def _rows(drawing: Drawing, table: Table, watching: Watching, seconds: int) -> list[SceneRow]:
    unit = seconds * TICKS_PER_SECOND
    last = tick_of(watching.axis.edge()) // unit
    window = Window((last - _COLUMNS + 1) * unit, unit, _COLUMNS, live=True)
    return [*drawing.rows(table.rows(Controls(unit)), {}, window, None)]
