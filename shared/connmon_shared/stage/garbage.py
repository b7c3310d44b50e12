"""How often Python looks for garbage that is held in cycles."""

import gc

_OBJECTS = 50_000  # made since the last look; usually it is 700


def collect_rarely() -> None:
    """Let the garbage collector look rarely, for as long as this process runs.

    We make hardly any cycles. Its usual looks take a tenth of the time on a busy host, and with
    100,000 connections to go through it holds everybody up for 0.3 s.
    """
    gc.set_threshold(_OBJECTS)
