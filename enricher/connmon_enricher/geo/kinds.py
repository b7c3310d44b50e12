"""The tables that can be asked for, and how the columns behind a range become its value."""

from enum import StrEnum

from connmon_shared.text import clean

ORGANISATION_LENGTH = 96  # characters; the longest in DB-IP's file of June 2026 has 167
_COUNTRY_LENGTH = 2  # ISO 3166-1 alpha-2
_COUNTRY_UNKNOWN = "ZZ"  # ISO 3166-1 user-assigned; DB-IP's word for "nobody's"
_ASN_LIMIT = 1 << 32  # RFC 6793

Asn = tuple[int, str]  # number, organisation


class Kind(StrEnum):
    """A table of ranges; the value is the word for it in file names and sentences."""

    COUNTRY = "country"
    ASN = "asn"


def country_of(fields: list[str]) -> str | None:
    """Return the country code in the first of `fields`; None: the file says "unknown".

    Raises:
        ValueError: there is none.
    """
    code = fields[0].strip().upper()
    if len(code) != _COUNTRY_LENGTH or not (code.isascii() and code.isalpha()):
        raise ValueError(f"'{clean(code, 20)}' is no country code")
    return None if code == _COUNTRY_UNKNOWN else code


def asn_of(fields: list[str]) -> Asn | None:
    """Return number and organisation from `fields`; None: number 0, "not routed".

    Raises:
        ValueError: there is no number, or no column for the organisation.
    """
    digits = fields[0].strip().upper().removeprefix("AS")
    if not (digits.isascii() and digits.isdigit() and int(digits) < _ASN_LIMIT):
        raise ValueError(f"'{clean(digits, 20)}' is no AS number")
    if len(fields) == 1:
        raise ValueError("the organisation is missing")
    number = int(digits)
    return (number, clean(fields[1].strip(), ORGANISATION_LENGTH)) if number else None
