"""DNS messages and the packets around them, made by dnspython."""

import ipaddress
import struct

import dns.flags
import dns.message
import dns.rdataclass
import dns.rdatatype
import dns.rrset

CLIENT, SERVER = "192.0.2.1", "192.0.2.53"
CLIENT6, SERVER6 = "2001:db8::1", "2001:db8::53"
TTL = 300  # seconds


def query(name: str, kind: str = "A", number: int = 7) -> dns.message.Message:
    """Return the question for the addresses of `name`."""
    return dns.message.make_query(name, kind, id=number)


def answer(
    question: dns.message.Message, *records: tuple[str, str, str]
) -> dns.message.QueryMessage:
    """Return the answer with `records` (owner, kind, data); without any, its own address."""
    response = dns.message.make_response(question)
    assert isinstance(response, dns.message.QueryMessage)
    response.flags |= dns.flags.RA
    asked = question.question[0]
    if not records:
        address = "203.0.113.9" if asked.rdtype == dns.rdatatype.A else "2001:db8:9::9"
        records = ((str(asked.name), dns.rdatatype.to_text(asked.rdtype), address),)
    for owner, kind, data in records:
        response.answer.append(dns.rrset.from_text(owner, TTL, dns.rdataclass.IN, kind, data))
    return response


def packet(
    payload: bytes | dns.message.Message,
    source: tuple[str, int],
    target: tuple[str, int],
    options: bytes = b"",
) -> bytes:
    """Return the IP packet that carries `payload`; `options` are IPv4's."""
    data = payload if isinstance(payload, bytes) else payload.to_wire()
    udp = struct.pack(">HHHH", source[1], target[1], 8 + len(data), 0) + data
    ends = [ipaddress.ip_address(host).packed for host, _ in (source, target)]
    if len(ends[0]) == 16:
        return struct.pack(">IHBB", 6 << 28, len(udp), 17, 64) + b"".join(ends) + udp
    words = 5 + len(options) // 4
    size = 4 * words + len(udp)
    head = struct.pack(">BBHHHBBH", 0x40 | words, 0, size, 0, 0, 64, 17, 0)
    return head + b"".join(ends) + options + udp


def asked(message: dns.message.Message, port: int = 40_000) -> bytes:
    """Return the packet of a question."""
    return packet(message, (CLIENT, port), (SERVER, 53))


def answered(message: dns.message.Message, port: int = 40_000) -> bytes:
    """Return the packet of an answer."""
    return packet(message, (SERVER, 53), (CLIENT, port))
