"""The keyboard is taken from a shell: a job in the background waits for it."""

import sys

import pytest
from terminal_helpers import Terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="has no jobs")

#: A shell whose job stops right after each look at the modes; the user changes them meanwhile.
_SHELL = """
import os, signal, sys, termios
from connmon_display.handover import take_keyboard

def stop(frame, event, function):
    if event == "c_return" and function is termios.tcgetattr:
        os.kill(os.getpid(), signal.SIGSTOP)

job = os.fork()
if not job:
    os.setpgid(0, 0)
    sys.setprofile(stop)
    before = take_keyboard()
    os._exit(0 if before[0] & termios.IXANY else 1)
_, status = os.waitpid(job, os.WUNTRACED)
modes = termios.tcgetattr(0)
modes[0] |= termios.IXANY
termios.tcsetattr(0, termios.TCSANOW, modes)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
os.tcsetpgrp(0, job)
while os.WIFSTOPPED(status):
    os.kill(job, signal.SIGCONT)
    _, status = os.waitpid(job, os.WUNTRACED)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def test_what_is_given_back_is_what_was_there_when_the_keyboard_became_ours() -> None:
    with Terminal([sys.executable, "-c", _SHELL]) as shell:
        assert shell.end() == 0, shell.text
