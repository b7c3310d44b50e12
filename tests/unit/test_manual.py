"""What is made of the parsers agrees with them."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from manual.files import FOLDER, files
from manual.man import file_name
from manual.programs import Command, commands

from connmon_shared.config.settings import Config

FILES = files()
PAGES = [path for path in FILES if path.startswith("deploy/share/man")]


@pytest.mark.parametrize("path", FILES)
def test_it_is_as_make_manual_writes_it(path: str) -> None:
    assert (FOLDER / path).read_text(encoding="utf-8") == FILES[path], "make manual writes it anew"


def test_the_sample_sets_nothing_and_is_right_without_its_marks() -> None:
    sample = FILES["display/connmon_display/commands/config.toml"]
    assert all(table in ({}, {"update": {}}) for table in tomllib.loads(sample).values())
    bare = re.sub(r"(?m)^#(?! |$)", "", sample)
    assert len(tomllib.loads(bare)) > 20
    config = Config(Path("sample"), bare)
    assert not config.mistakes
    assert [str(each) for each in config.of("replay")][-2:] == [
        "speed in [replay]",
        "from in [replay]",
    ]


@pytest.mark.parametrize("command", commands(), ids=lambda command: command.name)
def test_a_man_page_names_every_option(command: Command) -> None:
    page = (FOLDER / f"deploy/share/man/man1/{file_name(command)}.1").read_text(encoding="utf-8")
    options = {option for action in command.options for option in action.option_strings}
    named = {name.replace("\\-", "-") for name in re.findall(r"\\fB(\\-[^ ]+?)\\fR", page)}
    assert options
    assert named == options


@pytest.mark.skipif(not shutil.which("man") or not shutil.which("groff"), reason="no man, groff")
@pytest.mark.parametrize("path", PAGES)
def test_man_has_nothing_to_warn_of(path: str) -> None:
    env = os.environ | {"LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MAN_KEEP_FORMATTING": ""}
    shown = subprocess.run(
        ["man", "--warnings", "-l", FOLDER / path],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stderr == ""
    assert "SYNOPSIS" in shown.stdout


def test_what_is_installed_is_what_is_made() -> None:
    there = {
        str(path.relative_to(FOLDER)) for path in FOLDER.glob("deploy/share/**/*") if path.is_file()
    }
    assert there == {path for path in FILES if path.startswith("deploy/share/")}


def test_a_wheel_brings_all_of_it(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run([*build, "--directory", tmp_path], cwd=FOLDER, capture_output=True, check=True)
    [wheel] = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    installed = {name.partition(".data/data/")[2] for name in names}
    written = {path.removeprefix("deploy/") for path in FILES if path.startswith("deploy/share/")}
    assert written <= installed
    assert "connmon_display/commands/config.toml" in names
