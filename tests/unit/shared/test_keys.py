import os
from pathlib import Path

import pytest
from helpers import NOBODY

from connmon_shared.access.keys import (
    ENVIRONMENT,
    create,
    default_directory,
    is_key,
    load,
)
from connmon_shared.access.trust import TrustError

ZERO = "0" * 40


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """The secret of a new pair."""
    create(tmp_path / "keys")
    return tmp_path / "keys" / "secret-key"


def test_a_pair_is_loaded_as_it_was_made(tmp_path: Path) -> None:
    pair = create(tmp_path / "a" / "keys")
    assert load(tmp_path / "a" / "keys") == pair
    assert is_key(pair.public)
    assert is_key(pair.secret)
    assert pair.secret not in repr(pair)


def test_secret_and_directory_are_closed_to_others(made: Path) -> None:
    assert made.stat().st_mode & 0o777 == 0o600
    assert made.parent.stat().st_mode & 0o777 == 0o700


def test_a_second_pair_does_not_replace_the_first(made: Path) -> None:
    before = made.read_bytes()
    with pytest.raises(TrustError, match=r"is there already.*remove it"):
        create(made.parent)
    assert made.read_bytes() == before


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "secret-key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TrustError, match="is there already"):
        create(tmp_path)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660, 0o601, 0o777])
def test_a_secret_that_others_may_touch_is_refused(made: Path, mode: int) -> None:
    made.chmod(mode)
    with pytest.raises(TrustError, match=rf"open to others \(mode {mode:o}\): chmod \d00 {made}"):
        load(made.parent)


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_a_directory_that_others_may_change_is_refused(made: Path, mode: int) -> None:
    made.parent.chmod(mode)
    with pytest.raises(TrustError, match=f"{made.parent} is open to others"):
        load(made.parent)
    made.unlink()
    with pytest.raises(TrustError, match=f"{made.parent} is open to others"):
        create(made.parent)


def test_a_link_to_a_good_secret_is_refused(made: Path, tmp_path: Path) -> None:
    made.rename(tmp_path / "moved")
    made.symlink_to(tmp_path / "moved")
    with pytest.raises(TrustError, match=f"{made} is a link"):
        load(made.parent)


def test_a_directory_in_its_place_is_refused(made: Path) -> None:
    made.unlink()
    made.mkdir()
    with pytest.raises(TrustError, match="no regular file: move it away"):
        load(made.parent)


def test_a_pipe_in_its_place_is_refused_at_once(made: Path) -> None:
    made.unlink()
    os.mkfifo(made)
    with pytest.raises(TrustError, match="no regular file: move it away"):
        load(made.parent)


@pytest.mark.parametrize("content", [b"", b"secret\n", b"\xff\xfe", b"0" * 39, b"0" * 41])
def test_garbage_is_refused_with_what_to_do(made: Path, content: bytes) -> None:
    made.write_bytes(content)
    with pytest.raises(TrustError, match="move it away"):
        load(made.parent)


def test_a_host_without_a_key_is_told_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(TrustError, match="connmon keys create"):
        load(tmp_path / "none")


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_secret_of_another_user_is_refused(made: Path) -> None:
    os.chown(made, NOBODY, NOBODY)
    with pytest.raises(TrustError, match=f"another user.*chown 0 {made}"):
        load(made.parent)


@pytest.mark.parametrize(
    "text",
    ["", ZERO[1:], ZERO + "0", "~" + ZERO[1:], "ä" + ZERO[1:], "#####" + ZERO[5:], " " + ZERO[1:]],
)
def test_what_is_no_key(text: str) -> None:
    assert not is_key(text)


def test_where_keys_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path))
    assert default_directory() == tmp_path
    monkeypatch.delenv(ENVIRONMENT)
    monkeypatch.setenv("XDG_CONFIG_HOME", "/c")
    assert default_directory() == Path("/c/connmon/keys")
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", "/of-the-caller")
    expected = "~root" if os.geteuid() == 0 else "/of-the-caller"
    assert default_directory() == Path(expected).expanduser() / ".config/connmon/keys"


@pytest.mark.parametrize(
    ("user", "said"), [(0, r"root has .* with sudo connmon"), (7, r"this user has .* with connmon")]
)
def test_the_remedy_for_a_missing_key_names_whose_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: int, said: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    with pytest.raises(TrustError, match=said):
        load(tmp_path / "none")
