"""The config file with the programs as they are installed."""

import subprocess
from pathlib import Path

import pytest
from terminal_helpers import environment, program

from connmon_shared.config.option_names import OPTION_NAMES


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


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("width = 100.5", ["width: '100.5' is no whole number"]),
        ('time-unit = "banana"', ["time-unit: 'banana' is no number"]),
        ("[replay]\nspeed = 0", ["speed in [replay]: 0 is not from 0.1 to 1,000"]),
        (
            "[connmon-display]\nascii = 1",
            ["ascii in [connmon-display]: true or false is expected, not 1"],
        ),
        (
            "[connmon-collector]\ninterval = 99",
            ["interval in [connmon-collector]: '99' is not 0.1 to 60 seconds"],
        ),
        (
            "[connmon-enricher]\ndns-budget = 0",
            ["dns-budget in [connmon-enricher]: '0' is no number from 1 to 1000"],
        ),
        ('[geo.update]\nto = "x"', ["to in [geo.update]: 'x' is no path that begins with / or ~/"]),
        (
            'geo-path = "x"\nwidth = [80]',
            [
                "width: a text or a number is expected, not [80]",
                "geo-path: 'x' is no path that begins with / or ~/",
            ],
        ),
        (
            'them = "light"\nfoo = 1\nwidth = 3\n[nonsense]\n[replay]\nwidht = 1\nspeed = 0',
            [
                "there is no them; is theme meant?",
                "there is no foo; connmon config --sample shows all there are",
                "there is no nonsense; connmon config --sample shows all there are",
                "there is no widht in [replay]; is width meant?",
                "width: 3 is not from 20 to 500",
                "speed in [replay]: 0 is not from 0.1 to 1,000",
            ],
        ),
        ("width = 80\nwidth = 90", ["width in line 2 was set before"]),
        ('[replay]\nfor = "soon"', ["for in [replay]: 'soon' is no time as 60s or 1h30m"]),
    ],
)
def test_all_that_is_wrong_is_told_once(file: Path, text: str, mistakes: list[str]) -> None:
    file.write_text(f"{text}\n", encoding="utf-8")
    told = run("config", file=file)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.splitlines() == [f"connmon config: {file}: {each}" for each in mistakes]


def test_every_table_of_the_file_is_checked(file: Path) -> None:
    for table, names in OPTION_NAMES.items():
        file.write_text(f"[{table}]\n{names[0]} = []\n", encoding="utf-8")
        told = run("config", file=file)
        assert (told.returncode, told.stdout) == (2, ""), table
        assert told.stderr.startswith(f"connmon config: {file}: {names[0]} in [{table}]: ")


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


def test_how_to_begin_one_works_as_it_is_told(tmp_path: Path) -> None:
    base = tmp_path / "not there" / "yet"
    env = environment(XDG_CONFIG_HOME=str(base))
    env.pop("CONNMON_CONFIG", None)

    def told() -> str:
        command = program("connmon", "config")
        return subprocess.run(
            command, env=env, stdout=subprocess.PIPE, text=True, check=True
        ).stdout

    begin = told().partition("to begin one: ")[2]
    bin_directory = Path(program("connmon")[0]).parent
    path = f"{bin_directory}:{env['PATH']}"
    subprocess.run(["sh", "-c", begin], env={**env, "PATH": path}, check=True)
    assert (base / "connmon/config.toml").read_text(encoding="utf-8").startswith("#")
    assert told().startswith(f"# {base}/connmon/config.toml")
