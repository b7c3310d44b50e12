"""A viewer as an ordinary user, beside stages that are root's."""

import os
import subprocess
import sys

import pytest
from helpers import DEADLINE, NOBODY
from helpers_accounts import stage_for_others
from helpers_processes import short_directory
from terminal_helpers import enricher

from connmon_shared.stage.exits import Exit

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(sys.platform != "linux", reason="needs users"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs uid 0"),
]


def test_who_may_not_look_is_not_told_to_start_what_runs() -> None:
    with short_directory() as directory, enricher(directory):
        done = subprocess.run(
            [*stage_for_others("connmon_display"), directory, "--scroll", "--no-config"],
            user=NOBODY,
            extra_groups=[],
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
    [line] = done.stderr.splitlines()
    assert done.returncode == Exit.NO_PERMISSION
    assert f"cannot connect to {directory}/view: Permission denied; look as who started it" in line
