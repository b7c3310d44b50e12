"""`connmon keys` as people use it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest
from helpers import DEADLINE

from connmon_shared.access.allowed import read_allowed
from connmon_shared.access.keys import ENVIRONMENT, load
from connmon_shared.access.roles import Role
from connmon_shared.stage.exits import Exit

CONNMON = Path(sys.executable).with_name("connmon")
LAPTOP, DESK = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", "0" * 40


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def keys(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [CONNMON, "keys", *arguments],
        env=os.environ | {ENVIRONMENT: str(place)},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )


def test_create_shows_the_public_key_and_never_the_secret(place: Path) -> None:
    for done in (keys(place, "create"), keys(place, "show")):
        assert not done.returncode, done.stderr
        assert f"  {load(place).public}\n" in done.stdout
        assert load(place).secret not in done.stdout
    assert "nobody" in done.stdout


def test_who_is_allowed_is_shown_until_revoked(place: Path) -> None:
    keys(place, "create")
    assert keys(place, "allow", LAPTOP, "Ann's laptop").stdout.startswith("allowed Ann's laptop")
    keys(place, "allow", DESK)
    assert read_allowed(place, Role.VIEWER).names == {LAPTOP: "Ann's laptop", DESK: ""}
    assert f"{LAPTOP}  Ann's laptop\n  {DESK}\n" in keys(place, "show").stdout
    assert keys(place, "revoke", "Ann's laptop").stdout.startswith("revoked Ann's laptop")
    assert keys(place, "revoke", DESK).stdout.startswith("revoked")
    assert not read_allowed(place, Role.VIEWER).names


def test_a_collector_is_allowed_by_itself_and_revoked_together(place: Path) -> None:
    keys(place, "create")
    said = keys(place, "allow", "--collector", LAPTOP, "web1").stdout
    assert said.startswith("allowed web1 as a collector; ")
    assert read_allowed(place, Role.COLLECTOR).names == {LAPTOP: "web1"}
    assert not read_allowed(place, Role.VIEWER).names
    keys(place, "allow", LAPTOP, "web1")
    shown = keys(place, "show").stdout
    assert [line[-4:] for line in shown.splitlines() if LAPTOP in line] == ["web1", "web1"]
    said = keys(place, "revoke", "web1").stdout
    assert said.startswith("revoked web1 as a viewer and a collector; ")
    assert not any(read_allowed(place, role).names for role in Role)


def test_who_is_kept_under_another_name_than_was_typed_is_revoked_by_what_was_typed(
    place: Path,
) -> None:
    keys(place, "create")
    keys(place, "allow", LAPTOP, "李")
    assert not keys(place, "revoke", "李").returncode
    assert not read_allowed(place, Role.VIEWER).names


def test_the_list_is_closed_to_others_and_keeps_its_comments(place: Path) -> None:
    keys(place, "allow", LAPTOP, "old")
    listing = place / "viewers"
    assert listing.stat().st_mode & 0o777 == 0o600
    listing.write_text(f"# mine\n{LAPTOP} old\n")
    said = keys(place, "allow", LAPTOP, "new").stdout
    assert said.startswith("allowed new as a viewer, no longer called old; ")
    assert listing.read_text() == f"# mine\n{LAPTOP} new\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["show"], Exit.NO_PERMISSION, "connmon keys create"),
        (["allow", "short"], Exit.USAGE, "'short' is no key: it has 40 characters"),
        (["revoke", LAPTOP], Exit.USAGE, "connmon keys show"),
        (["revoke", ""], Exit.USAGE, "connmon keys show"),
        ([], Exit.USAGE, "connmon keys --help"),
        (["steal"], Exit.USAGE, "connmon keys --help"),
    ],
)
def test_a_mistake_is_one_line(place: Path, arguments: list[str], code: Exit, said: str) -> None:
    done = keys(place, *arguments)
    assert done.returncode == code
    assert said in done.stderr
    assert done.stderr.startswith("connmon keys: ")
    assert done.stderr.count("\n") == 1


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for arguments in (["create"], ["allow", LAPTOP]):
        done = keys(tmp_path / "file" / "keys", *arguments)
        assert (done.returncode, done.stderr.count("\n")) == (Exit.NO_PERMISSION, 1), done.stderr


def shown_to(place: Path, out: int | IO[bytes]) -> tuple[int, bytes]:
    """Return the exit code and the complaints when standard output is `out`."""
    keys(place, "create")
    done = subprocess.run(
        [CONNMON, "keys", "show"],
        env=os.environ | {ENVIRONMENT: str(place)},
        stdout=out,
        stderr=subprocess.PIPE,
        check=False,
    )
    return done.returncode, done.stderr


def test_output_that_cannot_be_written_is_one_line(place: Path) -> None:
    said = b"connmon keys: cannot write to standard output: No space left on device\n"
    with Path("/dev/full").open("wb") as full:
        assert shown_to(place, full) == (Exit.WRITE_ERROR, said)


def test_who_reads_no_further_is_no_mistake(place: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    assert shown_to(place, writing) == (Exit.OK, b"")
    os.close(writing)


def test_the_help_of_connmon_names_it() -> None:
    done = subprocess.run([CONNMON, "--help"], capture_output=True, text=True, check=True)
    assert "connmon keys" in done.stdout
