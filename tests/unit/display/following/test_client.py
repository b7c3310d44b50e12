"""What a display tells of its way to the enricher."""

from pathlib import Path

import pytest

from connmon_display.following import client as module
from connmon_display.following.client import Client
from connmon_shared.stage.loop import Loop
from connmon_shared.stage.runtime import Runtime


def test_a_viewer_that_was_stopped_blames_nobody_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(module, "boottime", lambda: clock[0])
    loop = Loop(stops=())
    client = Client(Runtime(tmp_path), loop)
    try:
        clock[0] = 10.0  # stopped meanwhile: what came is still on its way to us
        assert not client.own_problems
        assert not list(client.receive())
        assert not client.own_problems
        for second in range(11, 18):
            clock[0] = second
            assert not list(client.receive())
        assert client.own_problems
    finally:
        client.close()
        loop.close()
