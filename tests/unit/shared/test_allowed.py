import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zmq.utils import z85

from connmon_shared.access.allowed import Allowed, parse, place, read_allowed, server_key
from connmon_shared.access.keys import is_key
from connmon_shared.access.roles import Role
from connmon_shared.access.trust import TrustError

LAPTOP, DESK = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", "0" * 40


def test_keys_names_and_comments() -> None:
    text = f"# those on call\n{LAPTOP} the laptop # of Ann\n\n\t{DESK}\n  # {DESK} gone\n"
    assert parse(text) == Allowed({LAPTOP: "the laptop # of Ann", DESK: ""})


@given(st.binary(min_size=32, max_size=32))
def test_no_key_is_taken_for_a_comment(raw: bytes) -> None:
    key = z85.encode(raw).decode()
    assert list(parse(key).names) == [key]


def test_a_bad_line_is_named_and_allows_nobody() -> None:
    allowed = parse(f"{DESK}\nnonsense \x1b[2J\n{LAPTOP}x\n", "/l")
    assert list(allowed.names) == [DESK]
    assert allowed.problems == (
        "/l, line 2: 'nonsense ?[2J' begins with no key",
        f"/l, line 3: {LAPTOP + 'x'!r} begins with no key",
    )


@given(st.text())
def test_any_text_parses(text: str) -> None:
    assert all(map(is_key, parse(text).names))


def test_no_list_allows_nobody(tmp_path: Path) -> None:
    assert read_allowed(tmp_path, Role.VIEWER) == Allowed({})


def test_a_list_that_others_may_change_is_refused(tmp_path: Path) -> None:
    place(tmp_path, Role.VIEWER).write_text(DESK)
    place(tmp_path, Role.VIEWER).chmod(0o620)
    with pytest.raises(TrustError, match=r"mode 620\): chmod 600"):
        read_allowed(tmp_path, Role.VIEWER)
    place(tmp_path, Role.VIEWER).chmod(0o644)
    assert read_allowed(tmp_path, Role.VIEWER) == Allowed({DESK: ""})


def test_a_list_beyond_bounds_is_refused(tmp_path: Path) -> None:
    place(tmp_path, Role.VIEWER).touch()
    os.truncate(place(tmp_path, Role.VIEWER), 1 << 30)
    with pytest.raises(TrustError, match="more than 1048576 bytes"):
        read_allowed(tmp_path, Role.VIEWER)


def test_a_server_key_is_given_itself_or_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "web1"
    path.write_text(f"{LAPTOP} web1\n")
    assert server_key(LAPTOP) == LAPTOP
    assert server_key(str(path)) == LAPTOP


@pytest.mark.parametrize("text", ["", "none", "\0", "/", "~" * 40])
def test_what_is_no_server_key(text: str) -> None:
    with pytest.raises(TrustError, match=r"neither a key nor a file with one.*connmon keys show"):
        server_key(text)
