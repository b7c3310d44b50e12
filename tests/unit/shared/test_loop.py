import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
import zmq
from helpers import DEADLINE, wait_until

from connmon_shared.stage.loop import STOP_SIGNALS, Loop, Timer

Make = Callable[..., Loop]


@pytest.fixture
def make() -> Iterator[Make]:
    """Yield what makes a loop; afterwards the signals are pytest's again."""
    numbers = (*STOP_SIGNALS, signal.SIGUSR1)
    before = [(number, signal.signal(number, signal.SIG_DFL)) for number in numbers]
    with contextlib.ExitStack() as made:
        yield lambda *args, **options: made.enter_context(
            contextlib.closing(Loop(*args, **options))
        )
    for number, handler in before:
        signal.signal(number, handler)


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_a_signal_wakes_the_loop_and_asks_it_to_stop(make: Make, number: signal.Signals) -> None:
    loop = make()
    os.kill(os.getpid(), number)
    assert loop.wait(DEADLINE) == {}
    assert loop.stopping == number


def test_to_wait_only_for_one_takes_in_nothing_else(make: Make) -> None:
    loop = make()
    one, other = socket.socketpair()
    with one, other:
        loop.watch(one.fileno())
        other.send(b"x")
        assert loop.wait_only(other.fileno(), zmq.POLLOUT, DEADLINE) == {
            other.fileno(): zmq.POLLOUT
        }
        assert loop.wait_only(other.fileno(), zmq.POLLIN, 0) == {}
        assert loop.wait(0) == {one.fileno(): zmq.POLLIN}
        os.kill(os.getpid(), signal.SIGTERM)
        assert loop.wait_only(other.fileno(), zmq.POLLIN, DEADLINE) == {}
        assert loop.stopping == signal.SIGTERM


def test_the_first_signal_counts(make: Make) -> None:
    loop = make()
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGINT)
    assert loop.stopping == signal.SIGTERM


def test_noted_signals_are_kept_and_do_not_stop(make: Make) -> None:
    loop = make(notes=(signal.SIGUSR1,))
    os.kill(os.getpid(), signal.SIGUSR1)
    loop.wait(DEADLINE)
    assert loop.stopping is None
    assert loop.take_notes() == [signal.SIGUSR1]
    assert loop.take_notes() == []


def test_an_ignored_signal_stays_ignored(make: Make) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    loop = make()
    os.kill(os.getpid(), signal.SIGHUP)
    loop.wait(0)
    assert loop.stopping is None


def test_a_loop_that_is_closed_gives_the_signals_back(make: Make) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    loop = make(notes=(signal.SIGUSR1,))
    loop.close()
    assert signal.getsignal(signal.SIGUSR1) == signal.SIG_DFL
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert loop.stopping is None


def test_a_lifeline_that_closes_asks_to_stop(make: Make) -> None:
    reading, writing = os.pipe()
    loop = make(reading)
    os.write(writing, b"still here")
    stops = []
    stops.append((loop.wait(DEADLINE), loop.stopping))
    os.close(writing)
    stops.append((loop.wait(DEADLINE), loop.stopping))
    assert stops == [({}, None), ({}, 0)]
    loop.wait(0)  # and is watched no longer
    os.close(reading)


def test_a_lifeline_closes_when_its_holder_is_killed(make: Make) -> None:
    reading, writing = os.pipe()
    holder = subprocess.Popen(
        [sys.executable, "-Ic", "import signal; signal.pause()"], pass_fds=(writing,)
    )
    os.close(writing)
    loop = make(reading)
    holder.kill()
    holder.wait()
    wait_until(lambda: loop.wait(1) == {} and loop.stopping == 0)
    os.close(reading)


@pytest.mark.parametrize("read", [True, False], ids=["read", "unread"])
def test_a_lifeline_may_be_a_socket_on_which_a_stage_tells_that_it_is_ready(
    make: Make, *, read: bool
) -> None:
    ours, theirs = socket.socketpair()
    loop = make(theirs.fileno())
    loop.ready()
    assert not read or ours.recv(10)
    ours.close()  # what was told and not read makes the next look at the lifeline fail
    assert loop.wait(DEADLINE) == {}
    assert loop.stopping == 0
    theirs.close()


def test_nobody_need_be_told_that_a_stage_is_ready(make: Make) -> None:
    make().ready()
    reading, writing = os.pipe()
    make(reading).ready()
    os.close(reading)
    os.close(writing)


def test_sockets_and_descriptors_are_waited_for_until_forgotten(make: Make) -> None:
    loop = make()
    reading, writing = os.pipe()
    with zmq.Context[zmq.Socket[bytes]]() as context, context.socket(zmq.PAIR) as sock:
        sock.bind("inproc://loop")
        with context.socket(zmq.PAIR) as peer:
            peer.connect("inproc://loop")
            loop.watch(sock)
            loop.watch(reading)
            os.write(writing, b"x")
            peer.send(b"x")
            assert loop.wait(DEADLINE) == {sock: zmq.POLLIN, reading: zmq.POLLIN}
            loop.forget(sock)
            loop.forget(reading)
            loop.forget(reading)
            assert loop.wait(0) == {}
    os.close(reading)
    os.close(writing)


def test_a_timer_is_due_at_once_and_then_once_a_period() -> None:
    timer = Timer(3_600)
    assert timer.left <= 0
    assert timer.take()
    assert not timer.take()
    assert 0 < timer.left <= 3_600


def test_a_timer_does_not_catch_up() -> None:
    timer = Timer(0)
    assert timer.take()
    assert timer.take()
    assert timer.left <= 0
