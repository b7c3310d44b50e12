"""Whether to use colour."""

from collections.abc import Mapping

_OFF = {"", "0"}


def wanted(choice: str, environ: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Return whether to colour the output.

    The command line goes before NO_COLOR (https://no-color.org), that before FORCE_COLOR and
    CLICOLOR_FORCE, and those before whether a terminal that knows colours reads the output.
    """
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if any(environ.get(name, "") not in _OFF for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return is_terminal and environ.get("TERM", "dumb") != "dumb"
