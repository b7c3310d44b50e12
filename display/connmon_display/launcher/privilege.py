"""Asking once for the right to see every process: sudo, if we are not root already."""

import os
import shutil
import subprocess
import sys


def privileged_prefix(*, ask: bool) -> list[str]:
    """Return what to put before the collector's command, empty to run it as it is.

    With `ask` and a terminal sudo may ask for a password. Without the right, everything runs all
    the same; the collector itself says what it cannot see.
    """
    if os.geteuid() == 0 or not ask:
        return []
    sudo = shutil.which("sudo")
    if sudo is None:
        return []
    question = ["-v"] if sys.stdin.isatty() else ["-n", "-v"]
    granted = subprocess.run([sudo, *question], check=False, stderr=_stderr())  # noqa: S603
    return [sudo, "-n", "--"] if granted.returncode == 0 else []


def _stderr() -> int | None:
    return None if sys.stdin.isatty() else subprocess.DEVNULL
