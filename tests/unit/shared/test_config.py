"""The config file: what it sets, what it may not, and which one is read."""

import os
from pathlib import Path

import pytest
from helpers import NOBODY, ordinary_user

from connmon_display import cli
from connmon_display.commands.replay import parser as replay
from connmon_display.launcher import cli as launcher
from connmon_shared.config.option_names import OPTION_NAMES
from connmon_shared.config.place import ENVIRONMENT, config_file, home
from connmon_shared.config.settings import Config
from connmon_shared.stage.parser import Parser

ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.toml"
    monkeypatch.setenv(ENVIRONMENT, str(path))
    return path


def refused(parser: Parser, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(arguments)
    assert ended.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{parser.prog}: ")
    return line


def test_the_file_says_what_the_command_line_does_not(file: Path) -> None:
    file.write_text('ascii = true\nwidth = 120\ntheme = "light"\noutput = "/tmp/x.html"\n')
    args = launcher.parser().parse_args(["--width=90"])
    assert (args.ascii, args.width, args.theme) == (True, 90, "light")
    assert args.output == Path("/tmp/x.html")  # noqa: S108 - nothing is written


def test_a_table_counts_more_and_only_for_its_program(file: Path) -> None:
    file.write_text("width = 100\n[connmon-display]\nwidth = 110\n[replay]\nspeed = 10\n")
    assert launcher.parser().parse_args([]).width == 100
    assert cli.parser().parse_args([]).width == 110
    args = replay().parse_args(["file"])
    assert (args.width, args.speed) == (100, 10.0)


def test_a_flag_is_switched_off_by_its_opposite(file: Path) -> None:
    file.write_text("ascii = true\n[connmon]\nno-sudo = true\n")
    assert launcher.parser().parse_args([]).no_sudo
    args = launcher.parser().parse_args(["--sudo", "--no-ascii"])
    assert (args.no_sudo, args.ascii) == (False, False)


def test_a_list_of_files_is_replaced_by_the_command_lines(file: Path) -> None:
    file.write_text('filter-file = ["~/a", "/b"]\n')
    assert cli.parser().parse_args([]).filter_file == [home() / "a", Path("/b")]
    assert cli.parser().parse_args(["--filter-file=c"]).filter_file == [Path("c")]


def test_without_it_nothing_of_it_counts(file: Path) -> None:
    file.write_text("nonsense = true\n")
    assert launcher.parser().parse_args(["--no-config"]).no_config


def test_help_and_mistakes_come_before_it(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("nonsense = true\n")
    with pytest.raises(SystemExit) as ended:
        launcher.parser().parse_args(["--help"])
    assert ended.value.code == 0
    assert "--bogus" in refused(launcher.parser(), capsys, "--bogus")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ascci = true", "there is no ascci; is ascii meant?"),
        ("[connmon]\ninterval = 2", "no interval in [connmon]; there is in [connmon-collector]"),
        ("[conmon]\n", "there is no conmon; is connmon meant?"),
        ("[foo]\n", "there is no foo; connmon config --sample"),
        ("[geo.updat]\n", "there is no updat in [geo]; is update meant?"),
        ("zzzzzz = 1", "connmon config --sample"),
        ("width = 1", "width: 1 is not from 20 to 500"),
        ("width = true", "width: a text or a number is expected"),
        ("[connmon]\nascii = 1", "ascii in [connmon]: true or false is expected"),
        ('theme = "dark"', "theme: 'dark' is none of default, "),
        ('output = "x.txt"', "output: 'x.txt' is no path that begins with / or ~/"),
        ('output = "~/x/"', "output: '~/x/' names a folder; name a file in it"),
        ("width = [80]", "width: a text or a number is expected"),
        ("width = ", "is no TOML"),
        ("no-color = true", 'there is no no-color; it is called color = "never"'),
        ('"\\u001b[2J" = 1', "there is no ?[2J"),
    ],
)
def test_what_is_wrong_is_one_line_with_the_remedy(
    file: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    file.write_text(text)
    said = refused(launcher.parser(), capsys)
    assert words in said
    assert str(file) in said
    assert "--no-config" in said
    assert "\x1b" not in said


def test_all_that_is_wrong_is_told_at_once_a_line_each(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(
        'them = "light"\nfoo = 1\ntime-unit = "x"\nwidth = 3\nreplay = 4\n'
        "[nonsense]\nwidth = 90\n[connmon-display]\nwidht = 90\n"
    )
    with pytest.raises(SystemExit) as ended:
        launcher.parser().parse_args([])
    assert ended.value.code == 2
    told = capsys.readouterr().err.splitlines()
    assert [line.removeprefix(f"connmon: {file}: ") for line in told] == [
        "there is no them; is theme meant?",
        "there is no foo; connmon config --sample shows all there are",
        "there is no replay; is the table [replay] meant?",
        "there is no nonsense; connmon config --sample shows all there are",
        "there is no widht in [connmon-display]; is width meant?",
        "time-unit: 'x' is no number",
        "width: 3 is not from 20 to 500 (--no-config: without that file)",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('theme = "light"\nwidth = 90\ntheme = "mono"\n', "theme in line 3 was set before"),
        ("[replay]\nspeed = 1\n'speed' = 2", "speed in line 3 was set before"),
        (
            'filter-file = ["/a"]\nfilter-file = [\n  "/b=c",\n]\n',
            "filter-file in line 2 was set before",
        ),
    ],
)
def test_a_key_that_comes_twice_is_told_by_its_name(
    file: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    file.write_text(text)
    assert f"{file}: {words}" in refused(launcher.parser(), capsys)


def test_no_key_is_for_commands_that_are_never_the_same_twice() -> None:
    assert not any(table.startswith("keys") for table in OPTION_NAMES)
    [mistake] = Config(Path("x"), "[keys.allow]\ncollector = true\n").mistakes
    assert "no keys" in mistake


def test_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT)
    monkeypatch.setenv("XDG_CONFIG_HOME", "/xdg")
    assert config_file() == Path("/xdg/connmon/config.toml")
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    assert config_file() == home() / ".config/connmon/config.toml"
    monkeypatch.setenv(ENVIRONMENT, "")
    assert config_file() is None


def test_one_that_is_named_has_to_be_there(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"there is no {file}, which $CONNMON_CONFIG names" in refused(cli.parser(), capsys)


def test_one_that_is_not_named_need_not_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ENVIRONMENT)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert cli.parser().parse_args([]).width == 500


def test_a_link_is_followed(file: Path) -> None:
    real = file.with_name("dotfiles.toml")
    real.write_text("width = 99\n")
    file.symlink_to(real)
    assert cli.parser().parse_args([]).width == 99


def test_one_that_everybody_can_write_is_refused(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("width = 99\n")
    file.chmod(0o646)
    assert "is open to others (mode 646)" in refused(cli.parser(), capsys)


@pytest.mark.parametrize("kind", ["folder", "pipe", "circle"])
def test_what_is_no_file_is_refused(
    file: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    if kind == "folder":
        file.mkdir()
    elif kind == "pipe":
        os.mkfifo(file)
    else:
        file.symlink_to(file)
    assert str(file) in refused(cli.parser(), capsys)


@pytest.mark.root
@ROOT
def test_root_reads_none_that_another_user_can_write(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("width = 99\n")
    assert cli.parser().parse_args([]).width == 99
    os.chown(file, NOBODY, -1)
    assert f"belongs to another user (uid {NOBODY})" in refused(cli.parser(), capsys)
    os.chown(file, 0, -1)
    file.chmod(0o664)
    assert "is open to others (mode 664)" in refused(cli.parser(), capsys)


@pytest.mark.root
@ROOT
def test_root_reads_none_in_a_folder_where_another_user_could_change_it(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("width = 99\n")
    os.chown(file.parent, NOBODY, -1)
    assert f"{file.parent} belongs to another user" in refused(cli.parser(), capsys)


@pytest.mark.root
@ROOT
def test_root_follows_no_link_of_another_users(
    file: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = tmp_path_factory.mktemp("theirs")
    (theirs / "config.toml").write_text("width = 99\n")
    os.chown(theirs, NOBODY, -1)
    file.symlink_to(theirs / "config.toml")
    assert f"{theirs} belongs to another user" in refused(cli.parser(), capsys)


def test_a_user_reads_no_others(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("width = 99\n")
    file.chmod(0o000)
    with ordinary_user(file.parent):
        assert f"cannot read {file}: Permission denied" in refused(cli.parser(), capsys)
