"""Every key of the refresh view: what it is called, what it does, how the help tells it."""

from enum import Enum
from typing import NamedTuple


class Action(Enum):
    """What a key does."""

    QUIT = "quit"
    HELP = "help"
    FILTER = "filter"
    CLEAR = "clear"
    SORT = "sort"
    REVERSE = "reverse"
    FREEZE = "freeze"
    LISTENERS = "listeners"
    NAMES = "names"
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


class Binding(NamedTuple):
    """One line of the table."""

    keys: tuple[str, ...]  # characters, or the terminal library's names of special keys
    action: Action
    shown: str  # how help and footer write the keys; empty: not shown
    help: str
    hint: str = ""  # the word in the footer; empty: not in the footer


BINDINGS = (
    Binding(("?", "h"), Action.HELP, "? h", "this help", "help"),
    Binding(
        ("/",), Action.FILTER, "/", "filter: words !word port:443 cc:us as:1 proc:ssh", "filter"
    ),
    Binding(("KEY_ESCAPE",), Action.CLEAR, "Esc", "clear the filter"),
    Binding(("s",), Action.SORT, "s", "sort by the next column", "sort"),
    Binding(("S",), Action.REVERSE, "S", "reverse the order"),
    Binding(
        (" ", "f", "p"), Action.FREEZE, "Space f", "freeze the picture; recording goes on", "freeze"
    ),
    Binding(("+", "="), Action.ZOOM_IN, "+", "zoom in: less time a character", ""),
    Binding(("-",), Action.ZOOM_OUT, "-", "zoom out: more time a character", ""),
    Binding(("KEY_LEFT",), Action.EARLIER, "←", "pan to earlier times"),
    Binding(("KEY_RIGHT",), Action.LATER, "→", "pan to later times"),
    Binding(("0", "KEY_END"), Action.LIVE, "0 End", "back to now"),
    Binding(("KEY_UP", "k"), Action.UP, "↑ k", "select the row above"),
    Binding(("KEY_DOWN", "j"), Action.DOWN, "↓ j", "select the row below"),
    Binding(("KEY_PGUP",), Action.PAGE_UP, "PgUp", "a page up"),
    Binding(("KEY_PGDOWN",), Action.PAGE_DOWN, "PgDn", "a page down"),
    Binding(("g", "KEY_HOME"), Action.FIRST, "g Home", "the first row"),
    Binding(("G",), Action.LAST, "G", "the last row"),
    Binding(("l",), Action.LISTENERS, "l", "show or hide listening sockets", "listeners"),
    Binding(("n",), Action.NAMES, "n", "names or addresses", "names"),
    Binding(("w",), Action.SAVE, "w", "save the timeline now", "save"),
    Binding(("KEY_CTRL_L",), Action.REDRAW, "Ctrl-L", "draw the screen anew"),
    Binding(("q",), Action.QUIT, "q", "quit (Ctrl-C asks whether to save first)", "quit"),
)
_BY_KEY = {key: binding.action for binding in BINDINGS for key in binding.keys}


def action_of(key: str) -> Action | None:
    """Return what `key` does, None for a key without a meaning."""
    return _BY_KEY.get(key)
