import io
from collections.abc import Mapping

import pytest
from helpers_geo import opened
from mmdb_file import Value, mmdb

from connmon_enricher.geo.builder import TableBuilder
from connmon_enricher.geo.kinds import Kind
from connmon_enricher.geo.mmdb_reader import read_mmdb
from connmon_enricher.geo.rows import FormatError, Tally
from connmon_enricher.geo.table import Table
from connmon_shared.endpoints import parse

V4, V6 = "1.0.0.0/24", "2a00::/16"
MAXMIND: Value = {"country": {"iso_code": "AU", "names": {"en": "Australia"}}}
DBIP_NPM: Value = {"country_code": "AU"}
IPINFO: Value = {"country": "AU", "continent": "OC"}
IPINFO_LITE: Value = {
    "country": "Australia",
    "country_code": "AU",
    "asn": "AS13335",
    "as_name": "Cloudflare, Inc.",
}


def read(records: Mapping[str, Value], kind: Kind) -> tuple[Table[str], Tally]:
    builder = TableBuilder()
    tally = read_mmdb(io.BytesIO(mmdb(records)), kind, builder, lambda _: None)
    return opened(builder.build()), tally


@pytest.mark.parametrize("record", [MAXMIND, DBIP_NPM, IPINFO, IPINFO_LITE])
@pytest.mark.parametrize("network", [V4, V6])
def test_reads_countries_as_each_maker_has_them(record: Value, network: str) -> None:
    table, tally = read({network: record}, Kind.COUNTRY)
    first = network.partition("/")[0]
    assert table.find(parse(first)) == "AU"
    assert table.find(parse("9.9.9.9")) is None
    assert (tally.good, tally.bad) == (1, 0)


@pytest.mark.parametrize(
    "record",
    [
        {"autonomous_system_number": 13335, "autonomous_system_organization": "Cloudflare, Inc."},
        IPINFO_LITE,
        {"asn": "AS13335", "name": "Cloudflare, Inc.", "domain": "cloudflare.com"},
    ],
)
def test_reads_autonomous_systems_as_each_maker_has_them(record: Value) -> None:
    table, _ = read({V4: record}, Kind.ASN)
    assert table.find(parse("1.0.0.255")) == "13335\tCloudflare, Inc."
    assert table.find(parse("1.0.1.0")) is None


def test_a_network_about_which_nothing_is_said_is_no_row() -> None:
    _, tally = read({V4: {"is_anonymous": 1}, V6: {"country": {}}}, Kind.COUNTRY)
    assert (tally.good, tally.bad) == (0, 0)


def test_says_which_networks_are_malformed() -> None:
    table, tally = read({V4: {"country_code": "\x1b[31m"}, V6: DBIP_NPM}, Kind.COUNTRY)
    assert str(tally) == "1.0.0.0/24: '?[31M' is no country code"
    assert (tally.good, tally.bad) == (1, 1)
    assert table.find(parse("2a00::1")) == "AU"


@pytest.mark.parametrize("content", [b"", b"rubbish" * 999, mmdb({V4: MAXMIND})[:-40]])
def test_a_damaged_file_is_one_error(content: bytes) -> None:
    with pytest.raises(FormatError):
        read_mmdb(io.BytesIO(content), Kind.COUNTRY, TableBuilder(), lambda _: None)
