"""What all programs and commands have, as they are installed."""

import subprocess

import pytest
from terminal_helpers import environment, program


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    name, *rest = arguments
    return subprocess.run(
        program(name, *rest),
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@pytest.mark.parametrize(
    "command",
    ["connmon", "connmon-display", "connmon-collector", "connmon-enricher"]
    + [f"connmon {name}" for name in ("config", "geo", "keys", "replay", "status")],
)
def test_each_tells_its_version(command: str) -> None:
    told = run(*command.split(), "--version")
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith("connmon 0.")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("staus", "there is no command 'staus'; is status meant?"),
        ("/run/connmon", "there is no command '/run/connmon'"),
    ],
)
def test_a_command_that_there_is_not(name: str, said: str) -> None:
    told = run("connmon", name)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr == f"connmon: {said} (see connmon --help)\n"
