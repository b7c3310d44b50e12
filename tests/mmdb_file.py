"""MMDB files for tests (MaxMind DB file format specification, version 2.0)."""

import ipaddress
import struct
from collections.abc import Mapping

_MARKER = b"\xab\xcd\xefMaxMind.com"
_TEXT, _UINT16, _UINT32, _MAP = 2, 5, 6, 7
_UINT64, _ARRAY = 9 - 7, 11 - 7  # of the extended types
Value = str | int | Mapping[str, "Value"]


class Node:
    """A node of the search tree: two more nodes, numbers of records, or nothing."""

    def __init__(self) -> None:
        self.sides: list[Node | int | None] = [None, None]


def mmdb(records: Mapping[str, Value]) -> bytes:
    """Return an IPv6 file with a record for each network, IPv4 ones below ::/96."""
    root = Node()
    data, places = b"", {}
    for number, (text, record) in enumerate(records.items()):
        network = ipaddress.ip_network(text)
        bits = network.prefixlen + (96 if network.version == 4 else 0)
        address = int(network.network_address)
        places[number] = len(data)
        data += _encoded(record)
        node = root
        for depth in range(bits - 1):
            side = address >> 127 - depth & 1
            below = node.sides[side]
            if not isinstance(below, Node):
                below = node.sides[side] = Node()
            node = below
        node.sides[address >> 128 - bits & 1] = number
    nodes = _listed(root)
    numbers = {id(node): number for number, node in enumerate(nodes)}
    tree = b""
    for node in nodes:
        for branch in node.sides:
            if branch is None:
                target = len(nodes)
            elif isinstance(branch, Node):
                target = numbers[id(branch)]
            else:
                target = len(nodes) + 16 + places[branch]
            tree += target.to_bytes(3, "big")
    return tree + bytes(16) + data + _MARKER + _metadata(len(nodes))


def _listed(node: Node) -> list[Node]:
    below = (branch for branch in node.sides if isinstance(branch, Node))
    return [node, *(found for branch in below for found in _listed(branch))]


def _metadata(nodes: int) -> bytes:
    def uint16(number: int) -> bytes:
        return bytes([_UINT16 << 5 | 2]) + struct.pack(">H", number)

    entries = {
        "node_count": _encoded(nodes),
        "record_size": uint16(24),
        "ip_version": uint16(6),
        "database_type": _encoded("test"),
        "languages": bytes([0, _ARRAY]),
        "binary_format_major_version": uint16(2),
        "binary_format_minor_version": uint16(0),
        "build_epoch": bytes([8, _UINT64]) + struct.pack(">Q", 1_700_000_000),
        "description": _encoded({}),
    }
    pairs = b"".join(_encoded(key) + value for key, value in entries.items())
    return bytes([_MAP << 5 | len(entries)]) + pairs


def _encoded(value: Value) -> bytes:
    if isinstance(value, str):
        raw = value.encode()
        assert len(raw) < 285
        if len(raw) < 29:
            return bytes([_TEXT << 5 | len(raw)]) + raw
        return bytes([_TEXT << 5 | 29, len(raw) - 29]) + raw
    if isinstance(value, int):
        return bytes([_UINT32 << 5 | 4]) + struct.pack(">I", value)
    pairs = b"".join(_encoded(key) + _encoded(item) for key, item in value.items())
    return bytes([_MAP << 5 | len(value)]) + pairs
