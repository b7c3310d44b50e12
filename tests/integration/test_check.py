"""`connmon-collector --check`: as we are, as an ordinary user, as a root who lacks something."""

import os
import re
import shlex
import subprocess
import sys

import pytest
from helpers import DEADLINE
from helpers_accounts import stage_for_others

CHECK = [sys.executable, "-I", "-m", "connmon_collector", "--check", "--runtime-dir=/run/x"]
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")
NEEDS_ROOT = pytest.mark.skipif(not ROOT, reason="needs root")


def check(*command: str) -> tuple[int, list[str]]:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=DEADLINE, check=False, cwd="/"
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def says(lines: list[str], name: str) -> str:
    """Return the yes or no beside `name`."""
    (line,) = (line for line in lines if line.startswith(f"{name} "))
    return line.split()[1]


def test_it_tells_which_source_works_and_which_is_taken() -> None:
    code, lines = check(*CHECK)
    works = {name: says(lines, name) for name in ("events", "poll", "psutil")}
    assert set(works.values()) <= {"yes", "no"}
    best = next(name for name, answer in works.items() if answer == "yes")
    assert f"--source auto takes {best}" in lines
    assert code in {0, 1}
    if code == 0:
        assert best == "events"


@LINUX
@pytest.mark.root
@NEEDS_ROOT
def test_an_ordinary_user_is_told_the_command_that_grants_the_rest() -> None:
    program = [*stage_for_others("connmon_collector"), *CHECK[4:]]
    code, lines = check("setpriv", "--reuid=54321", "--regid=54321", "--clear-groups", *program)
    assert code == 1
    assert says(lines, "events") == says(lines, "CAP_PERFMON") == "no"
    assert says(lines, "CAP_SYS_PTRACE") == says(lines, "CAP_DAC_READ_SEARCH") == "no"
    assert "--source auto takes poll" in lines
    (line,) = (line for line in lines if line.startswith("To see all: "))
    command = shlex.split(line.removeprefix("To see all: "))
    assert command[0] in {"sudo", "su"}
    words = command if command[0] == "sudo" else shlex.split(command[-1])
    assert words[-4:] == ["-I", "-m", "connmon_collector", "--runtime-dir=/run/x"]


@LINUX
@pytest.mark.root
@NEEDS_ROOT
def test_a_root_who_lacks_something_is_told_what_to_add() -> None:
    """This is what root in a container has unless told otherwise."""
    lacking = ("sys_ptrace", "dac_read_search", "perfmon", "net_admin", "sys_admin")
    bounds = "--bounding-set=" + ",".join(f"-{name}" for name in lacking)
    code, lines = check("setpriv", bounds, *stage_for_others("connmon_collector"), *CHECK[4:])
    assert code == 1
    assert says(lines, "CAP_NET_RAW") == "yes"
    assert {says(lines, f"CAP_{name.upper()}") for name in lacking} == {"no"}
    added = re.findall(r"--cap-add=(\w+)", lines[-1])
    assert sorted(added) == ["DAC_READ_SEARCH", "NET_ADMIN", "PERFMON", "SYS_PTRACE"]


def test_a_directory_whose_name_is_too_long_is_refused() -> None:
    done = subprocess.run(
        [*CHECK[:-1], f"--runtime-dir=/{'x' * 200}"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (69, "")
    assert len(done.stderr.splitlines()) == 1
