"""Which source is used on a system that lacks something."""

import contextlib
import errno
import os
import socket
import sys

import pytest

from connmon_collector.sources.base import SourceUnavailableError
from connmon_collector.sources.choose import open_source
from connmon_collector.sources.sock_diag.netlink import AF_NETLINK

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="netlink is Linux's")

REMEDIES = ("`connmon-collector --check` tells what helps", "run as root (sudo)")


class NoNetlink(socket.socket):
    """What a sandbox does that knows no netlink."""

    def __init__(self, family: int = -1, kind: int = -1, *others: int) -> None:
        if family == AF_NETLINK:
            raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
        super().__init__(family, kind, *others)


class NoGroups(socket.socket):
    """What a kernel does that tells nobody of destroyed sockets."""

    def bind(self, address: object) -> None:
        if self.family == AF_NETLINK and address != (0, 0):
            raise OSError(errno.EPERM, "Operation not permitted")
        super().bind(address)  # type: ignore[arg-type]


def test_auto_takes_psutil_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", NoNetlink)
    source = open_source("auto")
    assert source.name == "psutil"
    assert "Address family not supported" in source.problems[0]
    assert "psutil is used, so short connections" in source.problems[0]
    assert source.problems[0].endswith(REMEDIES)


def test_poll_insists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", NoNetlink)
    with pytest.raises(SourceUnavailableError, match="Address family not supported"):
        open_source("poll")


def test_without_messages_of_destroyed_sockets_it_polls_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "socket", NoGroups)
    source = open_source("poll")
    assert any("shorter than the interval are not seen" in limit for limit in source.limits)
    source.begin()
    assert not source.drain()
    source.close()


@pytest.mark.root
def test_a_source_that_fails_half_way_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.listdir("/proc/self/fd")  # noqa: PTH208 - names are what is wanted
    monkeypatch.setattr(socket, "socket", NoGroups)
    with pytest.raises(SourceUnavailableError, match="Operation not permitted"):
        open_source("events")
    assert os.listdir("/proc/self/fd") == before  # noqa: PTH208


@pytest.mark.root
def test_auto_then_takes_the_next_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", NoGroups)
    source = open_source("auto")
    source.close()
    assert source.name == "netlink"
    (problem,) = source.problems
    assert "Operation not permitted" in problem
    assert "containers are not seen" in problem
    assert problem.endswith(REMEDIES)


def test_nothing_is_wrong_with_a_source_that_was_asked_for() -> None:
    with contextlib.closing(open_source("poll")) as source:
        assert source.problems == ()
