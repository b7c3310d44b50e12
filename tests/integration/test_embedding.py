"""The programs of the page about embedding, run against a real pipeline as they stand there."""

import contextlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers_processes import BIN, Loopback, Program, short_directory

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "embedding.md").read_text("utf-8")
SHOWN = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
SUBSCRIBER = (DOCS / "subscriber.py").read_text("utf-8")
LINES = 10
ATTEMPTS = 20


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Program]:
    """Have a pipeline where programs look for one."""
    with short_directory() as directory:
        monkeypatch.setenv("CONNMON_RUNTIME_DIR", str(directory))
        monkeypatch.setenv("PATH", f"{BIN}{os.pathsep}{os.environ['PATH']}")
        options = ("--json", "--show-loopback", "--no-sudo", "-q")
        with Loopback(), Program(BIN / "connmon", *options) as program:
            program.line('"what":"listen"')
            yield program


def test_the_page_shows_the_subscriber_which_has_ten_lines() -> None:
    assert SUBSCRIBER in SHOWN
    _, _, code = SUBSCRIBER.partition("\n\nstream = ")
    assert len(code.splitlines()) == LINES


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("number", range(len(SHOWN)))
def test_a_program_of_the_page_sees_a_connection(number: int, tmp_path: Path) -> None:
    script = tmp_path / "shown.py"
    shown = SHOWN[number].replace('"--json"', '"--json", "--show-loopback"')
    script.write_text(shown, encoding="utf-8")
    with Loopback() as loopback, Program(sys.executable, "-u", script) as program:
        line = first_seen(program, loopback)
        assert loopback.process.partition("[")[0] in line
        if shown == SUBSCRIBER:
            loopback.disconnect()
            program.line(rf"^- .* {re.escape(loopback.server)} ")


def first_seen(program: Program, loopback: Loopback) -> str:
    """Return what `program` says of a connection; when it begins to watch, nobody knows."""
    for _ in range(ATTEMPTS):
        loopback.connect()
        with contextlib.suppress(AssertionError):
            return program.line(rf"[+ ].* {re.escape(loopback.server)}\b", 1.0)
        loopback.disconnect()
    raise AssertionError((program.seen, program.complaints))
