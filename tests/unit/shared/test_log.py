"""Lines of a log: one write each, clean, and never waited for."""

import contextlib
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from connmon_shared.stage.log import begin, line

PROGRAM = "connmon-enricher"
Begin = Callable[..., logging.Logger]


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    for end in ends:
        os.set_blocking(end, False)
    yield ends
    for end in ends:
        with contextlib.suppress(OSError):
            os.close(end)


@pytest.fixture
def log(pipe: tuple[int, int]) -> Iterator[Begin]:
    root, before = logging.getLogger(), logging.getLogger().handlers[:]

    def made(*, verbose: bool = False) -> logging.Logger:
        begin(PROGRAM, verbose=verbose, descriptor=pipe[1])
        return logging.getLogger(PROGRAM)

    yield made
    for handler in set(root.handlers) - set(before):
        root.removeHandler(handler)
    logging.getLogger(PROGRAM).setLevel(logging.NOTSET)


def read(pipe: tuple[int, int]) -> list[str]:
    """Return the lines in the pipe without their times."""
    try:
        lines = os.read(pipe[0], 1 << 20).decode().splitlines()
    except BlockingIOError:
        return []
    return [line.partition(" ")[2] for line in lines]


def test_a_line_tells_time_stage_process_level_and_text() -> None:
    stamp = r"1970-01-02T\d\d:\d\d:\d\d\.250[+-]\d\d:\d\d"
    made = line(100_000.25, "enricher", 42, "INFO", "hello")
    assert re.fullmatch(rf"{stamp} enricher\[42\] INFO hello", made)


def test_only_verbose_tells_what_helps_to_find_a_fault(log: Begin, pipe: tuple[int, int]) -> None:
    quiet = log()
    quiet.debug("not told")
    quiet.info("told of %s", "this")
    assert read(pipe) == [f"enricher[{os.getpid()}] INFO told of this"]


def test_verbose_tells_more_but_not_of_other_libraries(log: Begin, pipe: tuple[int, int]) -> None:
    log(verbose=True).debug("told")
    logging.getLogger("asyncio").debug("not told")
    logging.getLogger("asyncio").warning("told, too")
    who = f"enricher[{os.getpid()}]"
    assert read(pipe) == [f"{who} DEBUG told", f"{who} WARNING told, too"]


def test_what_a_peer_says_can_neither_end_the_line_nor_act_on_a_terminal(
    log: Begin, pipe: tuple[int, int]
) -> None:
    log().info("a host named %s", "x\n2026 \x1b[2J\u202e")
    assert read(pipe) == [f"enricher[{os.getpid()}] INFO a host named x?2026 ?[2J?"]


def test_the_longest_line_is_one_write(log: Begin, pipe: tuple[int, int]) -> None:
    log().info("\U0001d400" * 5_000)
    assert len(os.read(pipe[0], 1 << 20)) <= 4_096


def test_a_full_pipe_makes_nobody_wait_and_what_is_missing_is_told(
    log: Begin, pipe: tuple[int, int]
) -> None:
    written = log()
    for _ in range(1_000):
        written.info("x" * 200)
    kept = len(read(pipe))
    assert 0 < kept < 1_000
    written.info("there is room again")
    told, last = read(pipe)
    assert f"WARNING {1_000 - kept} lines before this one could not be written" in told
    assert last.endswith("INFO there is room again")
    written.info("said once")
    assert len(read(pipe)) == 1


def test_nobody_who_listens_is_no_reason_to_stop(log: Begin, pipe: tuple[int, int]) -> None:
    os.close(pipe[0])
    log().info("to nobody")


def test_a_full_disk_is_no_reason_to_stop() -> None:
    program = "import sys; from connmon_shared.stage.log import begin; import logging;"
    program += "begin('connmon-x', verbose=True); logging.getLogger('connmon-x').info('lost')"
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        done = subprocess.run([sys.executable, "-c", program], stderr=full, check=False)
    assert done.returncode == 0
