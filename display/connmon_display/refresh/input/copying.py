"""What a key copies, and the sequence that hands it to the terminal's clipboard. Pure.

OSC 52 (XTerm Control Sequences, "Manipulate Selection Data") also works through ssh. tmux takes it
itself with `set-clipboard on`; with `allow-passthrough on` it hands on what is wrapped for it. GNU
screen hands on what is wrapped, in pieces.
"""

import base64
from collections.abc import Collection, Mapping

from connmon_display.refresh.scene import SceneRow
from connmon_display.words.glyphs import Glyphs
from connmon_display.words.quoting import quoted
from connmon_display.words.traits import UNKNOWN

_PIECE = 250  # characters that every GNU screen takes in one string (MAXSTR was 256)
#: Terminals that would show it as text, or have no clipboard.
_WITHOUT = ("linux", "dumb", "vt")


def clipboard(text: str, environment: Mapping[str, str]) -> str:
    """Return the sequence that copies `text`; empty: this terminal has no clipboard.

    Args:
        text: what is to be copied.
        environment: of the process, which tells what the terminal is.
    """
    term = environment.get("TERM", "")
    if term.startswith(_WITHOUT):
        return ""
    plain = f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\a"
    if environment.get("TMUX"):
        wrapped = plain.replace("\x1b", "\x1b\x1b")
        return f"{plain}\x1bPtmux;{wrapped}\x1b\\"
    if environment.get("STY") or term.startswith("screen"):
        pieces = (plain[at : at + _PIECE] for at in range(0, len(plain), _PIECE))
        wrapped = "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
        # Behind ssh the name may mean either of the two; each passes over what is for the other.
        return wrapped if environment.get("STY") else plain + wrapped
    return plain


def sent(text: str, environment: Mapping[str, str]) -> str:
    """Return what to tell of it: no terminal says whether it has taken it."""
    if not clipboard("", environment):
        return f"this terminal has no clipboard: {text}"
    if environment.get("TMUX"):
        return f"sent to tmux, which copies it after: tmux set -s set-clipboard on: {text}"
    return f"sent to the terminal's clipboard: {text}"


def row_text(row: SceneRow, glyphs: Glyphs, features: Collection[str]) -> str:
    """Return a row as text: address, timeline, and the words that are known, uncut.

    Args:
        row: the row.
        glyphs: how its timeline is drawn.
        features: the look-ups that are on: without one its column is not shown, either.
    """
    label = row.label
    country = label.country if "country" in features and label.country != UNKNOWN else ""
    organisation = label.organisation if "asn" in features else ""
    port = f"Port:{label.port}" if label.port else ""
    process = quoted(label.process)
    process = f"{process}[{label.pid}]" if process and label.pid else process
    known = (country, organisation, label.state, port, process)
    words = " | ".join(word for word in known if word)
    where = f"{row.host}  {label.address}" if row.host else label.address
    return f"{where}  {glyphs.draw(row.marks)}  [{words}]"
