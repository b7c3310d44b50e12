"""What a user of a terminal does with signals."""

import signal

from connmon_display.hangup import heed
from connmon_shared.stage.loop import Loop


def watch_terminal(lifeline: int | None, *, rereads: bool = False) -> Loop:
    """Return a loop that notes what a terminal's user does with signals.

    Args:
        lifeline: of the launcher.
        rereads: whether SIGHUP may ask for something else than the end; then it counts also where
            it is ignored.
    """
    stops = (signal.SIGTERM, signal.SIGQUIT)
    notes = (signal.SIGINT, signal.SIGWINCH, signal.SIGTSTP, signal.SIGCONT)
    if rereads:
        heed()
        return Loop(lifeline, stops=stops, notes=(*notes, signal.SIGHUP))
    return Loop(lifeline, stops=(*stops, signal.SIGHUP), notes=notes)
