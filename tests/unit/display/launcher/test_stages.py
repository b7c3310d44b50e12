"""The background stages: started, started again, and given up where that is of no use."""

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from helpers import alive, descendants, wait_until

from connmon_display.launcher.logbook import Logbook
from connmon_display.launcher.stages import Stage, StageError

#: Begins to work, as a stage does, and goes on until its lifeline closes.
WORKING = (
    "import os, select; os.write(0, b'x'); print('up', flush=True); select.select([0], [], [])"
)
Make = Callable[..., Stage]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "some.log"


@pytest.fixture
def stage(log: Path) -> Iterator[Make]:
    """Yield what starts a stage that runs some code; in the end they are ended."""
    with ExitStack() as ends:

        def made(code: str, prefix: tuple[str, ...] = ()) -> Stage:
            one = Stage("collector", [sys.executable, "-Ic", code], list(prefix), Logbook(log))
            one.start()
            ends.callback(one.wait)
            ends.callback(one.end)
            return one

        yield made


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("connmon_display.launcher.restarts._FIRST_PAUSE", 0.0)
    return iter(())


def all_gone(family: set[int]) -> None:
    wait_until(lambda: not any(map(alive, family)))


def tended(one: Stage, log: Path, words: str, times: int = 1) -> None:
    """Tend the stage until the log holds `words`."""

    def said() -> bool:
        one.tend()
        one.voice.take_in()
        return log.read_text(encoding="utf-8").count(words) >= times

    wait_until(said)


@pytest.mark.usefixtures("impatient")
def test_a_stage_that_never_lives_is_given_up(stage: Make, log: Path) -> None:
    one = stage("print('connmon-collector: no luck', flush=True); raise SystemExit(3)")
    with pytest.raises(StageError, match=r"^no luck \(ended 3 each time\)$") as error:
        tended(one, log, "never said")
    assert error.value.code == 70


@pytest.mark.usefixtures("impatient")
def test_a_stage_that_fails_without_a_word_of_its_own_leaves_that_of_python(
    stage: Make, log: Path
) -> None:
    one = stage("import psutil_is_missing")
    text = r"^the collector has ended: ModuleNotFoundError: .*; see .*/some.log \(ended 1 each time"
    with pytest.raises(StageError, match=text):
        tended(one, log, "never said")


@pytest.mark.parametrize("code", [2, 69, 75])
def test_what_a_new_start_would_not_mend_is_said_at_once(stage: Make, log: Path, code: int) -> None:
    one = stage(f"print('connmon-collector: so it is', flush=True); raise SystemExit({code})")
    with pytest.raises(StageError, match=r"^so it is$") as error:
        tended(one, log, "never said")
    assert error.value.code == code


def test_a_stage_that_worked_is_started_again_however_often_it_is_killed(
    stage: Make, log: Path
) -> None:
    one = stage(WORKING)
    for times in range(1, 8):  # more than are failures enough
        tended(one, log, "ERROR up", times)
        os.kill(one.voice.pid, signal.SIGKILL)
    tended(one, log, "ERROR up", 8)


@pytest.mark.usefixtures("impatient")
def test_a_sudo_that_refuses_later_is_left_out(stage: Make, log: Path) -> None:
    one = stage("import time; print('without', flush=True); time.sleep(60)", ("false",))
    tended(one, log, "without")


@pytest.mark.skipif(shutil.which("sudo") is None, reason="needs sudo")
@pytest.mark.root
@pytest.mark.parametrize("whom", ["sudo", "stage"])
def test_a_stage_under_sudo_is_started_again_when_it_or_sudo_is_killed(
    stage: Make, log: Path, whom: str
) -> None:
    one = stage(WORKING, ("sudo", "-n", "--"))
    for times in range(1, 4):
        tended(one, log, "ERROR up", times)
        family = descendants(one.voice.pid)
        assert family
        os.kill(one.voice.pid if whom == "sudo" else max(family), signal.SIGKILL)
        tended(one, log, "ERROR up", times + 1)
        all_gone(family)
    assert log.read_text(encoding="utf-8").count("started again") == 3


def test_a_stage_ends_with_its_lifeline(stage: Make, log: Path) -> None:
    one = stage(f"{WORKING}; print('down')")
    tended(one, log, "up")
    one.end()
    one.wait()
    one.voice.finish()
    assert "down" in log.read_text(encoding="utf-8")


def test_what_had_to_be_killed_is_gone_when_it_was_waited_for(stage: Make, log: Path) -> None:
    one = stage("import signal; print('up', flush=True); signal.pause()")
    tended(one, log, "up")
    one.end()
    one.wait(patience=0)
    assert not alive(one.voice.pid)
