"""Tables from MMDB files: the layouts of DB-IP, MaxMind and IPinfo.

maxminddb's fast reader maps its file into memory, and would be killed if the user cut that short
meanwhile (SIGBUS): it gets a copy.
"""

import shutil
import tempfile
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from typing import BinaryIO

import maxminddb

from connmon_enricher.geo.builder import IPV4, IPV6, TableBuilder
from connmon_enricher.geo.kinds import Kind, asn_of, country_of
from connmon_enricher.geo.rows import FormatError, Share, Tally

_NUMBERS = ("autonomous_system_number", "asn")  # MaxMind and DB-IP; IPinfo
_ORGANISATIONS = ("autonomous_system_organization", "as_name", "name")  # the last two are IPinfo's
_NETWORKS = 1_000  # read between two tellings of how much is done
_BITS = {4: 32, 6: 128}  # of an address of each version
_FAMILIES = {4: IPV4, 6: IPV6}


def read_mmdb(stream: BinaryIO, kind: Kind, builder: TableBuilder, share: Share) -> Tally:
    """Put the networks in `stream` into `builder`, and return a tally.

    A network of which the file does not say what `kind` asks for is no row. How much is done is
    told to `share`, by the nodes of the tree, of which there are as many as networks, or more.

    Raises:
        FormatError: it cannot be read as an MMDB.
        OSError: it cannot be read, or not be copied into the folder for temporary files.
    """
    tally = Tally()
    try:
        with _opened(stream) as reader:
            nodes = reader.metadata().node_count
            for number, (network, record) in enumerate(reader):
                if not number % _NETWORKS:
                    share(number / nodes)
                if isinstance(record, Mapping):
                    _add(network, record, kind, builder, tally)
    except (maxminddb.InvalidDatabaseError, ValueError) as error:  # UnicodeDecodeError is one
        raise FormatError(error) from error
    tally.good = len(builder)
    return tally


def _opened(stream: BinaryIO) -> maxminddb.Reader:
    """Return a reader of a copy, which has lost its name already."""
    with tempfile.NamedTemporaryFile() as copy:
        shutil.copyfileobj(stream, copy)
        copy.flush()
        try:
            return maxminddb.open_database(copy.name)
        except maxminddb.InvalidDatabaseError as error:  # which names the copy
            raise FormatError("it is no MMDB file") from error


def _add(
    network: IPv4Network | IPv6Network,
    record: Mapping[str, object],
    kind: Kind,
    builder: TableBuilder,
    tally: Tally,
) -> None:
    try:
        value = _country(record) if kind is Kind.COUNTRY else _asn(record)
    except ValueError as error:
        tally.add_bad(str(network), error)
        return
    if value is not None:
        first = int(network.network_address)
        last = first | (1 << _BITS[network.version] - network.prefixlen) - 1
        builder.add(_FAMILIES[network.version], first, last, builder.value_id(value))


def _country(record: Mapping[str, object]) -> str | None:
    """Return the code in `record`; with IPinfo Lite `country` is a name, and comes second."""
    country = record.get("country_code", record.get("country"))
    code = country.get("iso_code") if isinstance(country, Mapping) else country
    return country_of(str(code)) if code else None


def _asn(record: Mapping[str, object]) -> str | None:
    number = next((record[key] for key in _NUMBERS if record.get(key)), None)
    organisation = next((record[key] for key in _ORGANISATIONS if record.get(key)), "")
    return asn_of(str(number), str(organisation)) if number is not None else None
