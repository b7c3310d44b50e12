"""What is made of the parsers agrees with them."""

import re
import tomllib
from pathlib import Path

import pytest
from manual.files import FOLDER, files

from connmon_shared.config.settings import Config

FILES = files()


@pytest.mark.parametrize("path", FILES)
def test_it_is_as_make_manual_writes_it(path: str) -> None:
    assert (FOLDER / path).read_text(encoding="utf-8") == FILES[path], "make manual writes it anew"


def test_the_sample_sets_nothing_and_is_right_without_its_marks() -> None:
    sample = FILES["display/connmon_display/commands/config.toml"]
    assert all(table in ({}, {"update": {}}) for table in tomllib.loads(sample).values())
    bare = re.sub(r"(?m)^#(?! |$)", "", sample)
    assert len(tomllib.loads(bare)) > 20
    config = Config(Path("sample"), bare)
    assert [str(each) for each in config.of("replay")][-2:] == [
        "speed in [replay]",
        "from in [replay]",
    ]
