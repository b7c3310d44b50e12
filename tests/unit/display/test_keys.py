"""The table of keys: each key once, all of them in the help, none that a terminal sends itself."""

from collections import Counter
from itertools import pairwise

from connmon_display.refresh.keys import BINDINGS, Action, action_of

#: How the help writes a special key.
WRITTEN = {
    " ": "Space",
    "KEY_ESCAPE": "Esc",
    "KEY_LEFT": "←",
    "KEY_RIGHT": "→",
    "KEY_UP": "↑",
    "KEY_DOWN": "↓",
    "KEY_PGUP": "PgUp",
    "KEY_PGDOWN": "PgDn",
    "KEY_HOME": "Home",
    "KEY_END": "End",
    "KEY_CTRL_C": "Ctrl-C",
    "KEY_CTRL_L": "Ctrl-L",
    "KEY_CTRL_Z": "Ctrl-Z",
}


def test_no_key_is_bound_twice() -> None:
    counts = Counter(key for binding in BINDINGS for key in binding.keys)
    assert max(counts.values()) == 1


def test_f3_is_not_bound_for_a_late_cursor_report_decodes_as_f3() -> None:
    assert action_of("KEY_F3") is None
    assert action_of("KEY_F(3)") is None


def test_every_action_has_exactly_one_line() -> None:
    assert Counter(binding.action for binding in BINDINGS) == Counter(Action)


def test_every_key_is_in_the_help_once() -> None:
    keys = Counter(WRITTEN.get(key, key) for binding in BINDINGS for key in binding.keys)
    assert Counter(word for binding in BINDINGS for word in binding.shown.split()) == keys


def test_a_line_without_keys_is_told_by_the_one_above() -> None:
    for above, binding in pairwise(BINDINGS):
        assert bool(binding.shown) == bool(binding.help)
        assert binding.shown or above.shown


def test_every_key_does_what_its_line_says() -> None:
    for binding in BINDINGS:
        assert {action_of(key) for key in binding.keys} == {binding.action}


def test_an_unknown_key_does_nothing() -> None:
    assert action_of("x") is None
    assert action_of("") is None
