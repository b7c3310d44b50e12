"""The keyboard is taken from a shell: a job in the background waits for it."""

import shutil
import sys
import termios

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


#: Takes the keyboard and gives it back; a shell has come back meanwhile, or not.
_BACK = """
import sys, termios
from connmon_display.handover import give_back, take_keyboard
from connmon_display.private import private_descriptor

before = take_keyboard()
modes = termios.tcgetattr(0)
if sys.argv[1] == "shell":
    modes = [*before]
modes[0] |= termios.IXANY
termios.tcsetattr(0, termios.TCSANOW, modes)
give_back(private_descriptor(1), "", before)
"""


#: Becomes the command where terminals have other names, as in a container.
_ELSEWHERE = 'mount -t devpts -o newinstance devpts /dev/pts || echo refused; exec "$@"'
_DESCRIPTOR = """
import os
from connmon_display.private import private_descriptor
try:
    print("named", os.ttyname(1))
except OSError:
    print("waits:", os.get_blocking(private_descriptor(1)), os.get_blocking(1))
"""


def test_what_is_given_back_is_what_was_there_when_the_keyboard_became_ours() -> None:
    with Terminal([sys.executable, "-c", _SHELL]) as shell:
        assert shell.end() == 0, shell.text


@pytest.mark.parametrize("back", ["shell", "nobody"])
def test_the_modes_of_a_shell_that_has_come_back_are_left_alone(back: str) -> None:
    with Terminal([sys.executable, "-c", _BACK, back]) as terminal:
        assert terminal.end() == 0, terminal.text
        if back == "shell":
            terminal.modes[0] |= termios.IXANY
        assert termios.tcgetattr(terminal.descriptor) == terminal.modes


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare")
def test_writing_to_a_terminal_without_a_name_waits_for_nothing_either() -> None:
    unshared = ["unshare", "--map-root-user", "--mount", "sh", "-c", _ELSEWHERE, "sh"]
    with Terminal([*unshared, sys.executable, "-c", _DESCRIPTOR]) as terminal:
        code = terminal.end()
        if "unshare:" in terminal.text or "refused" in terminal.text:
            pytest.skip("may not make a mount namespace")
        assert code == 0, terminal.text
        assert "waits: False True" in terminal.text
