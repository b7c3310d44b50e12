import socket
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import zmq
from helpers import ordinary_user

from connmon_shared import sockets
from connmon_shared.codec import MAX_ASKED, MAX_FRAME
from connmon_shared.sockets import EndpointError, Socket, check_path, probe


@pytest.fixture
def directory() -> Iterator[Path]:
    with TemporaryDirectory(prefix="cm") as name:
        yield Path(name)


@pytest.fixture
def context() -> Iterator[zmq.Context[Socket]]:
    with zmq.Context[Socket]() as made:
        yield made


def test_a_path_of_107_bytes_fits_and_one_of_108_does_not() -> None:
    assert check_path("ipc:///" + "x" * 106)
    with pytest.raises(EndpointError, match="108 bytes"):
        check_path("ipc:///" + "x" * 107)
    with pytest.raises(EndpointError, match="109 bytes"):
        check_path("ipc:///" + "x" * 106 + "é")


@pytest.mark.parametrize("endpoint", ["tcp://127.0.0.1:1", "/run/x", ""])
def test_only_ipc_is_supported(endpoint: str) -> None:
    with pytest.raises(EndpointError, match="only ipc://"):
        check_path(endpoint)


def test_a_probe_of_what_listens_says_nothing(directory: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(directory / "view"))
        listening.listen()
        probe(f"ipc://{directory}/view")


def test_a_probe_says_that_nothing_runs(directory: Path) -> None:
    with pytest.raises(EndpointError, match=f"nothing is running at {directory}"):
        probe(f"ipc://{directory}/view")


def test_a_probe_says_that_what_ran_has_ended(directory: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(directory / "view"))
    with pytest.raises(EndpointError, match="nothing is running"):
        probe(f"ipc://{directory}/view")


def test_a_probe_says_that_we_may_not(directory: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(directory / "view"))
        listening.listen()
        (directory / "view").chmod(0)
        with (
            ordinary_user(directory),
            pytest.raises(EndpointError, match="Permission denied"),
        ):
            probe(f"ipc://{directory}/view")


def test_a_probe_says_what_else_is_wrong(directory: Path) -> None:
    (directory / "file").write_text("")
    with pytest.raises(EndpointError, match=r"cannot connect to .*: Not a directory"):
        probe(f"ipc://{directory}/file/view")


def test_binding_where_something_is_in_the_way_is_said(
    directory: Path, context: zmq.Context[Socket]
) -> None:
    (directory / "view").mkdir()
    with (
        sockets.server(context) as server,
        pytest.raises(EndpointError, match="cannot listen at"),
    ):
        sockets.bind(server, f"ipc://{directory}/view")


def test_every_socket_has_short_queues_bounded_frames_and_no_linger(
    context: zmq.Context[Socket],
) -> None:
    made = {
        sockets.publisher(context): 456,
        sockets.subscriber(context, b"v2/"): MAX_FRAME + 33,
        sockets.server(context): 1_024,
        sockets.client(context): MAX_FRAME + 33,
    }
    for sock, longest in made.items():
        assert sock.getsockopt(zmq.MAXMSGSIZE) == longest
        assert sock.getsockopt(zmq.RCVHWM) == sockets.QUEUE
        answers = sock.getsockopt(zmq.TYPE) == zmq.ROUTER
        assert sock.getsockopt(zmq.SNDHWM) == (3 * MAX_ASKED if answers else sockets.QUEUE)
        assert sock.getsockopt(zmq.LINGER) == 0
        assert sock.getsockopt(zmq.HANDSHAKE_IVL) == 5_000
        sock.close()


def test_a_publisher_hears_of_every_subscription(
    directory: Path, context: zmq.Context[Socket]
) -> None:
    with (
        sockets.publisher(context) as publisher,
        sockets.subscriber(context, b"v2/") as first,
        sockets.subscriber(context, b"v2/") as second,
    ):
        publisher.setsockopt(zmq.RCVTIMEO, 20_000)
        sockets.bind(publisher, f"ipc://{directory}/view")
        for viewer in (first, second):
            viewer.connect(f"ipc://{directory}/view")
            assert publisher.recv() == b"\x01v2/"
