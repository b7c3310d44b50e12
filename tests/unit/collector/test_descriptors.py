"""Descriptors as /proc shows them: nothing that a foreign process does may end us."""

import os
import socket
from pathlib import Path

import pytest

from connmon_collector.processes.descriptors import birth, descriptors, socket_inode


def test_a_socket_is_known_by_its_inode() -> None:
    with socket.socket() as opened:
        number = str(opened.fileno())
        assert number in descriptors("/proc", os.getpid())
        found = socket_inode("/proc", os.getpid(), number)
        assert found == os.fstat(opened.fileno()).st_ino


def test_a_file_whose_path_is_longer_than_any_is_no_socket(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        for _ in range(20):  # each step is short, the whole is not
            os.mkdir("d" * 250)  # noqa: PTH102 - a path of it could not be used
            os.chdir("d" * 250)
        descriptor = os.open("file", os.O_CREAT | os.O_RDWR)
    try:
        with pytest.raises(OSError, match="too long"):
            os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115 - what the kernel says
        assert socket_inode("/proc", os.getpid(), str(descriptor)) == 0
    finally:
        os.close(descriptor)


def test_who_has_ended_has_nothing() -> None:
    assert descriptors("/proc", 1 << 22) == []
    assert socket_inode("/proc", 1 << 22, "0") == 0
    assert birth("/proc", 1 << 22) == 0
