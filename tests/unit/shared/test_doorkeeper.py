"""What is logged of those who are refused: requests of ZAP, as libzmq sends them."""

from collections.abc import Iterator

import pytest
import zmq
from helpers import wait_until
from zmq.utils import z85

from connmon_shared.access.doorkeeper import Doorkeeper
from connmon_shared.access.roles import Role
from connmon_shared.sockets import Socket


@pytest.fixture
def asking() -> Iterator[Socket]:
    with zmq.Context() as context, context.socket(zmq.REQ) as sock:
        yield sock


def knock(asking: Socket, keeper: Doorkeeper, number: int) -> list[str]:
    key = number.to_bytes(32, "big")
    asking.send_multipart([b"1.0", b"1", Role.VIEWER.encode(), b"192.0.2.1", b"", b"CURVE", key])
    notes = keeper.answer()
    assert asking.recv_multipart()[2] == b"400"
    return notes


def test_so_many_strangers_are_named_and_no_more(asking: Socket) -> None:
    keeper = Doorkeeper(asking.context, {})
    with keeper.socket:
        asking.connect("inproc://zeromq.zap.01")
        assert sum(len(knock(asking, keeper, number)) for number in range(20)) == 16


def test_after_a_while_they_are_named_again_and_the_others_were_counted(asking: Socket) -> None:
    keeper = Doorkeeper(asking.context, {}, window=0.5)
    key = z85.encode((99).to_bytes(32, "big")).decode()
    notes: list[str] = []

    def told() -> bool:
        for number in range(20):
            notes.extend(knock(asking, keeper, number))
        notes.extend(knock(asking, keeper, 99))
        return any("times more" in note for note in notes)

    with keeper.socket:
        asking.connect("inproc://zeromq.zap.01")
        wait_until(told)
        wait_until(lambda: any(key in note for note in knock(asking, keeper, 99)))
