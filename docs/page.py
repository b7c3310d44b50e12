"""Makes the picture in export.md: a recording, exported as a page, in headless Chromium.

    .venv/bin/python docs/page.py RECORDING docs/export.png

Needs Chromium (Debian: chromium).
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SIZE = "1280,720"


def main() -> None:
    """Make the picture of the recording on the command line."""
    if len(sys.argv) != 3:  # noqa: PLR2004 - the program and its two arguments
        sys.exit(__doc__)
    recording, picture = sys.argv[1:]
    browser = shutil.which("chromium")
    if browser is None:
        sys.exit("chromium is missing; on Debian: apt install chromium")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        connmon = Path(sys.executable).with_name("connmon")
        subprocess.run([connmon, "replay", recording, "--export", page], check=True)
        options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/own"]
        shot = [f"--screenshot={Path(picture).absolute()}", f"--window-size={SIZE}"]
        subprocess.run([browser, *options, *shot, page.as_uri()], check=True, capture_output=True)


if __name__ == "__main__":
    main()
