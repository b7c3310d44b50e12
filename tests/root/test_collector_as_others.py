"""The collector as an ordinary user, and under a /proc that hides processes."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq
from helpers import NOBODY
from helpers_accounts import BOOT, python_for_others, stage_for_others

from connmon_shared import codec, sockets, wire
from connmon_shared.messages import Keyframe, Message, Status
from connmon_shared.stage.runtime import Runtime
from connmon_shared.timelines.states import State

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs uid 0"),
]

DEADLINE = 15.0  # seconds


@pytest.fixture
def directory() -> Iterator[Path]:
    """Yield a directory of nobody's own; pytest's are closed to it."""
    with tempfile.TemporaryDirectory(prefix="connmon-test-") as name:
        os.chown(name, NOBODY, NOBODY)
        yield Path(name)


def first_messages(directory: Path, command: list[str]) -> tuple[Status, Keyframe]:
    """Run `command` as nobody until it has sent its status and keyframe."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    subscriber = sockets.subscriber(context, wire.EVERYTHING)
    subscriber.bind(Runtime(directory).feed)
    os.chown(directory / "feed", NOBODY, NOBODY)
    seen: dict[type[Message], Message] = {}
    with subprocess.Popen(command, user=NOBODY, group=NOBODY, extra_groups=[]) as process:
        try:
            while not seen.keys() >= {Status, Keyframe}:  # a delta may come before them
                message = receive(subscriber)
                seen[type(message)] = message
        finally:
            process.terminate()
            context.destroy(linger=0)
    assert process.returncode == 128 + 15
    status, keyframe = seen[Status], seen[Keyframe]
    assert isinstance(status, Status)
    assert isinstance(keyframe, Keyframe)
    return status, keyframe


def receive(subscriber: sockets.Socket) -> Message:
    assert subscriber.poll(int(DEADLINE * 1_000)), "nothing came"
    header, body = wire.split(subscriber.recv_multipart())
    return codec.decode(header.kind, body)


@pytest.mark.parametrize("source", ["poll", "psutil"])
def test_an_ordinary_user_sees_sockets_and_is_told_what_is_hidden(
    directory: Path, source: str
) -> None:
    options = ["--runtime-dir", str(directory), "--source", source]
    command = [*stage_for_others("connmon_collector"), *options]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        status, keyframe = first_messages(directory, command)
    (row,) = (row for row in keyframe.connections if row.local_port == port)
    assert (row.state, row.pid, row.process) == (State.LISTEN, 0, "")
    assert any("hidden" in sentence for sentence in status.problems)


LOOK = """
import json, socket
from connmon_collector.sources.netlink_source import NetlinkSource
mine = socket.create_server(("127.0.0.1", 0))
source = NetlinkSource()
rows = source.sample().connections.values()
(row,) = [row for row in rows if row.local_port == mine.getsockname()[1]]
print(json.dumps([row.process, list(source.problems)]))
"""


def test_hidden_processes_are_told_under_hidepid() -> None:
    python = [python_for_others(), "-I", "-c", BOOT + f"exec({LOOK!r})"]
    mount = "mount -t proc -o hidepid=2 proc /proc && exec setpriv --reuid 65534 --clear-groups"
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", f'{mount} "$@"', "sh", *python],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    if "mount" in done.stderr:
        pytest.skip(f"cannot mount /proc here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    process, limits = json.loads(done.stdout)
    assert process.startswith("python"), "its own it may see"
    assert any("hidden" in sentence for sentence in limits)
