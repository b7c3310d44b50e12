"""Exit codes of every connmon command (sysexits.h where it has a name for the case)."""

from enum import IntEnum


class Exit(IntEnum):
    """What a command's end tells the shell; listed in docs/architecture.md."""

    OK = 0
    INCOMPLETE = 1  # --check: it works, but could see more; (geo) status: something is wrong
    USAGE = 2  # argparse's own code for a bad option
    UNAVAILABLE = 69  # EX_UNAVAILABLE: no collector or enricher to attach to; no GeoIP file
    SOFTWARE = 70  # EX_SOFTWARE: a stage cannot be kept running
    WRITE_ERROR = 74  # EX_IOERR: the output cannot be written
    ALREADY_RUNNING = 75  # EX_TEMPFAIL: another pipeline holds the runtime directory
    NO_PERMISSION = (
        77  # EX_NOPERM: root cannot be given up; a key is refused, or not safe; not ours to see
    )


def by_signal(number: int) -> int:
    """Return the shell's exit code for an end by signal `number` (128 + number)."""
    return 128 + number
