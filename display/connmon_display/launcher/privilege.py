"""Asking once for the right to see every process: sudo, if we are not root already."""

import os
import shutil
import subprocess
import sys


def privileged_prefix(command: list[str], *, ask: bool) -> list[str]:
    """Return what to put before `command`, empty to run it as it is.

    With `ask` and a terminal sudo may ask for a password. Without the right, everything runs all
    the same; the collector itself says what it cannot see.
    """
    if os.geteuid() == 0 or not ask:
        return []
    sudo = shutil.which("sudo")
    if sudo is None:
        return []
    question = ["-v"] if sys.stdin.isatty() else ["-n", "-v"]
    quiet = None if sys.stdin.isatty() else subprocess.DEVNULL
    asked = subprocess.run([sudo, *question], check=False, stderr=quiet)  # noqa: S603
    if asked.returncode:
        return []
    listed = subprocess.run(  # noqa: S603 - sudo may know us, and yet not allow this command
        [sudo, "-n", "-l", "--", *command],
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return [sudo, "-n", "--"] if listed.returncode == 0 else []
