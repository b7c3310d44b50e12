"""What a terminal sends, as keys. Pure: bytes in, keys out.

A key is a character, or a name: KEY_UP, KEY_CTRL_C, KEY_ALT_X. Sequences (ECMA-48) that mean no
key here are taken whole, so that none of their characters acts as one.
"""

import codecs
import re

from connmon_display.refresh.mouse import Pointed, read_report

#: By the last character of ESC [ … and ESC O …, whatever modifiers are in between.
_BY_FINAL = {
    "A": "KEY_UP",
    "B": "KEY_DOWN",
    "C": "KEY_RIGHT",
    "D": "KEY_LEFT",
    "F": "KEY_END",
    "H": "KEY_HOME",
    "Z": "KEY_BTAB",
}
#: By the number in ESC [ … ~.
_BY_NUMBER = {
    "1": "KEY_HOME",
    "3": "KEY_DELETE",
    "4": "KEY_END",
    "5": "KEY_PGUP",
    "6": "KEY_PGDOWN",
    "7": "KEY_HOME",
    "8": "KEY_END",
}
_BY_CHARACTER = {
    "\r": "KEY_ENTER",
    "\n": "KEY_ENTER",
    "\t": "KEY_TAB",
    "\b": "KEY_BACKSPACE",
    "\x7f": "KEY_BACKSPACE",
    "\x1b": "KEY_ESCAPE",
}
_CTRL = {chr(number): f"KEY_CTRL_{chr(number + 64)}" for number in range(1, 27)}
_PAIR = 2
_SEQUENCE = re.compile(
    "\x1b(?:"
    r"\[\[[A-E]"  # function keys of the Linux console
    r"|\[(?P<parameters>[0-?]*)[ -/]*(?P<final>[@-Z\\-~])"
    r"|O(?P<application>[0-9]*[A-Za-z])"
    "|[P\\]_^X][^\x07\x1b]*(?:\x07|\x1b\\\\)"  # a string: what a terminal answers to a question
    r"|(?P<alt>[^\x00-\x1f\x7f[OP\]_^X])"
    ")"
)
#: The beginning of one of those, up to the end of what has come.
_BEGUN = re.compile(r"\x1b(?:\[\[?[0-?]*[ -/]*|O[0-9]*|[P\]_^X][^\x07\x1b]*\x1b?)?\Z")


class Keyboard:
    """Takes what a terminal sends, in whatever pieces it comes.

    Args:
        encoding: of characters.

    Attributes:
        cursor: where the terminal told last that its cursor is, line and column from 1.
    """

    def __init__(self, encoding: str) -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._rest = ""
        self.cursor: tuple[int, int] | None = None

    @property
    def waiting(self) -> bool:
        """Whether a sequence has begun that may go on; a lone Escape is one as well."""
        return bool(self._rest)

    def feed(self, data: bytes) -> list[str | Pointed]:
        """Return the keys that `data` completes."""
        return self._keys(self._rest + self._decoder.decode(data))

    def give_up(self) -> list[str | Pointed]:
        """Return what it meant if a sequence that has begun does not go on: Escape, or nothing."""
        rest, self._rest = self._rest, ""
        return ["KEY_ESCAPE"] if rest == "\x1b" else []

    def _keys(self, text: str) -> list[str | Pointed]:
        found: list[str | Pointed] = []
        at, self._rest = 0, ""
        while at < len(text):
            if sequence := _SEQUENCE.match(text, at):
                found += self._meaning(sequence)
                at = sequence.end()
            elif text[at] == "\x1b" and _BEGUN.match(text, at):
                self._rest = text[at:]
                break
            else:
                key = text[at]
                found.append(_BY_CHARACTER.get(key) or _CTRL.get(key, key))
                at += 1
        return found

    def _meaning(self, sequence: re.Match[str]) -> list[str | Pointed]:
        if sequence["alt"]:
            return [f"KEY_ALT_{sequence['alt'].upper()}"]
        parameters = sequence["parameters"] or ""
        final = sequence["final"] or (sequence["application"] or "")[-1:]
        numbers = parameters.split(";")
        if parameters.startswith("<"):
            found: str | Pointed | None = read_report(parameters + final)[0]
        elif final == "R" and len(numbers) == _PAIR and "".join(numbers).isdecimal():
            self.cursor = int(numbers[0]), int(numbers[1])
            found = None
        elif final == "~":
            found = _BY_NUMBER.get(numbers[0])
        else:
            found = _BY_FINAL.get(final)
        return [found] if found else []
