import time

from connmon_shared.stage.clock import Clock, boottime


def test_the_clock_is_read_once_and_then_carried_on() -> None:
    moment = 100.0
    clock = Clock(1_700_000_000.0, lambda: moment)
    moment += 2.5
    assert clock.now() == 1_700_000_002.5


def test_a_new_clock_tells_the_time() -> None:
    before = time.time()
    now = Clock().now()
    assert before - 1 <= now <= time.time() + 1


def test_the_monotonic_clock_never_goes_back() -> None:
    moments = [boottime() for _ in range(1_000)]
    assert moments == sorted(moments)
