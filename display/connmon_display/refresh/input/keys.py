"""Every key of the refresh view: what it is called, what it does, how the help tells it."""

from enum import Enum
from typing import NamedTuple


class Action(Enum):
    """What a key does."""

    QUIT = "quit"
    HELP = "help"
    FILTER = "filter"
    CLEAR = "clear"
    DETAIL = "detail"
    GROUP = "group"
    SORT = "sort"
    REVERSE = "reverse"
    HOLD = "hold"
    FREEZE = "freeze"
    LISTENERS = "listeners"
    NAMES = "names"
    THEME = "theme"
    COPY = "copy"
    COPY_ROW = "copy row"
    ZOOM_IN = "zoom in"
    ZOOM_OUT = "zoom out"
    EARLIER = "earlier"
    LATER = "later"
    LIVE = "live"
    UP = "up"
    DOWN = "down"
    PAGE_UP = "page up"
    PAGE_DOWN = "page down"
    FIRST = "first"
    LAST = "last"
    SAVE = "save"
    REDRAW = "redraw"
    INTERRUPT = "interrupt"
    SUSPEND = "suspend"
    PAUSE = "pause"
    BACK = "back"
    ON = "on"
    FAR_BACK = "far back"
    FAR_ON = "far on"


class Binding(NamedTuple):
    """One line of the table."""

    keys: tuple[str, ...]  # characters, or the terminal library's names of special keys
    action: Action
    shown: str  # how the help writes the keys; empty: they are on the line above
    help: str
    hint: str = ""  # a key and a word for the footer; empty: it is not there


BINDINGS = (
    Binding(("?", "h"), Action.HELP, "? h", "this help", "? help"),
    Binding(("/",), Action.FILTER, "/", "filter: word !word port:ssh dir:in cc:us …", "/ filter"),
    Binding(("KEY_ESCAPE",), Action.CLEAR, "Esc", "close, clear the filter, unselect"),
    Binding(("s",), Action.SORT, "s S", "sort by the next column; reverse the order", "s sort"),
    Binding(("S",), Action.REVERSE, "", ""),
    Binding(("o",), Action.HOLD, "o", "hold the order; again: let it change"),
    Binding(
        ("KEY_ENTER", "d"),
        Action.DETAIL,
        "Enter d",
        "all connections of the row; close",
        "d detail",
    ),
    Binding(("a",), Action.GROUP, "a", "group by process, AS, country or port, or not", "a group"),
    Binding(
        (" ", "f", "p"),
        Action.FREEZE,
        "Space f p",
        "freeze the picture; watching goes on",
        "f freeze",
    ),
    Binding(("+", "="), Action.ZOOM_IN, "+ = -", "zoom: less or more time a character", "+- zoom"),
    Binding(("-",), Action.ZOOM_OUT, "", ""),
    Binding(("KEY_LEFT",), Action.EARLIER, "← →", "pan to earlier or later times", "←→ pan"),
    Binding(("KEY_RIGHT",), Action.LATER, "", ""),
    Binding(("0", "KEY_END"), Action.LIVE, "0 End", "back to now"),
    Binding(("KEY_UP", "k"), Action.UP, "↑ ↓ k j", "select the row above or below"),
    Binding(("KEY_DOWN", "j"), Action.DOWN, "", ""),
    Binding(("KEY_PGUP",), Action.PAGE_UP, "PgUp PgDn", "a page up or down, of the detail if open"),
    Binding(("KEY_PGDOWN",), Action.PAGE_DOWN, "", ""),
    Binding(("g", "KEY_HOME"), Action.FIRST, "g Home G", "the first row; the last row"),
    Binding(("G",), Action.LAST, "", ""),
    Binding(("c",), Action.COPY, "c C", "copy the address; the whole row", "c copy"),
    Binding(("C",), Action.COPY_ROW, "", ""),
    Binding(("l",), Action.LISTENERS, "l", "show or hide listening sockets"),
    Binding(("n",), Action.NAMES, "n", "names or addresses"),
    Binding(("t",), Action.THEME, "t", "the next colours: colour-blind, light, mono"),
    Binding(("w",), Action.SAVE, "w", "save the timeline now", "w save"),
    Binding(("q",), Action.QUIT, "q", "quit", "q quit"),
    Binding(("KEY_CTRL_C",), Action.INTERRUPT, "Ctrl-C", "quit, but ask first what to save"),
    Binding(("KEY_CTRL_L",), Action.REDRAW, "Ctrl-L", "draw the screen anew"),
    Binding(("KEY_CTRL_Z",), Action.SUSPEND, "Ctrl-Z", "stop; fg goes on"),
)
_OF_A_REPLAY = (
    Binding((" ", "f", "p"), Action.PAUSE, "Space f p", "pause; again: go on", "Space pause"),
    Binding(("[",), Action.BACK, "[ ]", "a minute back; a minute on", "[ ] jump"),
    Binding(("]",), Action.ON, "", ""),
    Binding(("{",), Action.FAR_BACK, "{ }", "ten minutes back; ten minutes on"),
    Binding(("}",), Action.FAR_ON, "", ""),
)
_FREEZE = next(at for at, binding in enumerate(BINDINGS) if binding.action is Action.FREEZE)
#: In a replay time stands still instead of the picture.
REPLAY_BINDINGS = (*BINDINGS[:_FREEZE], *_OF_A_REPLAY, *BINDINGS[_FREEZE + 1 :])
#: By how many seconds of a replay.
JUMPS = {Action.BACK: -60, Action.ON: 60, Action.FAR_BACK: -600, Action.FAR_ON: 600}


#: What these do, they do whatever else is going on.
ALWAYS = frozenset({Action.INTERRUPT, Action.SUSPEND})


def bindings(*, replay: bool) -> tuple[Binding, ...]:
    """Return the table of what happens now, or of a replay."""
    return REPLAY_BINDINGS if replay else BINDINGS


def action_of(key: str, *, replay: bool = False) -> Action | None:
    """Return what `key` does, None for a key without a meaning."""
    found = (binding.action for binding in bindings(replay=replay) if key in binding.keys)
    return next(found, None)
