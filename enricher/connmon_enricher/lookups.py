"""Which look-ups the command line switched on."""

import argparse
from dataclasses import dataclass

from connmon_enricher.geo.database import GeoDatabase
from connmon_enricher.names.resolver import Resolver
from connmon_enricher.names.saved import SavedNames
from connmon_enricher.names.turns import BUDGET


@dataclass(frozen=True, slots=True)
class LookUps:
    """The look-ups that are on, and their names for displays."""

    geo: GeoDatabase | None
    names: Resolver | None
    features: tuple[str, ...]


class DnsServerError(Exception):
    """The DNS server on the command line is none."""


def chosen(args: argparse.Namespace) -> LookUps:
    """Return the look-ups that `args` ask for, already started.

    Raises:
        DnsServerError: `--dns-server` is no address, with or without a port.
    """
    wanted = {
        "country": args.lookup_country,
        "asn": args.lookup_asn,
        "names": args.resolve_names,
    }
    features = tuple(name for name, on in wanted.items() if on)
    tables = [name for name in features if name != "names"]
    geo = GeoDatabase(tables, args.geo_path) if tables else None
    if geo is not None:
        geo.look()
    return LookUps(geo, _resolver(args) if args.resolve_names else None, features)


def _resolver(args: argparse.Namespace) -> Resolver:
    if args.dns_server == "":  # an unset variable in a script, most likely
        raise DnsServerError("--dns-server: no address is given")
    try:
        return Resolver(
            args.dns_server,
            budget=args.dns_budget or BUDGET,
            confirm=args.confirm_names,
            saved=SavedNames(args.dns_cache) if args.dns_cache is not None else None,
        )
    except ValueError as error:
        raise DnsServerError(f"--dns-server: {error}") from error
