"""The view over real sockets: who is counted, who is let go, and who misses what."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zmq
from helpers import wait_until

from connmon_enricher.callers import MAX_TOPICS
from connmon_enricher.view import View
from connmon_shared import sockets, wire

MESSAGE = [b"v2/web1/delta", b"header", b"body"]


@pytest.fixture
def context() -> Iterator[zmq.Context[sockets.Socket]]:
    made: zmq.Context[sockets.Socket] = zmq.Context()
    yield made
    made.destroy(linger=0)


Join = Callable[[], sockets.Socket]


@pytest.fixture
def endpoint(directory: Path) -> str:
    return f"ipc://{directory}/view"


@pytest.fixture
def view(context: zmq.Context[sockets.Socket], endpoint: str) -> View:
    return View(context, endpoint)


@pytest.fixture
def join(context: zmq.Context[sockets.Socket], view: View, endpoint: str) -> Iterator[Join]:
    with contextlib.ExitStack() as opened:

        def subscribe() -> sockets.Socket:
            before = view.viewers
            sock = opened.enter_context(sockets.subscriber(context, wire.EVERYTHING))
            sock.connect(endpoint)
            wait_until(lambda: view.joined() and view.viewers > before)
            return sock

        yield subscribe


@contextlib.contextmanager
def disconnections(sock: sockets.Socket) -> Iterator[sockets.Socket]:
    with sock.get_monitor_socket(zmq.EVENT_DISCONNECTED) as events:
        yield events
        sock.disable_monitor()


def test_who_subscribes_to_everything_is_counted_until_it_goes(view: View, join: Join) -> None:
    first, second = join(), join()
    first.subscribe(b"v2/web1/")
    wait_until(view.joined)
    assert view.viewers == 2
    second.close()
    wait_until(lambda: view.joined() or view.viewers == 1)
    first.unsubscribe(wire.EVERYTHING)
    wait_until(lambda: view.joined() or view.viewers == 0)
    assert not view.joined()


def test_who_subscribes_to_too_much_is_let_go_and_nobody_else(view: View, join: Join) -> None:
    honest, greedy = join(), join()
    with disconnections(honest) as kept, disconnections(greedy) as lost:
        for number in range(MAX_TOPICS - 1):
            greedy.subscribe(b"topic %d" % number)
            wait_until(lambda: view.joined() and not greedy.poll(0))
        assert not lost.poll(100)
        greedy.subscribe(b"one more")
        wait_until(lambda: view.joined() or lost.poll(10))
        wait_until(lambda: view.joined() or lost.poll(10))
        assert not kept.poll(0)
    greedy.close()
    view.publish(MESSAGE)
    assert honest.recv_multipart() == MESSAGE


def test_who_changes_its_topics_may_go_on_for_ever(view: View, join: Join) -> None:
    sock = join()
    with disconnections(sock) as lost:
        for number in range(3 * MAX_TOPICS):
            sock.subscribe(b"topic %d" % number)
            wait_until(lambda: view.joined() and not sock.poll(0))
            sock.unsubscribe(b"topic %d" % number)
        assert not lost.poll(100)


def test_descriptors_that_are_used_again_are_counted_anew(view: View, join: Join) -> None:
    for _ in range(3 * MAX_TOPICS):
        sock = join()
        sock.close()
        wait_until(lambda: view.joined() or view.viewers == 0)
    stays = join()
    view.publish(MESSAGE)
    assert stays.recv_multipart() == MESSAGE


def test_who_does_not_read_is_given_up_and_others_miss_nothing(view: View, join: Join) -> None:
    reading, asleep = join(), join()
    large = [*MESSAGE[:2], bytes(100_000)]
    for number in range(3_000):
        view.publish(large)
        assert reading.poll(20_000), f"message {number} is missing"
        reading.recv_multipart()
    assert view.late
    assert asleep.poll(0)
