"""Standard output in any locale, and when nobody reads it."""

import os
import subprocess
import sys

import pytest

_CODE = "from connmon_display.scroll.output import Output; Output({}).write(['\\xe9', 'b'])"


def written(encoding: str | None, locale: str) -> bytes:
    plain = {"LC_ALL": locale, "PATH": os.environ["PATH"], "PYTHONUTF8": "0"}
    command = [sys.executable, "-c", _CODE.format(repr(encoding))]
    env = plain | {"PYTHONCOERCECLOCALE": "0"}
    return subprocess.run(command, env=env, capture_output=True, check=True).stdout


def test_what_a_locale_cannot_say_is_escaped() -> None:
    assert written(None, "C") == b"\\xe9\nb\n"
    assert written(None, "C.UTF-8") == "é\nb\n".encode()


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_an_encoding_goes_before_the_locale(locale: str) -> None:
    assert written("utf-8", locale) == "é\nb\n".encode()
