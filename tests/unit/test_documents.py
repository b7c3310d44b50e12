"""What the documents name is there."""

import re
from pathlib import Path

import pytest

from connmon_display.launcher import cli as launcher
from connmon_display.refresh.input.keys import BINDINGS, action_of

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
PACKAGES = ("collector", "enricher", "display", "shared", "docs")
_LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)|src=\"([^\"]+)\"")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    links = [one or other for one, other in _LINK.findall(document.read_text("utf-8"))]
    missing = [
        link
        for link in links
        if "://" not in link and not (document.parent / link).resolve().exists()
    ]
    assert not missing


def test_every_file_of_ours_that_the_readme_names_is_there() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    named = re.findall(r"(?<![\w./~-])((?:deploy|docs|share|tests)/[\w./*-]+\w)", readme)
    assert len(named) > 10
    assert [path for path in named if not [*ROOT.glob(path)]] == []


def test_every_module_that_the_architecture_names_is_there() -> None:
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    there = {path.name for part in PACKAGES for path in (ROOT / part).rglob("*.py")}
    assert sorted({*re.findall(r"\w+\.py", text)} - there) == []


def test_the_readme_tells_every_option_and_no_other() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    options = {name for name in launcher.parser()._option_string_actions if len(name) > 2}  # noqa: SLF001 - argparse tells nowhere
    without = {"--help", "--version", "--verbose", "--quiet"}  # -v and -q are there
    assert [name for name in sorted(options - without) if name not in readme] == []
    block = readme.partition("## Options\n")[2].partition("What you always")[0]
    assert [*filter(None, re.findall(r"(?m)^(--[a-z-]+)", block))] != []
    assert {*re.findall(r"--[a-z][a-z-]+", block)} <= options


def test_every_key_of_the_readme_does_something() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    table = readme.partition("## Keys\n")[2].partition("\n##")[0]
    first = [line.split(" | ")[0] for line in table.splitlines() if line.startswith("| ")]
    keys = [key for cells in first for key in re.findall(r"`(.)`", cells)]
    assert len(keys) > 20
    assert [key for key in keys if key not in "←→↑↓" and action_of(key) is None] == []
    characters = {key for binding in BINDINGS for key in binding.keys if len(key) == 1}
    assert characters - {*keys} == {" ", "="}, "named in words, and as the one above it"
    assert {"Ctrl-C", "Ctrl-L", "Ctrl-Z", "PgUp", "PgDn", "Esc"} <= {*re.findall(r"[\w-]+", table)}
