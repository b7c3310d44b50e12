"""When a stage that has ended is started again."""

import signal

import pytest

from connmon_display.launcher.restarts import Restarts

SHORT = 0.2


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("shell", [0, 1])
def test_who_worked_and_is_killed_comes_back_after_a_short_pause_every_time(
    number: int, shell: int
) -> None:
    restarts, code = Restarts(), 128 + number if shell else -number
    assert {restarts.pause(code, 0.1, ready=True) for _ in range(100)} == {SHORT}


def test_who_worked_for_long_comes_back_after_a_short_pause_whatever_ended_it() -> None:
    restarts = Restarts()
    assert {restarts.pause(code, 11, ready=True) for code in (70, 1, -signal.SIGABRT)} == {SHORT}


@pytest.mark.parametrize(
    ("code", "lived", "ready"),
    [(-signal.SIGKILL, 0.1, False), (70, 9, True), (-signal.SIGSEGV, 0.1, True), (3, 60, False)],
)
def test_who_cannot_start_backs_off_and_is_given_up(code: int, lived: float, ready: bool) -> None:  # noqa: FBT001 - a parameter of the test
    restarts = Restarts()
    assert [restarts.pause(code, lived, ready=ready) for _ in range(5)] == [0.5, 1, 2, 4, None]


def test_a_start_that_worked_makes_up_for_the_ones_that_did_not() -> None:
    restarts = Restarts()
    failures = [restarts.pause(70, 0.1, ready=False) for _ in range(4)]
    assert restarts.pause(-signal.SIGKILL, 0.1, ready=True) == SHORT
    assert [restarts.pause(70, 0.1, ready=False) for _ in range(4)] == failures
