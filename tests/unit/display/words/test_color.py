"""Whether colour is used."""

import pytest

from connmon_display.words.color import wanted

XTERM = {"TERM": "xterm"}


@pytest.mark.parametrize(
    ("choice", "environ", "is_terminal", "expected"),
    [
        ("never", {"FORCE_COLOR": "1"} | XTERM, True, False),
        ("always", {"NO_COLOR": "1", "TERM": "dumb"}, False, True),
        ("auto", XTERM, True, True),
        ("auto", XTERM, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {}, True, False),
        ("auto", {"NO_COLOR": "1"} | XTERM, True, False),
        ("auto", {"NO_COLOR": ""} | XTERM, True, True),
        ("auto", {"NO_COLOR": "0"} | XTERM, True, False),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"} | XTERM, True, False),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"} | XTERM, False, False),
        ("auto", {"FORCE_COLOR": "0"} | XTERM, True, True),
        ("auto", {"CLICOLOR_FORCE": "1"}, False, True),
        ("auto", {"CLICOLOR_FORCE": "0"}, False, False),
        ("auto", {"FORCE_COLOR": ""}, False, False),
    ],
)
def test_who_decides_on_colour(
    choice: str,
    environ: dict[str, str],
    is_terminal: bool,  # noqa: FBT001 - a table
    expected: bool,  # noqa: FBT001 - likewise
) -> None:
    assert wanted(choice, environ, is_terminal=is_terminal) is expected
