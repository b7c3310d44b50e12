"""What a command says to people on standard error."""

import pytest

from connmon_shared.stage.saying import complain


def test_a_sentence_is_one_line_whatever_it_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    complain("connmon", "cannot write a\x1b]0;title\x07\nb\u202e: is a directory")
    assert capsys.readouterr().err == "connmon: cannot write a?]0;title??b?: is a directory\n"
