"""Ctrl-C at every stage of a program's life: real processes, because it ends them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import DEADLINE, wait_until
from helpers_processes import BIN, Program

IMPORTING = """
interrupt.end_quietly()
os.kill(os.getpid(), signal.SIGINT)  # while modules are imported, say
print("went on")
"""
WORKING = """
interrupt.end_quietly()
def work():
    try:
        os.kill(os.getpid(), signal.SIGINT)
    finally:
        print("tidied up")
interrupt.run(work)
"""
ENDING = """
interrupt.end_quietly()
interrupt.run(lambda: threading.Thread(target=time.sleep, args=(60,)).start())
print("done", flush=True)
"""
IGNORING = """
interrupt.end_quietly()
interrupt.run(lambda: os.kill(os.getpid(), signal.SIGINT))
print("went on")
"""
BEGIN = "import os, signal, threading, time\nfrom connmon_shared.stage import interrupt\n"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are Unix's")


@pytest.mark.parametrize(("script", "said"), [(IMPORTING, ""), (WORKING, "tidied up\n")])
def test_an_interrupt_ends_it_without_a_word(script: str, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + script],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, said, "")


def test_an_interrupt_while_python_waits_for_threads_ends_it_without_a_word() -> None:
    with Program(sys.executable, "-c", BEGIN + ENDING) as program:
        wait_until(lambda: program.seen == ["done"])
        program.process.send_signal(signal.SIGINT)
        assert program.ended() == 130
        assert program.complaints == []


def test_where_interrupts_are_ignored_they_stay_so() -> None:
    ignore = 'trap "" INT; exec "$@"'
    done = subprocess.run(
        ["sh", "-c", ignore, "sh", sys.executable, "-c", BEGIN + IGNORING],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "went on\n", "")


def test_an_interrupt_while_a_list_is_read_is_no_traceback(tmp_path: Path) -> None:
    fifo = tmp_path / "list"
    os.mkfifo(fifo)  # whoever reads it waits for a writer
    with Program(BIN / "connmon-display", "--scroll", "--watch-file", fifo) as program:
        waiting = Path(f"/proc/{program.process.pid}/wchan")
        if not waiting.exists():
            pytest.skip("the kernel does not tell what a process waits for")
        wait_until(lambda: waiting.read_text("ascii") in {"wait_for_partner", "fifo_open"})
        program.process.send_signal(signal.SIGINT)
        assert program.ended() == 130
        assert program.complaints == []
