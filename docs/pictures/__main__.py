"""Write all pictures anew: `make pictures`.

The real enricher and viewers, over the session in session.cmr, which `make session` records. Each
picture is of a moment of that session, so a second run makes the same ones: git tells whether those
in the documents are of this program.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from connmon_shared.stage.runtime import Runtime
from pictures.page import shoot
from pictures.paint import paint
from pictures.places import write_geo_files
from pictures.playing import Playing, begin_of
from pictures.terminal import Viewer

DOCS = Path(__file__).parent.parent
SESSION = Path(__file__).with_name("session.cmr")
SECONDS = 501.5  # of the session that are over
_PAGE_HEIGHT = 1_390  # pixels


class Picture(NamedTuple):
    """One screen."""

    name: str
    size: tuple[int, int]
    options: tuple[str, ...]
    keys: str
    second: int  # of the session: one in whose second half nothing was told
    wanted: tuple[str, ...]  # on it
    unwanted: tuple[str, ...] = ("(? lists all)",)  # a passing remark
    then: str = ""  # keys that are pressed at that moment


PICTURES = (
    Picture("screen", (140, 38), (), "jjjjjjjjjjjjj", 512, ("AS13335", "whole run")),
    Picture("small", (80, 24), ("--theme=colour-blind",), "jjjjj", 514, ("whole run",)),
    Picture("detail", (140, 30), (), "jjjjj\r", 523, ("PID", "COMMAND")),
    Picture(
        "groups",
        (140, 15),
        ("--group=process", "--theme=light"),
        "",
        531,
        ("by process",),
        then="ll",  # groups are made anew once a second, or so
    ),
)


@contextmanager
def _enricher() -> Iterator[Runtime]:
    with tempfile.TemporaryDirectory(prefix="cm") as folder:
        runtime = Runtime(Path(folder) / "run")
        write_geo_files(Path(folder))
        look_ups = ("--lookup-country", "--lookup-asn", f"--geo-path={folder}", "--no-config")
        where = f"--runtime-dir={runtime.directory}"
        enricher = subprocess.Popen(
            [sys.executable, "-I", "-m", "connmon_enricher", where, *look_ups]
        )
        try:
            yield runtime
        finally:
            enricher.terminate()
            enricher.wait()


def main() -> None:
    """Write them."""
    begin = begin_of(SESSION)
    with _enricher() as runtime:
        viewers = [Viewer(runtime, picture.size, *picture.options) for picture in PICTURES]
        for viewer in viewers:  # who is there from the beginning knows how old everything is
            viewer.until("no collector has connected yet")
        with Playing(SESSION, runtime, SECONDS) as playing:
            playing.catch_up()
            for picture, viewer in zip(PICTURES, viewers, strict=True):
                viewer.until("LIVE", "■")
                viewer.press(picture.keys)
                viewer.until(*picture.wanted, without=picture.unwanted)
                viewer.until(time.strftime(" %H:%M:%S LIVE", time.gmtime(begin + picture.second)))
                viewer.press(picture.then)
                viewer.close()
                light = "--theme=light" in picture.options
                paint(viewer.screen, DOCS / f"{picture.name}.png", light=light)
                print(picture.name)
    shoot(SESSION, DOCS / "export.png", _PAGE_HEIGHT)


if __name__ == "__main__":
    main()
