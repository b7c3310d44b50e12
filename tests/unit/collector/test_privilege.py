"""What we may do, and whom root becomes."""

import os
import sys
from pathlib import Path

import pytest
from helpers import NOBODY, ordinary_user

from connmon_collector import syscalls
from connmon_collector.privilege.capabilities import (
    KEPT,
    Capability,
    has,
    mask_of,
    missing,
    sees_processes,
)
from connmon_shared.stage.runtime import Account, Runtime

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")
NEEDS_ROOT = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give things away"
)


def test_a_mask_has_the_kernels_bits() -> None:
    assert mask_of(KEPT) == 0x80004
    assert mask_of([]) == 0
    assert mask_of([Capability.PERFMON, Capability.PERFMON]) == 1 << 38
    assert str(Capability.SYS_PTRACE) == "CAP_SYS_PTRACE"


@LINUX
def test_what_is_in_effect_is_what_proc_says() -> None:
    status = Path("/proc/self/status").read_text("utf-8")
    said = int(status.partition("CapEff:")[2].split()[0], 16)
    assert syscalls.capget().effective == said
    for capability in Capability:
        assert has(capability) == bool(said >> capability & 1)
        assert (capability in missing([capability])) != has(capability)


@LINUX
def test_setting_the_capabilities_that_we_have_changes_nothing() -> None:
    before = syscalls.capget()
    syscalls.capset(before)
    assert syscalls.capget() == before


@LINUX
def test_an_ordinary_user_has_none(tmp_path: Path) -> None:
    with ordinary_user(tmp_path):
        assert missing(KEPT) == KEPT
        assert not sees_processes()


@LINUX
@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: syscalls.setns(-1, 0), "Bad file descriptor"),
        (lambda: syscalls.prctl(-1), "Invalid argument"),
        (lambda: syscalls.perf_event_open(bytes(112), -1, -1, -1, 0), "."),
    ],
)
def test_a_refused_call_is_an_error_in_words(call: object, words: str) -> None:
    assert callable(call)
    with pytest.raises(OSError, match=words) as raised:
        call()
    assert raised.value.errno


@LINUX
def test_a_machine_whose_call_is_not_known_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syscalls, "_MACHINE", "pdp11")
    with pytest.raises(OSError, match="perf_event_open is not known on pdp11"):
        syscalls.perf_event_open(b"", 0, 0, 0, 0)


@LINUX
def test_root_becomes_nobody_in_roots_directory_and_who_called_sudo_before_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = Runtime(tmp_path / "r")
    monkeypatch.setenv("SUDO_UID", "54321")
    assert runtime.collector_account() == Account(54_321, NOBODY)
    for nonsense in ("0", "", "-1", "x"):
        monkeypatch.setenv("SUDO_UID", nonsense)
        assert runtime.collector_account() == Account(NOBODY, NOBODY)
    monkeypatch.setenv("SUDO_UID", "54321")
    runtime.create()
    assert runtime.collector_account().uid == (os.geteuid() or NOBODY)


@LINUX
@pytest.mark.root
@NEEDS_ROOT
def test_root_becomes_who_owns_the_directory(tmp_path: Path) -> None:
    runtime = Runtime(tmp_path)
    assert runtime.collector_account() == Account(NOBODY, NOBODY)
    os.chown(tmp_path, 54_321, 0)
    assert runtime.collector_account() == Account(54_321, NOBODY), "and not of root's group"


@LINUX
@pytest.mark.root
@NEEDS_ROOT
def test_only_the_feed_is_given_away(tmp_path: Path) -> None:
    runtime = Runtime(tmp_path / "r")
    runtime.create()
    for name in ("feed", "view", "state"):
        (runtime.directory / name).touch(0o600)
    runtime.admit_collector()
    owners = {entry.name: entry.stat().st_uid for entry in runtime.directory.iterdir()}
    assert owners == {"feed": NOBODY, "view": 0, "state": 0}
    assert runtime.directory.stat().st_uid == 0
    assert runtime.directory.stat().st_mode & 0o777 == 0o700
    runtime.create()
