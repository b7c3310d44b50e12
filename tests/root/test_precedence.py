"""Being served first, as the kernel sees it."""

import os
import sys
from functools import partial
from pathlib import Path

import pytest
from helpers import wait_until
from helpers_processes import Program, short_directory

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(sys.platform != "linux", reason="real-time priorities are Linux's"),
]

COLLECTOR = (sys.executable, "-I", "-m", "connmon_collector")
BUSY = """
from connmon_collector.precedence import serve_first
serve_first(step_back=0.1)
while True:
    pass
"""
PAUSING = """
import signal, time
from connmon_collector.precedence import serve_first
serve_first()
worked = 0
while worked < 1.5:
    begin = time.thread_time()
    while time.thread_time() - begin < 0.1:
        pass
    worked += 0.1
    time.sleep(0.001)
print("done", flush=True)
signal.pause()
"""


def policies(pid: int) -> list[int]:
    """Return how each thread of a process is scheduled."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return [os.sched_getscheduler(int(thread.name)) for thread in threads]


@pytest.mark.parametrize(
    ("source", "policy"), [("events", os.SCHED_RR), ("poll", os.SCHED_OTHER)], ids=str
)
def test_every_thread_that_listens_to_the_kernel_goes_first(source: str, policy: int) -> None:
    with short_directory() as path:
        command = (*COLLECTOR, f"--runtime-dir={path}", f"--source={source}")
        with Program(*command) as collector:
            pid = collector.process.pid
            wait_until(lambda: len(policies(pid)) > 1)  # ZeroMQ's threads are made last
            assert set(policies(pid)) == {policy}


def is_scheduled(program: Program, policy: int) -> bool:
    return policies(program.process.pid) == [policy]


def test_who_works_without_a_pause_steps_back_for_a_while() -> None:
    with Program(sys.executable, "-c", BUSY) as busy:
        for policy in (os.SCHED_RR, os.SCHED_OTHER, os.SCHED_RR, os.SCHED_OTHER):
            wait_until(partial(is_scheduled, busy, policy))


def test_who_pauses_is_served_first_for_ever() -> None:
    with Program(sys.executable, "-c", PAUSING) as pausing:
        pausing.line("done")
        assert policies(pausing.process.pid) == [os.SCHED_RR]
