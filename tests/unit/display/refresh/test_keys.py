"""The table of keys: each key once, all of them in the help, none that a terminal sends itself."""

from collections import Counter
from itertools import pairwise

import pytest

from connmon_display.refresh.input.keys import (
    BINDINGS,
    JUMPS,
    REPLAY_BINDINGS,
    Action,
    Binding,
    action_of,
    bindings,
)

#: How the help writes a special key.
WRITTEN = {
    " ": "Space",
    "KEY_ESCAPE": "Esc",
    "KEY_ENTER": "Enter",
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


@pytest.fixture(params=[False, True], ids=["now", "replay"])
def replay(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def table(replay: bool) -> tuple[Binding, ...]:  # noqa: FBT001 - a fixture
    return bindings(replay=replay)


def test_no_key_is_bound_twice(table: tuple[Binding, ...]) -> None:
    counts = Counter(key for binding in table for key in binding.keys)
    assert max(counts.values()) == 1


def test_f3_is_not_bound_for_a_late_cursor_report_decodes_as_f3() -> None:
    assert action_of("KEY_F3") is None
    assert action_of("KEY_F(3)") is None


def test_every_action_has_exactly_one_line() -> None:
    only_in_replays = {Action.PAUSE, *JUMPS}
    assert Counter(b.action for b in BINDINGS) == Counter({*Action} - only_in_replays)
    assert Counter(b.action for b in REPLAY_BINDINGS) == Counter({*Action} - {Action.FREEZE})


def test_every_key_is_in_the_help_once(table: tuple[Binding, ...]) -> None:
    keys = Counter(WRITTEN.get(key, key) for binding in table for key in binding.keys)
    assert Counter(word for binding in table for word in binding.shown.split()) == keys


def test_a_line_without_keys_is_told_by_the_one_above(table: tuple[Binding, ...]) -> None:
    for above, binding in pairwise(table):
        assert bool(binding.shown) == bool(binding.help)
        assert binding.shown or above.shown


def test_every_key_does_what_its_line_says(
    table: tuple[Binding, ...],
    replay: bool,  # noqa: FBT001 - a fixture
) -> None:
    for binding in table:
        assert {action_of(key, replay=replay) for key in binding.keys} == {binding.action}


def test_hints_name_keys_that_do_what_they_say(table: tuple[Binding, ...]) -> None:
    for binding in table:
        key = binding.hint.rpartition(" ")[0]
        shown = " ".join(each.shown for each in table)
        assert all(part in shown for part in (key.split() if " " in key else [*key][:1]))
    assert [binding.hint for binding in BINDINGS if binding.hint] == [
        *("? help", "/ filter", "s sort", "d detail", "a group", "f freeze", "+- zoom"),
        *("←→ pan", "c copy", "w save", "q quit"),
    ]


def test_an_unknown_key_does_nothing() -> None:
    assert action_of("x") is None
    assert action_of("") is None
    assert action_of("[") is None
