"""Showing a view and recording what it hears."""

from pathlib import Path

from connmon_display.following.attachment import Target
from connmon_display.following.client import Client
from connmon_display.recording.blocks import RecordingError
from connmon_display.recording.recorder import Recorder
from connmon_display.recording.writing import RecordingFile, Writer
from connmon_display.showing import Showing
from connmon_display.start_error import StartError
from connmon_shared.stage.exits import Exit
from connmon_shared.stage.loop import Loop
from connmon_shared.stage.saying import complain
from connmon_shared.wire import Frames


def open_file(path: Path) -> RecordingFile:
    """Return the recording at `path`, open to be added to.

    Raises:
        StartError: nothing can be recorded there.
    """
    try:
        return RecordingFile(path)
    except RecordingError as error:
        raise StartError(f"cannot record to {path}: {error}", Exit.USAGE) from error
    except OSError as error:
        text = f"cannot record to {path}: {error.strerror}; choose another --record"
        raise StartError(text, Exit.WRITE_ERROR) from error


class RecordingClient(Client):
    """A client that has recorded what it hears."""

    def __init__(self, target: Target, loop: Loop, writer: Writer) -> None:
        super().__init__(target, loop, self._record)
        self._writer = writer
        self._recorder = Recorder(writer, self.pipeline)

    @property
    def own_problems(self) -> tuple[str, ...]:
        """What is wrong, with the remedy; above all why nothing is recorded any more."""
        failure = self._writer.failure
        return (*((failure,) if failure else ()), *super().own_problems)

    def _record(self, channel: str, frames: Frames) -> None:
        self._recorder.hear(channel, frames)


def show_and_record(showing: Showing, target: Target, file: RecordingFile) -> int:
    """Show a view, record what it hears, and return the exit code."""
    writer = Writer(file)
    code = showing.run(lambda loop: RecordingClient(target, loop, writer))
    told = writer.failure
    writer.close()
    if writer.failure and not told:
        complain(showing.program, writer.failure)
    return Exit.WRITE_ERROR if writer.failure else code
