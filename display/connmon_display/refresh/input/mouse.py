"""What a terminal tells of its mouse, and what that changes. Pure.

SGR reports (XTerm Control Sequences, "Mouse Tracking"): `CSI < button ; column ; line M`, `m` where
a button is let go. Without `--mouse` none is asked for, so that text can be selected as ever.
"""

import re
from dataclasses import replace
from typing import NamedTuple

from connmon_display.refresh.input.controls import Controls, Place, act, read_help
from connmon_display.refresh.input.keys import Action
from connmon_display.refresh.layout.layout import HEAD_LINES

ON = "\x1b[?1000h\x1b[?1006h"
_REPORT = re.compile(r"<(\d{1,3});(\d{1,4});(\d{1,4})([Mm])")  # behind the CSI
_LEFT, _WHEEL_UP, _WHEEL_DOWN = 0, 64, 65
_STEP = 3  # rows that one notch of the wheel goes


class Pointed(NamedTuple):
    """A button of the mouse was pressed, or its wheel turned."""

    button: int
    line: int  # from 0


def read_report(text: str) -> tuple[Pointed | None, int]:
    """Return what the report at the beginning of `text` tells, and how long it is; 0: it is none.

    What is let go tells nothing.
    """
    found = _REPORT.match(text)
    if found is None:
        return None, 0
    button, _, line, how = found.groups()
    return Pointed(int(button), int(line) - 1) if how == "M" else None, found.end()


def point(controls: Controls, pointed: Pointed, place: Place) -> Controls:
    """Return the controls after `pointed`: the wheel scrolls, a click selects, another opens."""
    wheel = {_WHEEL_UP: -_STEP, _WHEEL_DOWN: _STEP}.get(pointed.button)
    if controls.help:
        return _read(controls, wheel)
    at = pointed.line - HEAD_LINES
    if wheel is not None:
        if controls.detail and at >= place.page:
            return replace(controls, scroll=max(0, controls.scroll + wheel))
        return _rolled(controls, wheel, place)
    in_sight = place.rows[controls.top : controls.top + place.page]
    if pointed.button != _LEFT or not 0 <= at < len(in_sight):
        return controls
    if in_sight[at] == controls.selected:
        return act(controls, Action.DETAIL, place)
    return replace(controls, selected=in_sight[at], scroll=0)


def _read(controls: Controls, wheel: int | None) -> Controls:
    if wheel is None:
        return read_help(controls, None, 0)
    return replace(controls, help_top=max(0, controls.help_top + wheel))


def _rolled(controls: Controls, step: int, place: Place) -> Controls:
    """Return the controls with other rows in sight; the selected one stays in sight."""
    top = max(0, min(controls.top + step, len(place.rows) - place.page))
    selected = controls.selected
    if selected in place.rows:
        at = place.rows.index(selected)
        selected = place.rows[max(top, min(at, top + place.page - 1))]
    return replace(controls, top=top, selected=selected)
