import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from connmon_enricher.lock import AlreadyRunningError, acquire

HOLD = """
import signal, sys
from pathlib import Path
from connmon_enricher.lock import acquire
acquire(Path(sys.argv[1]))
print("held", flush=True)
signal.pause()
"""


@contextlib.contextmanager
def holder(path: Path) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-Ic", HOLD, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_the_holder_writes_its_process_id_into_the_file(tmp_path: Path) -> None:
    held = acquire(tmp_path / "lock")
    assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"
    os.close(held)


def test_a_second_process_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    with holder(tmp_path / "lock") as process:
        with pytest.raises(AlreadyRunningError, match=rf"process {process.pid}\)"):
            acquire(tmp_path / "lock")
        assert (tmp_path / "lock").read_text() == f"{process.pid}\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_lock_is_free_when_its_holder_is_gone(tmp_path: Path, number: signal.Signals) -> None:
    with holder(tmp_path / "lock") as process:
        process.send_signal(number)
        process.wait()
    held = acquire(tmp_path / "lock")
    assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"
    os.close(held)


def test_a_longer_number_of_an_earlier_holder_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("123456789012345\n")
    os.close(acquire(tmp_path / "lock"))
    assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "lock").symlink_to("precious")
    with pytest.raises(OSError, match="symbolic links"):
        acquire(tmp_path / "lock")
    assert (tmp_path / "precious").read_text() == "precious"


def test_the_lock_does_not_leak_into_children(tmp_path: Path) -> None:
    held = acquire(tmp_path / "lock")
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, close_fds=False):
        os.close(held)
        os.close(acquire(tmp_path / "lock"))
