"""The command line: limits, one clear line for a mistake, and the way to the display's process."""

import argparse
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_display import PROGRAM, cli
from connmon_display.launcher import cli as launcher
from connmon_display.options import VIEW_NAMES, Options, arguments_of, view_options
from connmon_display.prepare import prepare
from connmon_display.start_error import StartError
from connmon_shared.stage.exits import Exit


def parsed(*arguments: str) -> Options:
    return view_options(cli.parser().parse_args(arguments))


def test_the_defaults() -> None:
    assert parsed() == Options(unit=10, width=500)


@pytest.mark.parametrize(
    ("arguments", "unit"),
    [("0.1", 1), ("0.3", 3), ("1", 10), ("1.5", 15), ("60", 600), ("86400", 864_000), ("1e1", 100)],
)
def test_time_units(arguments: str, unit: int) -> None:
    assert parsed("-t", arguments).unit == unit


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("60", 60), ("60s", 60), ("1.5", 1.5), ("1h30m", 5_400), ("1d", 86_400), ("0", 0)],
)
def test_for_how_long(written: str, seconds: float) -> None:
    options = parsed("--export=out", "--for", written)
    assert (options.headless, options.export, options.span) == (True, Path("out"), seconds)


def test_no_color_goes_before_color() -> None:
    assert parsed("--no-color", "--color=always").color == "never"
    assert parsed("--color=always").color == "always"


@pytest.mark.parametrize(
    "arguments",
    [
        *(("-t", bad) for bad in ("0", "0.05", "0.15", "-1", "nan", "inf", "x", "", "86401")),
        *(("-w", bad) for bad in ("19", "501", "80.5", "nan", "x", "-20", "")),
        *(("--save-threshold", bad) for bad in ("-0.1", "100.1", "nan", "inf", "x")),
        *(("--for", bad) for bad in ("", "x", "-1", "1h x", "nan", "inf", "1e3")),
        ("--format=pdf",),
        ("--color=sometimes",),
        ("--ts=moon",),
        ("--group=moon",),
        ("--sort=moon",),
        ("--unknown",),
        ("--export=",),
        ("-o", ""),
        ("--\x1b[31m\n",),
        ("a", "b"),
    ],
)
@pytest.mark.parametrize("command", [cli, launcher])
def test_a_mistake_is_one_line_and_exit_2(
    command: object, arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    parser = cli.parser() if command is cli else launcher.parser()
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(arguments)
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.startswith(parser.prog + ": ")
    assert said.err[:-1].isprintable()


@pytest.mark.parametrize("arguments", [("-w", "20"), ("-w", "500"), ("--save-threshold", "0")])
def test_the_limits_themselves_are_allowed(arguments: tuple[str, ...]) -> None:
    parsed(*arguments)


paths = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
files = paths.filter(lambda path: not path.endswith("/"))  # those name folders, and are refused
view_arguments: st.SearchStrategy[list[str]] = st.builds(
    list,
    st.tuples(
        st.integers(1, 864_000).map(lambda ticks: f"--time-unit={ticks / 10}"),
        st.integers(20, 500).map(lambda width: f"--width={width}"),
        st.sampled_from(["--scroll", "--no-color", "--ascii", "--quiet", "--show-loopback"]),
        st.sampled_from(["--color=auto", "--color=always", "--ts=iso", "--filter-local"]),
        st.sampled_from(["--group=process", "--sort=open", "--theme=light", "--mouse"]),
        files.map(lambda path: f"--output={path}"),
        files.map(lambda path: f"--export={path}"),
        st.sampled_from(["--for=90s", "--for=0.5", "--for=1d", "--format=csv"]),
        paths.map(lambda path: f"--filter-file={path}"),
        st.floats(0, 100).map(lambda percent: f"--save-threshold={percent}"),
    ),
)


@given(view_arguments.flatmap(lambda args: st.lists(st.sampled_from(args), unique=True)))
def test_the_launcher_hands_on_every_option_as_it_was_given(arguments: list[str]) -> None:
    first = launcher.parser().parse_args(arguments)
    second = cli.parser().parse_args(arguments_of(first, VIEW_NAMES))
    assert view_options(first) == view_options(second)


def test_every_option_of_a_view_is_handed_on() -> None:
    def names(parser: argparse.ArgumentParser) -> set[str]:
        return {action.dest for action in parser._actions}  # noqa: SLF001 - argparse tells nowhere

    common = {"help", "version", "no_config", "runtime_dir", "verbose"}
    own = {"endpoint", "server_key", "wait", "lifeline", "log_fd"}
    handed_on = {*VIEW_NAMES, "record"}
    assert names(cli.parser()) - common - own == handed_on
    assert handed_on <= names(launcher.parser())


def test_both_commands_tell_their_version_and_whose_data_they_show(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for parser in (cli.parser(), launcher.parser()):
        with pytest.raises(SystemExit) as ended:
            parser.parse_args(["--version"])
        assert ended.value.code == 0
        assert "https://db-ip.com" in capsys.readouterr().out


class TestPrepare:
    """What is checked before anything starts."""

    def test_an_output_that_cannot_be_written(self, tmp_path: Path) -> None:
        for bad in (tmp_path, tmp_path / "none" / "file", tmp_path / ("x" * 300)):
            with pytest.raises(StartError) as error:
                prepare(Options(10, 80, scroll=True, output=bad), PROGRAM)
            assert error.value.code == Exit.WRITE_ERROR
            assert str(bad) in str(error.value)

    def test_a_time_without_an_export(self) -> None:
        with pytest.raises(StartError, match="goes with --export") as error:
            prepare(Options(10, 80, scroll=True, span=60.0), PROGRAM)
        assert error.value.code == Exit.USAGE

    def test_an_export_shows_nothing_not_even_lines(self, tmp_path: Path) -> None:
        with pytest.raises(StartError, match="--no-scroll") as error:
            prepare(Options(10, 80, scroll=True, export=tmp_path / "new"), PROGRAM)
        assert error.value.code == Exit.USAGE

    @pytest.mark.parametrize("option", ["export", "output"])
    def test_nothing_that_is_read_or_recorded_is_written_over(
        self, tmp_path: Path, option: str
    ) -> None:
        there, link = tmp_path / "there", tmp_path / "link"
        there.write_text("8.8.8.8\n", encoding="ascii")
        link.symlink_to(there)
        shown = Options(10, 80, scroll=option == "output")
        for path in (there, link):
            written = replace(shown, **{option: path})  # type: ignore[arg-type] # one of two
            for name in ("filter_file", "only_file", "watch_file", "baseline"):
                read = replace(written, **{name: (there,)})  # type: ignore[arg-type] # of many
                with pytest.raises(StartError, match=f"--{option} would write over the .* {there}"):
                    prepare(read, PROGRAM)
            with pytest.raises(StartError, match=f"over the recording {there}; choose") as error:
                prepare(written, PROGRAM, there)
            assert error.value.code == Exit.USAGE
        null = Path("/dev/null")
        prepare(replace(shown, **{option: null}), PROGRAM, null)  # type: ignore[arg-type]

    @pytest.mark.parametrize("name", ["loop", "nu\0l"])
    def test_a_name_that_stands_for_no_file_cannot_be_written(
        self, tmp_path: Path, name: str
    ) -> None:
        (tmp_path / "loop").symlink_to("loop")
        read = tmp_path / "read"
        read.write_text("8.8.8.8\n", encoding="ascii")
        options = Options(10, 80, export=tmp_path / name, filter_file=(read,))
        with pytest.raises(StartError, match=r"^cannot write .*; choose another --export") as error:
            prepare(options, PROGRAM)
        assert error.value.code == Exit.WRITE_ERROR

    def test_a_check_leaves_nothing_behind(self, tmp_path: Path) -> None:
        prepare(Options(10, 80, scroll=True, output=tmp_path / "new"), PROGRAM)
        assert list(tmp_path.iterdir()) == []

    def test_a_filter_file_that_cannot_be_read(self, tmp_path: Path) -> None:
        for bad in (tmp_path, tmp_path / "none"):
            with pytest.raises(StartError) as error:
                prepare(Options(10, 80, scroll=True, filter_file=(bad,)), PROGRAM)
            assert error.value.code == Exit.USAGE

    def test_bad_lines_of_a_filter_file_are_told_and_not_fatal(self, tmp_path: Path) -> None:
        path = tmp_path / "list"
        path.write_text("8.8.8.8\nnonsense\n", encoding="ascii")
        prepared = prepare(Options(10, 80, scroll=True, filter_file=(path,)), PROGRAM)
        assert len(prepared.problems) == 1
        assert "line 2" in prepared.problems[0]
