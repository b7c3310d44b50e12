"""The states of a view, each as the painter describes it after what leads to it has happened."""

from collections.abc import Callable

from helpers import connection, listener
from unit.display.watching import Host, Watching

from connmon_display.filters.rows import RowFilter
from connmon_display.options import Options
from connmon_display.refresh.input.controls import Controls, Place, act
from connmon_display.refresh.input.keys import Action
from connmon_display.refresh.painting.painter import Painter
from connmon_display.refresh.scene import Scene
from connmon_shared.endpoints import parse
from connmon_shared.messages import Fact
from connmon_shared.timelines.states import State

_SIZE, _UNIT = (80, 24), 10
_NOBODY = "nothing is running at /run/connmon"
_FACTS = (
    Fact(parse("52.94.193.27"), "US", 16_509, "Amazon.com, Inc."),
    Fact(parse("104.16.132.229"), "US", 13_335, "Cloudflare, Inc."),
)


class _View:
    """A view of a host that talks to a few addresses, and its keys."""

    def __init__(self) -> None:
        self.watching = Watching(*_FACTS)
        self.watching.enricher.features = ("names", "country", "asn")
        self._painter = Painter(self.watching, RowFilter(Options(_UNIT, 80)), 80)
        self._controls = Controls(_UNIT)

    def meet(self) -> Host:
        """Let half a minute of the host go by."""
        watching = self.watching
        host = watching.host("web1", connection(1, "52.94.193.27"), listener(2))
        watching.pass_by(10, host)
        watching.take(host.delta(connection(3, "104.16.132.229", process="firefox")))
        watching.pass_by(5, host)
        watching.take(host.delta(connection(4, "198.51.100.7", State.SYN_SENT)))
        watching.pass_by(8, host)
        watching.take(host.delta(gone=[3]))
        watching.pass_by(6, host)
        return host

    def press(self, action: Action) -> None:
        self._controls = act(self._controls, action, self._place)

    def scene(self, typed: str = "") -> Scene:
        """Return what there is to draw when so much is typed."""
        for change in self.watching.changes:
            self._painter.learn(change)
        self.watching.changes.clear()
        controls = Controls(_UNIT, typed=typed) if typed else self._controls
        return self._painter.scene(controls, _SIZE, "")[0]

    @property
    def _place(self) -> Place:
        return self._painter.place(self._controls, _SIZE)


def _stale() -> Scene:
    view = _View()
    view.meet()
    view.watching.pass_by(12)
    return view.scene()


def _disconnected() -> Scene:
    view = _View()
    view.meet()
    view.watching.pass_by(12)
    view.watching.why, view.watching.retry = _NOBODY, 2.1
    return view.scene()


def _frozen() -> Scene:
    view = _View()
    host = view.meet()
    view.scene()
    view.press(Action.FREEZE)
    view.scene()
    view.watching.pass_by(20, host)
    view.watching.take(host.delta(connection(5, "203.0.113.5"), gone=[1]))
    view.watching.pass_by(17, host)
    return view.scene()


def _waiting() -> Scene:
    return _View().scene()


def _no_collector() -> Scene:
    view = _View()
    view.watching.fetch()
    return view.scene()


def _no_connection() -> Scene:
    view = _View()
    view.watching.pass_by(5, view.watching.host("web1"))
    return view.scene()


def _no_match() -> Scene:
    view = _View()
    view.meet()
    return view.scene("nowhere")


def _mistake() -> Scene:
    view = _View()
    view.meet()
    return view.scene("state:zzz")


STATES: dict[str, Callable[[], Scene]] = {
    "stale-80x24": _stale,
    "disconnected-80x24": _disconnected,
    "frozen-80x24": _frozen,
    "waiting-80x24": _waiting,
    "no-collector-80x24": _no_collector,
    "no-connection-80x24": _no_connection,
    "no-match-80x24": _no_match,
    "mistake-80x24": _mistake,
}
