"""Where the addresses of the recorded session are: enough of a GeoIP file for them."""

from pathlib import Path
from typing import NamedTuple


class Place(NamedTuple):
    """An address that the session talks to, or that talks to it."""

    country: str
    number: int  # of the autonomous system
    organisation: str
    name: str = ""  # that DNS in the session gives it


PLACES = {
    "51.38.68.16": Place("FR", 16276, "OVH SAS", "mail.example.net"),
    "52.94.193.27": Place("US", 16509, "Amazon.com, Inc.", "metrics.example.com"),
    "104.16.132.229": Place("US", 13335, "Cloudflare, Inc.", "cdn.example.com"),
    "116.203.91.91": Place("DE", 24940, "Hetzner Online GmbH", "backup.example.net"),
    "140.82.121.4": Place("US", 36459, "GitHub, Inc.", "github.com"),
    "151.101.0.223": Place("US", 54113, "Fastly, Inc.", "api.example.org"),
    "185.15.59.240": Place("NL", 14907, "Wikimedia Foundation Inc.", "upload.wikimedia.org"),
    "2606:4700:10::6816:2a66": Place("US", 13335, "Cloudflare, Inc."),
    "9.9.9.9": Place("CH", 19281, "Quad9"),
    "5.79.113.9": Place("NL", 60781, "LeaseWeb Netherlands B.V."),
    "66.249.66.1": Place("US", 15169, "Google LLC"),
    "130.59.31.80": Place("CH", 559, "SWITCH"),
    "131.130.70.8": Place("AT", 760, "Universitaet Wien"),
    "157.55.39.1": Place("US", 8075, "Microsoft Corporation"),
    "202.232.125.12": Place("JP", 2497, "Internet Initiative Japan Inc."),
    "218.92.0.30": Place("CN", 4134, "CHINANET-BACKBONE"),
}


def write_geo_files(folder: Path) -> None:
    """Write GeoIP files that know just these addresses."""
    country = (f"{address},{address},{place.country}\n" for address, place in PLACES.items())
    (folder / "dbip-country-lite.csv").write_text("".join(country), encoding="utf-8")
    asn = (
        f'{address},{address},{place.number},"{place.organisation}"\n'
        for address, place in PLACES.items()
    )
    (folder / "dbip-asn-lite.csv").write_text("".join(asn), encoding="utf-8")
