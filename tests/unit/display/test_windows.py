"""What a viewer on Windows can do: the modules without what is only in Unix."""

import subprocess
import sys
from pathlib import Path

#: Stands for a Windows: what is missing there is taken away before our own modules are imported.
_WINDOWS = """
import os, pathlib, subprocess, sys, tempfile, threading, zmq
import connmon_shared.access.keys, connmon_shared.stage.clock
sys.platform = "win32"
os.O_BINARY = 0
for name in ("O_NONBLOCK", "O_CLOEXEC", "fchmod", "geteuid"):
    delattr(os, name)
from connmon_display.options import Options
from connmon_display.prepare import prepare
from connmon_display.start_error import StartError
from connmon_display.export.writing import check_writable, write_lines
from connmon_display.recording.writing import RecordingFile
"""


def run(lines: str, directory: Path) -> str:
    command = [sys.executable, "-c", _WINDOWS + lines]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    return done.stdout


def test_files_are_written(tmp_path: Path) -> None:
    run("check_writable(pathlib.Path('out')); write_lines(pathlib.Path('out'), ['x'])", tmp_path)
    assert (tmp_path / "out").read_text() == "x\n"


def test_a_recording_is_begun(tmp_path: Path) -> None:
    run("RecordingFile(pathlib.Path('tape')).close()", tmp_path)
    assert (tmp_path / "tape").stat().st_size


def test_the_screen_is_refused_in_one_sentence(tmp_path: Path) -> None:
    lines = """
try:
    prepare(Options(unit=10, width=40), "connmon-display")
except StartError as error:
    print(error)
"""
    assert run(lines, tmp_path) == "the refresh view needs a Unix terminal; use --scroll\n"
