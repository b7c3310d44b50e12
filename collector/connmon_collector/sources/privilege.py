"""Whether we run as root, so that the advice to do so is given only where it helps."""

import os
import sys


def is_root() -> bool:
    """Return whether this is uid 0; never on Windows, which has none."""
    return sys.platform != "win32" and os.geteuid() == 0
