"""All stages together, from the first start to the last end."""

import signal

from connmon_display.launcher.foreground import Foreground
from connmon_display.launcher.logbook import Logbook, Voice
from connmon_display.launcher.stages import Stage
from connmon_shared.stage.clock import boottime
from connmon_shared.stage.loop import Loop
from connmon_shared.stage.saying import complain

_PROGRAM = "connmon"
_REMEDY = "start it again; why may stand in the kernel's log (dmesg: out of memory?) or in"
_IDLE_SECONDS = 10.0  # the longest wait; what happens wakes us anyway


def run(stages: list[Stage], display: list[str], book: Logbook, *, pass_interrupt: bool) -> int:
    """Run `stages` in the background and `display` before them; return its exit code.

    Args:
        stages: what runs in the background.
        display: the command of what has the terminal.
        book: where its log goes.
        pass_interrupt: whether a SIGINT that we get is passed on to the display.

    Raises:
        StageError: a stage cannot run.
    """
    loop = Loop(
        stops=(signal.SIGTERM, signal.SIGQUIT),
        notes=(signal.SIGCHLD, signal.SIGINT, signal.SIGTSTP, signal.SIGHUP),
    )
    foreground = None
    voices = [Voice("display", book), *(stage.voice for stage in stages)]
    for voice in voices:
        loop.watch(voice.fileno())
    try:
        for stage in stages:
            stage.start()
        foreground = Foreground(display, voices[0])
        code = _supervise(loop, stages, foreground, voices, pass_interrupt=pass_interrupt)
        if foreground.death:
            book.tell(foreground.death, level="WARNING")
            complain(_PROGRAM, f"{foreground.death}, and all ended with it: {_REMEDY} {book.path}")
        return code
    finally:
        if foreground is not None:
            foreground.end()
        for stage in stages:
            stage.end()
        for stage in stages:
            stage.wait()
        for voice in voices:
            voice.finish()
        book.tell("all stages have ended")


def _supervise(
    loop: Loop,
    stages: list[Stage],
    foreground: Foreground,
    voices: list[Voice],
    *,
    pass_interrupt: bool,
) -> int:
    passed_on = False
    while True:
        code = foreground.ended()
        if code is not None:
            return code
        looks = [moment for moment in (stage.tend() for stage in stages) if moment is not None]
        loop.wait(min([_IDLE_SECONDS, *(moment - boottime() for moment in looks)]))
        for voice in voices:
            voice.take_in()
        notes = loop.take_notes()
        if signal.SIGINT in notes and pass_interrupt:
            foreground.pass_on(signal.SIGINT)
        if signal.SIGHUP in notes:  # the display's end, and so ours, unless it has lists to read
            foreground.pass_on(signal.SIGHUP)
        if loop.stopping is not None and not passed_on:
            passed_on = True
            foreground.pass_on(loop.stopping)
