import os
from pathlib import Path

import pytest

from connmon_shared.stage.runtime import (
    ENVIRONMENT,
    Runtime,
    RuntimeDirectoryError,
    default_directory,
    of_endpoint,
)


def test_the_directory_is_made_and_closed_to_others(tmp_path: Path) -> None:
    runtime = Runtime(tmp_path / "a" / "b")
    runtime.create()
    assert runtime.directory.stat().st_mode & 0o777 & ~0o750 == 0
    runtime.create()


@pytest.mark.parametrize("mode", [0o770, 0o755, 0o751, 0o702, 0o777])
def test_a_directory_that_others_may_enter_or_change_is_refused(tmp_path: Path, mode: int) -> None:
    directory = tmp_path / "open"
    directory.mkdir()
    directory.chmod(mode)
    with pytest.raises(RuntimeDirectoryError, match=f"mode {mode:o}.*--runtime-dir"):
        Runtime(directory).create()


@pytest.mark.parametrize("mode", [0o700, 0o750])
def test_a_directory_that_is_closed_to_others_is_taken(tmp_path: Path, mode: int) -> None:
    directory = tmp_path / "closed"
    directory.mkdir()
    directory.chmod(mode)
    Runtime(directory).create()


def test_a_link_is_refused_even_to_a_good_directory(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(RuntimeDirectoryError, match="no directory"):
        Runtime(tmp_path / "link").create()


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RuntimeDirectoryError, match="--runtime-dir"):
        Runtime(tmp_path / "file").create()
    with pytest.raises(RuntimeDirectoryError, match="cannot create"):
        Runtime(tmp_path / "file" / "below").create()


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_directory_of_another_user_is_refused(tmp_path: Path) -> None:
    directory = tmp_path / "theirs"
    directory.mkdir(mode=0o700)
    os.chown(directory, 65_534, 65_534)
    with pytest.raises(RuntimeDirectoryError, match="owner 65534"):
        Runtime(directory).create()


def test_the_places_in_it() -> None:
    runtime = Runtime(Path("/run/x"))
    assert (runtime.feed, runtime.view) == ("ipc:///run/x/feed", "ipc:///run/x/view")
    assert (runtime.state, str(runtime.lock)) == ("ipc:///run/x/state", "/run/x/lock")
    assert str(runtime.log) == "/run/x/connmon.log"


def test_a_path_too_long_for_a_socket_is_said(tmp_path: Path) -> None:
    with pytest.raises(RuntimeDirectoryError, match="--runtime-dir"):
        Runtime(tmp_path / ("x" * 100))


def test_the_hint_names_the_directory_unless_it_is_the_usual_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Runtime(tmp_path).hint.endswith(f"connmon-display {tmp_path}")
    monkeypatch.setenv("CONNMON_RUNTIME_DIR", str(tmp_path))
    assert Runtime(tmp_path).hint.endswith("connmon-display (or: make view)")


def test_only_ipc_endpoints_are_taken() -> None:
    with pytest.raises(RuntimeDirectoryError, match="name a directory"):
        of_endpoint("udp://127.0.0.1:5000")


@pytest.mark.parametrize("endpoint", ["/run/x", "ipc:///run/x"])
def test_an_endpoint_names_a_directory(endpoint: str) -> None:
    assert of_endpoint(endpoint) == Runtime(Path("/run/x"))


def test_the_default_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, "/run/a")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/7")
    assert default_directory() == Path("/run/a")
    monkeypatch.delenv(ENVIRONMENT)
    assert default_directory() == Path("/run/user/7/connmon")
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert default_directory().name.startswith("connmon")
