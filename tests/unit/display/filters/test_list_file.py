"""Which look-ups a list needs, told before it is read whole."""

from pathlib import Path

import pytest

from connmon_display.filters.address_list import read_list
from connmon_display.filters.list_file import look_ups_for

BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        (b"192.0.2.1\n# country:DE\n192.0.2.2 // AS1\n", set()),
        (b"192.0.2.1\r\n \t! country:DE\r\n", {"country"}),
        (BOM + b"country:DE\n", {"country"}),
        (BOM + b"!as64496\n", {"asn"}),
        (
            "192.0.2.1\n\N{NO-BREAK SPACE}country: DE\n! \N{EM SPACE}AS1".encode(),
            {"country", "asn"},
        ),
        (b"\f\vAS1\n", {"asn"}),
    ],
)
def test_the_look_ups_are_those_of_the_list_that_is_read(
    tmp_path: Path, text: bytes, needed: set[str]
) -> None:
    path = tmp_path / "list"
    path.write_bytes(text)
    assert look_ups_for(path) == read_list(path).needs == needed
