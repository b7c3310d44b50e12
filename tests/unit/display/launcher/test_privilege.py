"""Asking for root: only when it is of use, and without it all goes on."""

import os
from pathlib import Path

import pytest
from helpers import ordinary_user

from connmon_display.launcher.privilege import privileged_prefix


@pytest.fixture
def sudo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a sudo that grants when a file named `granted` lies beside it, and notes its words."""
    program = tmp_path / "sudo"
    program.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$*" >> {tmp_path}/asked\ntest -e {tmp_path}/granted\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return program


def reachable(path: Path) -> None:
    """Let an ordinary user in: pytest's folders are closed to others."""
    for folder in (path, *path.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o011)


def prefix_of_an_ordinary_user(sudo: Path, *, ask: bool) -> list[str]:
    reachable(sudo.parent)
    with ordinary_user(sudo.parent):
        return privileged_prefix(["collect", "--now"], ask=ask)


def test_granted_the_collector_runs_under_sudo(sudo: Path) -> None:
    (sudo.parent / "granted").touch()
    assert prefix_of_an_ordinary_user(sudo, ask=True) == [str(sudo), "-n", "--"]


def test_without_a_terminal_nobody_is_asked_for_a_password(sudo: Path) -> None:
    prefix_of_an_ordinary_user(sudo, ask=True)
    assert (sudo.parent / "asked").read_text(encoding="utf-8") == "-n -v\n"


def test_refused_the_collector_runs_as_it_is(sudo: Path) -> None:
    assert prefix_of_an_ordinary_user(sudo, ask=True) == []


def test_a_sudo_that_does_not_allow_this_command_is_not_used(sudo: Path) -> None:
    (sudo.parent / "granted").touch()
    sudo.write_text('#!/bin/sh\ncase "$*" in *collect*) exit 1;; esac\n', encoding="utf-8")
    assert prefix_of_an_ordinary_user(sudo, ask=True) == []


def test_who_does_not_want_to_be_asked_is_not(sudo: Path) -> None:
    (sudo.parent / "granted").touch()
    assert prefix_of_an_ordinary_user(sudo, ask=False) == []
    assert not (sudo.parent / "asked").exists()


@pytest.mark.root
def test_root_needs_no_sudo(sudo: Path) -> None:
    (sudo.parent / "granted").touch()
    assert privileged_prefix(["collect"], ask=True) == []
