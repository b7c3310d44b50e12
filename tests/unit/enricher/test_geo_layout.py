import io

import pytest
from helpers_geo import ABOUT
from hypothesis import given, settings
from hypothesis import strategies as st

from connmon_enricher.geo.builder import IPV4, IPV6, TableBuilder
from connmon_enricher.geo.layout import ForeignTableError, read
from connmon_enricher.geo.writing import write

HEADER = 420  # bytes, its checksum included


def written() -> bytes:
    builder = TableBuilder()
    builder.add(IPV4, 5, 9, builder.value_id("AA"))
    builder.add(IPV6, 5, 9, builder.value_id("BB"))
    out = io.BytesIO()
    write(out, ABOUT._replace(bad=2, complaints="line 7: …"), builder.build())
    return out.getvalue()


TABLE = written()


def test_tells_of_itself_what_was_written() -> None:
    about, _ = read(memoryview(TABLE))
    assert about == ABOUT._replace(bad=2, complaints="line 7: …")


def test_a_path_may_be_any_bytes() -> None:
    out = io.BytesIO()
    source = ABOUT.source._replace(path="/\udcff/é")
    write(out, ABOUT._replace(source=source), TableBuilder().build())
    assert read(memoryview(out.getvalue()))[0].source == source


@settings(deadline=None)
@given(length=st.integers(0, len(TABLE) - 8))
def test_what_is_cut_off_is_foreign(length: int) -> None:
    with pytest.raises(ForeignTableError):
        read(memoryview(TABLE)[:length])


@given(place=st.integers(0, HEADER - 1), change=st.integers(1, 255))
def test_a_damaged_header_is_foreign(place: int, change: int) -> None:
    spoilt = bytearray(TABLE)
    spoilt[place] ^= change
    with pytest.raises(ForeignTableError):
        read(memoryview(spoilt))
