r"""Host names from strangers, made harmless.

Whoever runs the reverse zone of an address can put any bytes into its name: escape sequences,
markup, or the text of another address. The result holds only `[a-z0-9_.-]` and `\DDD` (the
decimal value of any other byte), as in RFC 1035 section 5.1. Punycode (`xn--`) stays as it is.
"""

import ipaddress
import re
import string

NAME_LENGTH = 253  # characters, the longest name that DNS allows (RFC 1035 section 2.3.4)
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_-.")
_LOWER = bytes(range(256)).lower()
_DOT = ord(".")
_BYTE = re.compile(rb"\\(25[0-5]|2[0-4][0-9]|[01][0-9]{2})|\\(.)|(.)", re.DOTALL)
#: Labels that are not only digits at the end, and not too long.
_ORDINARY = re.compile(
    rb"(?=.{1,253}\Z)(?:[A-Za-z0-9_-]+\.)*[A-Za-z_-][A-Za-z0-9_-]*\.?", re.DOTALL
)
_CELL = re.compile(r"\\[0-9]{3}|.")
_EDGES = string.whitespace + ".[]"  # what may stand around an address
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


def harmless(name: str | bytes) -> str:
    r"""Return `name`, given as in a zone file (`\DDD`, `\X`), in the alphabet described above.

    Empty when there is no name, or when it reads like an IP address: those are never a name.
    One that is too long loses its beginning; the end says whose it is.
    """
    raw = name.encode("utf-8", "surrogateescape") if isinstance(name, str) else name
    if _ORDINARY.fullmatch(raw):  # nearly all are, and the rest costs 20 µs
        return raw.lower().rstrip(b".").decode("ascii")
    read = [_read(match) for match in _BYTE.finditer(raw)]
    if _reads_like_address(bytes(byte for byte, _ in read).decode("latin-1")):
        return ""
    return _shortened("".join(_cell(byte, escaped=escaped) for byte, escaped in read).rstrip("."))


def _read(match: re.Match[bytes]) -> tuple[int, bool]:
    """Return a byte in lower case, and whether it was escaped."""
    decimal, escaped, plain = match.groups()
    if decimal is not None:
        return _LOWER[int(decimal)], True
    return _LOWER[(plain or escaped)[0]], plain is None


def _cell(byte: int, *, escaped: bool) -> str:
    if byte not in _PLAIN or (escaped and byte == _DOT):  # an escaped dot divides no labels
        return f"\\{byte:03d}"
    return chr(byte)


def _reads_like_address(text: str) -> bool:
    """Return whether `text` is an address, or ends in a number as no name does but IPv4 does."""
    text = text.strip(_EDGES)
    if _NUMBER.fullmatch(text.rpartition(".")[2]):
        return True
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _shortened(name: str) -> str:
    cells = iter(_CELL.findall(name))
    surplus = len(name) - NAME_LENGTH
    while surplus > 0:
        surplus -= len(next(cells))
    return "".join(cells)
