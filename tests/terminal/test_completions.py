"""Completions, typed into the real shells."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from terminal_helpers import Terminal, environment

SHARE = Path(__file__).parents[2] / "deploy/share"
BASH = SHARE / "bash-completion/completions"
PROMPT = "READY>"
SHELLS = ("bash", "zsh", "fish")
_BEGIN = {
    "bash": f"PS1='{PROMPT}'; for f in {BASH}/*; do . $f; done; bind 'set show-all-if-ambiguous on'"
    "; bind 'set enable-bracketed-paste off'",
    "zsh": f"PS1='{PROMPT}'; fpath=({SHARE}/zsh/site-functions $fpath)"
    "; autoload -Uz compinit; compinit -D -u",
    "fish": f"for f in {SHARE}/fish/vendor_completions.d/*; . $f; end"
    f"; function fish_prompt; echo -n '{PROMPT}'; end",
}
_COMMAND = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Terminal]:
    name = request.param
    if shutil.which(name) is None:
        pytest.skip(f"no {name} here")
    (tmp_path / "day of work.cmr").touch()
    (tmp_path / "folder").mkdir()
    env = environment(HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path / "c"))
    with Terminal(_COMMAND[name], env=env, cwd=tmp_path) as terminal:
        terminal.press(f"{_BEGIN[name]}; clear\r")
        terminal.until(lambda: terminal.text.strip().startswith(PROMPT), "a prompt")
        yield terminal


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("connmon --show-l", "connmon --show-loopback"),
        ("connmon repl", "connmon replay"),
        ("connmon geo upd", "connmon geo update"),
        ("connmon geo update coun", "connmon geo update country"),
        ("connmon geo update --base", "connmon geo update --base-url"),
        ("connmon keys allow --coll", "connmon keys allow --collector"),
        ("connmon config --sam", "connmon config --sample"),
        ("connmon --theme colour", "connmon --theme colour-blind"),
        ("connmon --color=alw", "connmon --color=always"),
        ("connmon replay day", r"connmon replay day\ of\ work.cmr"),
        ("connmon replay x --theme mo", "connmon replay x --theme mono"),
        ("connmon status --runtime-dir fol", "connmon status --runtime-dir folder"),
        ("connmon-display --scr", "connmon-display --scroll"),
        ("connmon-collector --source ev", "connmon-collector --source events"),
        ("connmon-enricher --lookup-a", "connmon-enricher --lookup-asn"),
    ],
)
def test_one_that_is_meant_is_typed(shell: Terminal, typed: str, completed: str) -> None:
    shell.press(f"{typed}\t")
    shell.until(lambda: f"{PROMPT}{completed}" in shell.text, completed)


def test_several_are_offered(shell: Terminal) -> None:
    shell.press("connmon ke\t")
    shell.until("connmon keys")
    shell.press("\t")
    shell.until(lambda: all(word in shell.text for word in ("create", "show", "allow", "revoke")))


def test_what_is_hidden_is_not_offered(shell: Terminal) -> None:
    shell.press("connmon-display --\t")
    shell.until("--scroll")
    assert "--lifeline" not in shell.text
    assert "--log-fd" not in shell.text
