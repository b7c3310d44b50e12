"""What the user has set with keys, and how each action changes it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from connmon_display.refresh.input.keys import Action
from connmon_display.refresh.scene import Panel
from connmon_display.rows.arrangement import BY_ADDRESS, FIRST_SEEN, SORTS, order_of
from connmon_display.rows.row import Key
from connmon_display.words.theme import THEMES
from connmon_shared.timelines.timeline import TICKS_PER_SECOND

ZOOMS = tuple(seconds * TICKS_PER_SECOND for seconds in (1, 2, 5, 10, 30, 60, 300, 900, 3600))
_TOGGLES = {
    Action.HELP: "help",
    Action.HOLD: "held",
    Action.LISTENERS: "listeners",
    Action.NAMES: "names",
}
_PANS = {Action.EARLIER, Action.LATER, Action.LIVE}
_SCROLLS = {Action.PAGE_UP: -1, Action.PAGE_DOWN: 1}
_MOST_HELP = 1_000  # lines: more than there are
_PAN_PARTS = 4  # one key press pans a quarter of the screen


@dataclass(frozen=True, slots=True)
class Controls:
    """The settings of the view.

    Attributes:
        unit: ticks of one character.
        pan: how many units the right edge lies before now.
        held: whether rows stay where they are, and new ones come last.
        by: what rows are grouped by.
        sort: the chosen order; groups may have none like it.
        frozen_at: the moment (seconds since 1970) at which the picture stands still.
        selected: the row under the cursor; the selection follows the row, not its place.
        top: the place of the first row on the screen.
        editing: whether the keys go into the filter.
        cut: a sentence if what was pasted last did not fit.
        help_top: by how many lines the help is scrolled.
        detail: whether the connections of the selected row are listed.
        scroll: by how many lines that list is scrolled.
        grown: how many lines it has had since it was opened: the table must not jump about.
    """

    unit: int
    pan: int = 0
    by: str = BY_ADDRESS
    sort: str = FIRST_SEEN
    reverse: bool = False
    held: bool = False
    typed: str = ""
    editing: bool = False
    cut: str = ""
    frozen_at: float | None = None
    selected: Key | None = None
    top: int = 0
    listeners: bool = True
    names: bool = True
    help: bool = False
    help_top: int = 0
    detail: bool = False
    scroll: int = 0
    grown: int = 0
    theme: str = THEMES[0]

    @property
    def sorted_by(self) -> str:
        """The order that the rows have."""
        return order_of(self.by, self.sort)

    @property
    def order(self) -> str:
        """That, in words for the header."""
        return f"sort:{self.sorted_by}{' reversed' * self.reverse}{' held' * self.held}"

    @property
    def still(self) -> bool:
        """Whether rows stay where they are: the order is held, or the picture is frozen."""
        return self.held or self.frozen_at is not None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an action happens: the rows there are, and the size of the part that is shown."""

    rows: Sequence[Key] = ()
    page: int = 1  # rows on the screen
    panel: int = 0  # lines about the selected row
    columns: int = 1  # characters of a timeline
    now: float = 0.0
    edge: float = 0.0  # the moment at the right edge: the last that was observed; 0: there is none
    earliest: float = 0.0  # when the history begins
    sorts: tuple[str, ...] = SORTS  # the orders there are
    groupings: tuple[str, ...] = (BY_ADDRESS,)


def act(controls: Controls, action: Action, place: Place) -> Controls:
    """Return the controls after `action`; the ones that change no setting change nothing."""
    if action in _TOGGLES:
        setting = _TOGGLES[action]
        toggled: dict[str, Any] = {setting: not getattr(controls, setting)}
        return replace(controls, **toggled)
    if action in _PANS:
        return _panned(controls, action, place)
    if action in _SCROLLS and controls.detail and place.panel:
        scroll = max(0, controls.scroll + _SCROLLS[action] * max(1, place.panel - 2))
        return replace(controls, scroll=scroll)
    changes: dict[Action, dict[str, Any]] = {
        Action.FILTER: {"editing": True},
        Action.DETAIL: _detail(controls, place),
        Action.CLEAR: _cleared(controls),
        Action.GROUP: _regrouped(controls, place),
        Action.SORT: {"sort": _next(place.sorts, controls.sorted_by), "held": False},
        Action.REVERSE: {"reverse": not controls.reverse, "held": False},
        Action.THEME: {"theme": _next(THEMES, controls.theme)},
        Action.FREEZE: {"frozen_at": _frozen_at(controls, place)},
        Action.ZOOM_IN: _zoom(controls, action),
        Action.ZOOM_OUT: _zoom(controls, action),
    }
    if action in changes:
        return replace(controls, **changes[action])
    return _moved(controls, action, place)


def read_help(controls: Controls, action: Action | None, lines: int) -> Controls:
    """Return the controls after `action` while the help is shown: it is scrolled, or goes.

    Args:
        controls: the user's settings.
        action: what the key does elsewhere.
        lines: of the screen.
    """
    steps = {
        Action.UP: -1,
        Action.DOWN: 1,
        Action.PAGE_UP: -(lines // 2),
        Action.PAGE_DOWN: lines // 2,
        Action.FIRST: -controls.help_top,
        Action.LAST: _MOST_HELP,
    }
    if action not in steps:
        return replace(controls, help=False, help_top=0)
    return replace(controls, help_top=max(0, controls.help_top + steps[action]))


def _detail(controls: Controls, place: Place) -> dict[str, Any]:
    """Open the detail, of the first row on the screen if none is selected, or close it."""
    in_sight = place.rows[controls.top : controls.top + 1]
    selected = controls.selected if controls.selected in place.rows else next(iter(in_sight), None)
    detail = not controls.detail and selected is not None
    return {"detail": detail, "selected": selected, "scroll": 0, "grown": 0}


def _cleared(controls: Controls) -> dict[str, Any]:
    """Undo one thing, what was done last the first."""
    if controls.detail:
        return {"detail": False, "scroll": 0, "grown": 0}
    return {"typed": ""} if controls.typed else {"selected": None}


def _regrouped(controls: Controls, place: Place) -> dict[str, Any]:
    """Return what changes with the next grouping; no row there is one of here."""
    return {"by": _next(place.groupings, controls.by), "selected": None, "top": 0, "held": False}


def _frozen_at(controls: Controls, place: Place) -> float | None:
    """Return the moment at which the picture is to stand still: none before anything is known."""
    return place.edge or None if controls.frozen_at is None else None


def _zoom(controls: Controls, action: Action) -> dict[str, Any]:
    unit = controls.unit
    if action is Action.ZOOM_IN:
        unit = max((zoom for zoom in ZOOMS if zoom < unit), default=unit)
    else:
        unit = min((zoom for zoom in ZOOMS if zoom > unit), default=unit)
    return {"unit": unit, "pan": controls.pan * controls.unit // unit}


def _panned(controls: Controls, action: Action, place: Place) -> Controls:
    step = max(1, place.columns // _PAN_PARTS)
    age = (place.now - place.earliest) * TICKS_PER_SECOND
    last = max(0, int(age / controls.unit) + 1 - step)
    pans = {
        Action.EARLIER: min(controls.pan + step, max(last, controls.pan)),
        Action.LATER: max(0, controls.pan - step),
        Action.LIVE: 0,
    }
    frozen_at = None if action is Action.LIVE else controls.frozen_at
    return replace(controls, pan=pans[action], frozen_at=frozen_at)


def _moved(controls: Controls, action: Action, place: Place) -> Controls:
    if not place.rows:
        return controls
    chosen = controls.selected is not None and controls.selected in place.rows
    at = place.rows.index(controls.selected) if chosen else controls.top
    targets = {
        Action.UP: at - chosen,
        Action.DOWN: at + chosen,  # without a selection the first row in sight is selected
        Action.PAGE_UP: at - place.page,
        Action.PAGE_DOWN: at + place.page,
        Action.FIRST: 0,
        Action.LAST: len(place.rows) - 1,
    }
    target = max(0, min(targets.get(action, at), len(place.rows) - 1))
    return replace(controls, selected=place.rows[target], scroll=0)


def scrolled(controls: Controls, place: Place, panel: Panel | None = None) -> Controls:
    """Return the controls with `top` such that the selected row is on the screen.

    Args:
        controls: the user's settings.
        place: the rows there are.
        panel: what is drawn about the selected row.
    """
    if panel is not None and controls.detail:
        controls = replace(controls, scroll=panel.top, grown=panel.lines)
    last_top = max(0, len(place.rows) - place.page)
    if controls.selected is None or controls.selected not in place.rows:
        return replace(controls, top=min(controls.top, last_top))
    at = place.rows.index(controls.selected)
    top = min(max(controls.top, at - place.page + 1), at, last_top)
    return replace(controls, top=max(0, top))


def _next(values: tuple[str, ...], value: str) -> str:
    return values[(values.index(value) + 1) % len(values)] if value in values else values[0]
