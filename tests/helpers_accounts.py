"""Running our programs as other users, whose eyes may not reach the tests' own interpreter."""

import shutil
import site
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import DEADLINE, NOBODY

import connmon_collector
import connmon_display
import connmon_enricher
import connmon_shared

_PATHS = [
    *site.getsitepackages(),
    *(
        str(Path(package.__file__ or "").parents[1])
        for package in (connmon_collector, connmon_display, connmon_enricher, connmon_shared)
    ),
]
#: What a program for another user begins with: it finds our modules and their libraries.
BOOT = f"import sys; sys.path[:0] = {_PATHS!r}; "


def python_for_others() -> str:
    """Return an interpreter of our version that any user may run; the venv's may be root's own."""
    version = ".".join(map(str, sys.version_info[:2]))
    for candidate in (sys.executable, shutil.which(f"python{version}", path="/usr/bin")):
        if candidate and _runs(candidate):
            return candidate
    pytest.skip(f"no Python {version} that another user may run")


def stage_for_others(module: str) -> list[str]:
    """Return a command that runs the stage `module` (connmon_…) and that any user may start."""
    program = f"from {module}.cli import main; main()"
    return [python_for_others(), "-I", "-c", BOOT + program]


def _runs(python: str) -> bool:
    try:
        done = subprocess.run(
            [python, "-I", "-c", BOOT + "import connmon_collector.start"],
            user=NOBODY,
            extra_groups=[],
            capture_output=True,
            timeout=DEADLINE,
            check=False,
        )
    except PermissionError:
        return False
    return done.returncode == 0
