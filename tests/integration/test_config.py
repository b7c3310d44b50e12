"""The config file with the programs as they are installed."""

import subprocess
from pathlib import Path

import pytest
from terminal_helpers import environment, program


def run(*arguments: str, file: Path | str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        program("connmon", *arguments),
        env=environment(CONNMON_CONFIG=str(file)),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_what_is_in_force_is_told_for_each_program(file: Path) -> None:
    file.write_text('width = 99\n[replay]\nspeed = "max"\nwidth = 70\n', encoding="utf-8")
    told = run("config", file=file)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith(f"# {file}\n")
    assert "\n[connmon]\nwidth = 99\n" in told.stdout
    assert '\n[replay]\nwidth = 70\nspeed = "max"\n' in told.stdout


def test_what_is_told_can_be_a_config_file_itself(file: Path) -> None:
    file.write_text('filter-file = ["/a", "/b"]\nascii = true\n', encoding="utf-8")
    told = run("config", file=file).stdout
    file.write_text(told, encoding="utf-8")
    assert run("config", file=file).stdout == told


def test_an_unknown_key_is_told(file: Path) -> None:
    file.write_text("widht = 99\n", encoding="utf-8")
    told = run("config", file=file)
    assert told.returncode == 2
    assert told.stderr == f"connmon config: {file}: there is no widht; is width meant?\n"


def test_a_sample_is_a_config_file_that_sets_nothing(file: Path) -> None:
    sample = run("config", "--sample", file="")
    file.write_text(sample.stdout, encoding="utf-8")
    assert run("config", file=file).stdout == f"# {file}\n"
    assert "#time-unit = 1\n" in sample.stdout


def test_where_there_is_none_it_is_told_how_to_begin() -> None:
    assert "CONNMON_CONFIG is empty" in run("config", file="").stdout
    env = environment(XDG_CONFIG_HOME="/nonexistent")
    env.pop("CONNMON_CONFIG")
    told = subprocess.run(program("connmon", "config"), env=env, capture_output=True, check=True)
    assert b"connmon config --sample > /nonexistent/connmon/config.toml" in told.stdout


def test_connmon_hands_on_to_its_stages_what_it_was_told(file: Path, directory: Path) -> None:
    """Its stages do not read the file: what they are not handed on does not count for them."""
    file.write_text(
        f'runtime-dir = "{directory}/r"\nfor = "1s"\nexport = "{directory}/e.json"\n'
        'format = "jsonl"\n[connmon]\nno-sudo = true\n'
        '[connmon-enricher]\ndns-server = "nonsense"\n[connmon-display]\nformat = "csv"\n',
        encoding="utf-8",
    )
    ended = run(file=file)
    assert ended.returncode == 0, ended.stderr
    assert (directory / "e.json").read_text(encoding="utf-8").startswith("{")
    assert (directory / "r").is_dir()
