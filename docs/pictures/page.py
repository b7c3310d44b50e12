"""A recording exported as a page, in headless Chromium (Debian: chromium)."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

_SIZE = "1280,{}"


def shoot(recording: Path, picture: Path, height: int) -> None:
    """Write a picture of the page, `height` pixels high, to `picture`."""
    browser = shutil.which("chromium")
    if browser is None:
        sys.exit("chromium is missing; on Debian: apt install chromium")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        connmon = Path(sys.executable).with_name("connmon")
        export: list[str | Path] = [connmon, "replay", "--no-config", recording, "--export", page]
        subprocess.run(export, check=True, env={"TZ": "UTC", "LC_ALL": "C.UTF-8"})
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        options.append(f"--user-data-dir={folder}/own")
        shot = [f"--screenshot={picture.absolute()}", f"--window-size={_SIZE.format(height)}"]
        subprocess.run([browser, *options, *shot, page.as_uri()], check=True, capture_output=True)
