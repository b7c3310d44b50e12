"""A frozen picture: all of it is of one moment, and what comes meanwhile is kept."""

from dataclasses import replace
from pathlib import Path

import pytest
from helpers import connection, listener
from helpers_memory import reachable
from unit.display.lists import Folder
from unit.display.sender import COLLECTOR
from unit.display.watching import START, Host, Watching

from connmon_display.filters.rows import RowFilter
from connmon_display.options import Options
from connmon_display.refresh.input.controls import Controls, act
from connmon_display.refresh.input.keys import Action
from connmon_display.refresh.painting.painter import Painter
from connmon_display.refresh.scene import Scene
from connmon_display.rows.row import GroupKey, RowKey
from connmon_display.words.glyphs import UNICODE
from connmon_display.words.theme import Style
from connmon_shared.endpoints import Peer, parse
from connmon_shared.messages import Counters, Delta, Fact, Lookup, Process, Processes, Traffic
from connmon_shared.timelines.rows import Track
from connmon_shared.timelines.states import State

HERE, THERE = "198.51.100.7", "198.51.100.9"
CHOSEN = RowKey("web1", Peer(parse(HERE)))
SMALL, LARGE = (80, 24), (200, 60)


class View:
    """A view, and the keys that are pressed in it."""

    def __init__(
        self,
        watching: Watching,
        size: tuple[int, int] = LARGE,
        row_filter: RowFilter | None = None,
    ) -> None:
        self.painter = Painter(watching, row_filter or RowFilter(Options(10, 80)), 80)
        self.size = size
        self.controls = Controls(10)
        self._watching = watching
        self._learned = 0  # changes
        self.scene()

    def press(self, *actions: Action) -> None:
        self._learn()
        for action in actions:
            place = self.painter.place(self.controls, self.size)
            self.controls = act(self.controls, action, place)
            self.painter.heed(self.controls)

    def scene(self, **settings: object) -> Scene:
        """Return what is drawn; with `settings` it is only looked at."""
        self._learn()
        controls = replace(self.controls, **settings)  # type: ignore[arg-type] # one of its fields
        drawn, scrolled = self.painter.scene(controls, self.size, "")
        if not settings:
            self.controls = scrolled
        return drawn

    def _learn(self) -> None:
        for change in self._watching.changes[self._learned :]:
            self.painter.learn(change)
        self._learned = len(self._watching.changes)


@pytest.fixture
def watching() -> Watching:
    return Watching()


@pytest.fixture
def host(watching: Watching) -> Host:
    return begun(watching)


def begun(watching: Watching) -> Host:
    """Return a host with traffic, two processes at one address, and one connection that ended."""
    host = watching.host("web1", connection(1, HERE), connection(2, THERE), listener(3))
    watching.pass_by(10, host)
    watching.take(
        host.delta(connection(4, HERE, process="ssh", port=22), connection(5, "192.0.2.1"))
    )
    half_closed = connection(10, "192.0.2.10", State.CLOSE_WAIT)
    watching.take(host.delta(half_closed, connection(11, "192.0.2.11"), listener(12, 80)))
    watching.pass_by(3, host)
    watching.take(host.delta(gone=[5]))
    watching.take(host.publish(Traffic(START + 13, (Counters(1, 5_000, 70, 1_200, 9, 4_000),))))
    watching.take(
        host.send(Processes((Process(4242, "curl", 0, "root", "/usr/bin/curl", "curl x"),)))
    )
    watching.pass_by(2, host)
    return host


def still(drawn: Scene) -> Scene:
    """Return what of a scene stands still: all but how it stands with it."""
    return replace(drawn, mode="", mode_style=Style.NEW)


def things_happen(watching: Watching, host: Host) -> None:
    """Let everything change that can."""
    watching.pass_by(7, host)
    more = [connection(number, f"203.0.113.{number}", process="wget") for number in range(20, 60)]
    watching.take(host.delta(connection(6, HERE), connection(7, THERE), *more, gone=[2, 4]))
    watching.take(host.delta(connection(1, HERE, State.CLOSE_WAIT), listener(13, 8080), gone=[3]))
    watching.take(host.delta(connection(10, "192.0.2.10"), connection(11, "192.0.2.11", port=80)))
    watching.take(host.delta(connection(14, "192.0.2.14", process="wget"), gone=[14]))
    watching.take(host.publish(Traffic(START + 22, (Counters(1, 9_000, 99, 7, 8, 3),))))
    watching.take(host.send(Processes((Process(4242, "curl", 1, "me", "/bin/curl", "curl y"),))))
    watching.take(
        watching.enricher.publish(
            Fact(parse(THERE), name="there.example", name_state=Lookup.RESOLVED.value)
        )
    )
    watching.take(host.send(replace(COLLECTOR, features=("country",))))
    lost = ((START + 11, START + 13),)
    watching.take(host.publish(Delta(host.moment, host.vouched, host.moment, (), (), lost=lost)))
    watching.pass_by(30, host)
    watching.take(host.delta(gone=[6, *range(20, 40)]))
    watching.pass_by(2, host)


def test_the_panel_stands_still(watching: Watching, host: Host) -> None:
    view = View(watching)
    view.controls = replace(view.controls, selected=CHOSEN, detail=True)
    view.press(Action.FREEZE)
    before = view.scene()
    things_happen(watching, host)
    assert before.panel is not None
    assert [words.pid for words in before.panel.connections or ()] == ["4242"] * 2
    assert view.scene().panel == before.panel


def test_the_last_cell_stands_still(watching: Watching, host: Host) -> None:
    view = View(watching)
    view.controls = replace(view.controls, unit=600)
    view.press(Action.FREEZE)
    before = view.scene()
    watching.take(host.delta(connection(9, THERE)))
    watching.pass_by(1, host)
    assert UNICODE.draw(before.rows[1].marks).endswith("■")
    assert view.scene().rows == before.rows


def test_a_row_that_is_scrolled_into_sight_is_of_that_moment(watching: Watching) -> None:
    many = [connection(number, f"203.0.113.{number}") for number in range(1, 41)]
    host = watching.host("web1", *many)
    watching.pass_by(10, host)
    view = View(watching, SMALL)
    view.press(Action.FREEZE)
    assert view.scene().counts[0] == "40 active"
    watching.take(host.delta(gone=range(1, 41)))
    watching.pass_by(5, host)
    view.press(Action.LAST)
    drawn = view.scene()
    assert drawn.rows[-1].label.address == "203.0.113.40"
    assert {row.label.state for row in drawn.rows} == {"ACTIVE"}
    assert drawn.counts[0] == "40 active"


#: All that the user may set, and see of the moment at which the picture was frozen.
LOOKS: list[dict[str, object]] = [
    {},
    {"typed": "ssh"},
    {"typed": "state:close"},
    {"typed": "there"},
    {"sort": "last-change"},
    {"sort": "rate", "reverse": True},
    {"by": "process"},
    {"by": "port", "sort": "opened"},
    {"by": "process", "typed": "port:22"},
    {"by": "process", "selected": GroupKey("process", "ssh"), "detail": True},
    {"by": "process", "selected": GroupKey("process", "curl"), "unit": 50},
    {"selected": CHOSEN, "detail": True, "unit": 600},
    {"selected": CHOSEN, "detail": True, "names": False, "pan": 4},
    {"listeners": False, "pan": 1},
]


@pytest.mark.parametrize("look", LOOKS, ids=str)
@pytest.mark.parametrize("by", ["address", "process"])
def test_whatever_is_looked_at_is_of_that_moment(
    watching: Watching, host: Host, look: dict[str, object], by: str
) -> None:
    at_once, later = View(watching), View(watching)
    for view in (at_once, later):
        view.controls = replace(view.controls, by=by)
        view.scene()
        view.press(Action.FREEZE)
    then = still(at_once.scene(**look))
    things_happen(watching, host)
    assert still(later.scene(**look)) == then
    assert still(at_once.scene(**look)) == then


def test_only_how_long_it_stands_still_goes_on(watching: Watching, host: Host) -> None:
    view = View(watching)
    view.press(Action.FREEZE)
    before = view.scene()
    things_happen(watching, host)
    after = view.scene()
    assert (before.mode, after.mode) == ("FROZEN +0s", "FROZEN +39s")
    assert replace(after, mode=before.mode) == before


@pytest.mark.parametrize("key", [Action.FREEZE, Action.LIVE])
@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_what_came_meanwhile_is_there_when_it_goes_on(look: dict[str, object], key: Action) -> None:
    scenes = []
    for freezes in (True, False):
        watching = Watching()
        host = begun(watching)
        view = View(watching)
        if freezes:
            view.press(Action.FREEZE)
            view.scene(**look)
        things_happen(watching, host)
        if freezes:
            view.press(key)
        scenes.append([view.scene(**look)])
        watching.take(host.delta(connection(70, THERE, process="ssh"), gone=[1]))
        watching.pass_by(2, host)
        scenes[-1].append(view.scene(**look))
    for scene, goes_on in zip(*scenes, strict=True):  # columns keep the room that was needed
        assert replace(scene, needs=goes_on.needs) == goes_on


def test_it_is_of_the_moment_of_the_key_however_late_it_is_drawn(
    watching: Watching, host: Host
) -> None:
    view = View(watching)
    before = view.scene()
    view.press(Action.FREEZE)
    watching.take(host.delta(gone=[1]))
    assert still(view.scene()) == still(before)


def test_it_can_be_frozen_again_and_again(watching: Watching, host: Host) -> None:
    view = View(watching)
    for number in range(80, 84):
        view.press(Action.FREEZE)
        before = view.scene()
        watching.take(host.delta(connection(number, HERE), gone=[number - 1]))
        watching.pass_by(1, host)
        assert view.scene().rows == before.rows
        view.press(Action.FREEZE, Action.FREEZE)
        watching.take(host.delta(gone=[number]))
        watching.pass_by(1, host)
        drawn = view.scene()
        assert UNICODE.draw(drawn.rows[0].marks).endswith("▲")
        view.press(Action.FREEZE)


def test_a_server_that_ended_is_there_where_it_is_looked_back_to(
    watching: Watching, host: Host
) -> None:
    watching.take(host.delta(gone=[3]))
    watching.pass_by(60, host)
    view = View(watching, SMALL)
    view.press(Action.FREEZE)
    assert "*:22" not in [row.label.address for row in view.scene().rows]
    assert "*:22" in [row.label.address for row in view.scene(pan=40).rows]
    assert "*:22" in [row.label.address for row in view.scene(unit=600).rows]
    assert "*:22" not in [row.label.address for row in view.scene().rows]


def test_rows_do_not_jump_when_it_is_frozen(watching: Watching, host: Host) -> None:
    view = View(watching)
    view.controls = replace(view.controls, sort="last-change")
    before = view.scene()
    watching.take(host.delta(gone=[2]))  # so soon no row jumps
    assert [row.label.address for row in view.scene().rows][:2] == ["192.0.2.1", "192.0.2.10"]
    view.press(Action.FREEZE)
    order = [row.label.address for row in before.rows]
    assert [row.label.address for row in view.scene().rows] == order
    assert [row.label.address for row in view.scene(reverse=True).rows] != order
    assert next(row.label.address for row in view.scene(sort="last-change").rows) == THERE


@pytest.mark.usefixtures("host")
def test_hosts_that_come_and_states_that_are_taken_anew_change_nothing(watching: Watching) -> None:
    view = View(watching)
    view.press(Action.FREEZE)
    before = view.scene()
    watching.host("web2", connection(1, THERE), ahead=60.0)
    watching.meet("web1", connection(1, "203.0.113.5"))  # its collector began anew
    assert still(replace(view.scene(), problems=(), faults=0)) == still(before)
    watching.fetch()
    watching.pass_by(2)
    after = view.scene()
    assert still(replace(after, problems=(), faults=0)) == still(before)
    view.press(Action.FREEZE)
    drawn = view.scene()
    assert [row.label.address for row in drawn.rows] == [THERE, "203.0.113.5"]
    assert [row.host for row in drawn.rows] == ["web2", "web1"]


def test_time_is_told_by_the_same_clocks_whatever_has_become_of_them(watching: Watching) -> None:
    first = watching.host("web1", connection(1, HERE))
    second = watching.host("web2", connection(1, THERE), ahead=60.0)
    watching.pass_by(5, first, second)
    view = View(watching)
    watching.meet("web1")  # its state is not here
    second.delay = -0.2  # no difference of clocks
    watching.pass_by(3, second)
    before = view.scene()
    view.press(Action.FREEZE)
    assert still(view.scene()) == still(before)


def test_before_anything_is_known_nothing_stands_still(watching: Watching) -> None:
    watching.fetch()
    view = View(watching)
    before = view.scene()
    assert before.empty == "no collector has connected yet"
    view.press(Action.FREEZE)
    after = view.scene()
    assert (after.empty, after.clock) == (before.empty, before.clock)
    watching.host("web1", connection(1, HERE))
    assert view.scene().mode == "LIVE"
    assert len(view.scene().rows) == 1
    view.press(Action.FREEZE)
    assert view.scene().mode == "FROZEN +0s"


def test_why_rows_deserve_attention_is_of_that_moment(
    watching: Watching, host: Host, tmp_path: Path
) -> None:
    view = View(watching, row_filter=Folder(tmp_path).filter(watched=["country:de", HERE]))
    view.press(Action.FREEZE)
    before = view.scene()
    assert before.alerts == 1
    watching.take(watching.enricher.publish(Fact(parse(THERE), "DE")))
    watching.pass_by(1, host)
    assert still(view.scene(typed="there")) != still(before)
    assert still(view.scene()) == still(before)
    view.press(Action.FREEZE)
    assert view.scene().alerts == 2


def test_a_host_that_falls_silent_is_not_dimmed_but_told(watching: Watching) -> None:
    host = watching.host("web1", connection(1, HERE))
    watching.pass_by(3, host)
    view = View(watching)
    view.controls = replace(view.controls, selected=CHOSEN)
    view.press(Action.FREEZE)
    before = view.scene()
    watching.pass_by(9)
    after = view.scene()
    assert after.mode.startswith("STALE")
    assert still(after) == still(before)


def test_the_help_is_read_and_problems_are_told_meanwhile(watching: Watching, host: Host) -> None:
    view = View(watching, SMALL)
    view.press(Action.FREEZE)
    before = view.scene()
    view.press(Action.HELP)
    opened = view.scene()
    assert (opened.help, replace(opened, help=False)) == (True, before)
    watching.take(
        host.send(replace(COLLECTOR, problems=("run as root (sudo)",), limits=("no ICMP",)))
    )
    helped = view.scene()
    assert helped.problems == ("run as root (sudo)",), "that is of now: it may have to be mended"
    assert helped.limits == ("no ICMP",)
    assert helped.rows == before.rows
    view.press(Action.HELP)
    assert replace(view.scene(), problems=(), faults=0, limits=()) == before


@pytest.mark.parametrize("by", ["address", "process"])
def test_nothing_is_kept_of_a_picture_that_goes_on(watching: Watching, host: Host, by: str) -> None:
    view = View(watching)
    view.press(Action.FREEZE)
    known = watching.pipeline.hosts["web1"].history
    quiet = Peer(parse("192.0.2.1"))
    copied, kept = known.tracks[CHOSEN.peer], known.tracks[quiet]
    things_happen(watching, host)
    view.scene(by=by, selected=CHOSEN, detail=True, typed="c")
    view.press(Action.FREEZE)
    watching.take(host.delta(connection(90, "192.0.2.1")))  # before anything is drawn
    assert known.tracks[CHOSEN.peer] is not copied
    assert known.tracks[quiet] is kept, "nobody looks at it as it was any more"
    watching.pass_by(1, host)
    [row] = view.scene(typed="192.0.2.1").rows
    assert UNICODE.draw(row.marks).endswith("▲")


@pytest.mark.parametrize("groups", [0, 1])
def test_what_goes_on_holds_no_row_that_stood_still(watching: Watching, groups: int) -> None:
    host = watching.host("web1", connection(1, HERE), connection(2, THERE))
    view = View(watching)
    view.press(*[Action.GROUP] * groups)
    for number in range(10, 20, 2):
        view.scene()
        view.press(Action.FREEZE)
        watching.take(host.delta(connection(number, HERE), connection(number + 1, THERE)))
        watching.pass_by(5, host)
        view.scene()
        view.press(Action.FREEZE, Action.ZOOM_OUT)
    view.scene()
    rows = [*host.history.tracks.values(), *watching.pipeline.hosts["web1"].history.tracks.values()]
    held = {id(found) for found in reachable(view.painter) if isinstance(found, Track)}
    assert held == {id(track) for track in rows}
