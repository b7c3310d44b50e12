"""What keys and pastes do to the filter that is being typed. Pure."""

from dataclasses import replace

from connmon_display.refresh.input.controls import Controls
from connmon_shared.text import clean

_MOST_TYPED = 2_000  # characters
_CUT = f"cut at a blank: a filter has room for {_MOST_TYPED:,} characters"


def edit(controls: Controls, key: str) -> Controls:
    """Return the controls after `key` was typed into the filter."""
    controls = replace(controls, cut="")
    if key == "KEY_ENTER":
        return replace(controls, editing=False)
    if key == "KEY_ESCAPE":
        return replace(controls, editing=False, typed="")
    if key in {"KEY_BACKSPACE", "KEY_DELETE"}:
        return replace(controls, typed=controls.typed[:-1])
    if key == "KEY_CTRL_U":
        return replace(controls, typed="")
    if key == "KEY_CTRL_W":
        return replace(controls, typed=_without_last_word(controls.typed))
    character = len(key) == 1 and key == clean(key)  # no name of a key, no control
    typed = clean(controls.typed + key, _MOST_TYPED) if character else controls.typed
    return replace(controls, typed=typed)


def paste(controls: Controls, text: str) -> Controls:
    """Return the controls after a line of `text` was pasted into the filter.

    A word that does not fit is left out with those behind it: a part of an address is another word.
    """
    whole = clean(controls.typed + text, len(controls.typed) + len(text))
    if len(whole) <= _MOST_TYPED:
        return replace(controls, typed=whole, cut="")
    kept = whole[: _MOST_TYPED + 1].rpartition(" ")[0]
    return replace(controls, typed=max(kept, controls.typed, key=len), cut=_CUT)


def _without_last_word(typed: str) -> str:
    left = typed.rstrip()
    return left[: left.rfind(" ") + 1]
