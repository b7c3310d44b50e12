"""The tables that can be asked for, and how what a file says becomes the text of a value.

The text of a country is its code; of an autonomous system its number, a tab and its holder.
"""

from enum import StrEnum

from connmon_shared.text import clean

ORGANISATION_LENGTH = 96  # characters; the longest in DB-IP's file of June 2026 has 167
_COUNTRY_LENGTH = 2  # ISO 3166-1 alpha-2
_COUNTRY_UNKNOWN = "ZZ"  # ISO 3166-1 user-assigned; DB-IP's word for "nobody's"
_ASN_LIMIT = 1 << 32  # RFC 6793
_SEPARATOR = "\t"  # `clean` leaves none in an organisation

Asn = tuple[int, str]  # number, organisation


class Kind(StrEnum):
    """A table of ranges; the value is the word for it in file names and sentences."""

    COUNTRY = "country"
    ASN = "asn"


def value_of(kind: Kind, fields: list[str]) -> str | None:
    """Return the text of the value in `fields`, the columns behind a range; None: "unknown".

    Raises:
        ValueError: there is none.
    """
    return country_of(fields[0]) if kind is Kind.COUNTRY else asn_of(*fields[:2])


def country_of(text: str) -> str | None:
    """Return the country code in `text`; None: it says "unknown".

    Raises:
        ValueError: it is none.
    """
    code = text.strip().upper()
    if len(code) != _COUNTRY_LENGTH or not (code.isascii() and code.isalpha()):
        raise ValueError(f"'{clean(code, 20)}' is no country code")
    return None if code == _COUNTRY_UNKNOWN else code


def asn_of(text: str, organisation: str | None = None) -> str | None:
    """Return the text of an autonomous system; None: its number is 0, "not routed".

    Raises:
        ValueError: `text` is no number, or there is no organisation.
    """
    digits = text.strip().upper().removeprefix("AS")
    if not (digits.isascii() and digits.isdigit() and int(digits) < _ASN_LIMIT):
        raise ValueError(f"'{clean(digits, 20)}' is no AS number")
    if organisation is None:
        raise ValueError("the organisation is missing")
    number = int(digits)
    name = clean(organisation.strip(), ORGANISATION_LENGTH)
    return f"{number}{_SEPARATOR}{name}" if number else None


def asn_from(text: str) -> Asn:
    """Return what `asn_of` made a text of."""
    number, _, organisation = text.partition(_SEPARATOR)
    return int(number), organisation
