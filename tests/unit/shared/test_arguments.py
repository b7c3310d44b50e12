import os
from pathlib import Path

import pytest

from connmon_shared import ATTRIBUTION, __version__
from connmon_shared.stage.arguments import add_common_options, add_lifeline
from connmon_shared.stage.parser import Parser


@pytest.fixture
def parser() -> Parser:
    made = Parser(prog="connmon-test")
    add_common_options(made)
    add_lifeline(made)
    return made


def test_a_mistake_is_one_line_that_says_where_help_is(
    parser: Parser, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(["--bogus"])
    assert ended.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("connmon-test: ")
    assert "connmon-test --help" in line


def test_the_version_is_told_with_whose_the_data_is(
    parser: Parser, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(["--version"])
    assert ended.value.code == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert first == f"connmon {__version__}, MIT License"
    assert rest == [f"Countries and networks: {ATTRIBUTION}"]


def test_the_runtime_directory_is_a_path(parser: Parser) -> None:
    assert parser.parse_args(["--runtime-dir", "/run/x"]).runtime_dir == Path("/run/x")


def test_a_lifeline_is_an_open_descriptor(parser: Parser) -> None:
    reading, writing = os.pipe()
    assert parser.parse_args([f"--lifeline={reading}"]).lifeline == reading
    os.close(reading)
    os.close(writing)
    assert parser.parse_args([]).lifeline is None


@pytest.mark.parametrize("descriptor", ["x", "-1", "987654", "9" * 40, "\x1b[2J"])
def test_what_is_no_open_descriptor_is_refused(
    parser: Parser, capsys: pytest.CaptureFixture[str], descriptor: str
) -> None:
    with pytest.raises(SystemExit):
        parser.parse_args([f"--lifeline={descriptor}"])
    said = capsys.readouterr().err
    assert "no open descriptor" in said
    assert "\x1b" not in said


def test_help_does_not_tell_of_the_lifeline(
    parser: Parser, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parser.parse_args(["--help"])
    assert "lifeline" not in capsys.readouterr().out
