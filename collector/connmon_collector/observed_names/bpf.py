"""The filter that runs in the kernel: of all packets only DNS over UDP that can be trusted.

A classic BPF program (Linux: Documentation/networking/filter.rst) for a packet socket of type
SOCK_DGRAM, where a packet begins with its IP header. It passes

- queries (to port 53) that this host sends, and answers (from port 53) that come to it;
- on the loopback device both, on their way in. The kernel shows each packet there twice.

A query that comes from outside is never passed: whoever can forge one and an answer to it could
name any address. That is also why the filter itself tells queries from answers.
"""

import array
import socket
import struct
from typing import NamedTuple

#: The longest packet taken in, in bytes; more than resolvers offer to take (RFC 6891, 6.2.5).
SNAP_BYTES = 4_096
_SO_ATTACH_FILTER = 26  # asm-generic/socket.h
_INSTRUCTION = struct.Struct("=HBBI")  # struct sock_filter: code, jump if true, if false, constant
_PROGRAM = "HP"  # struct sock_fprog: how many instructions, and where they are; with padding

# Codes of linux/bpf_common.h: class | size | mode. A is the accumulator, X the index register.
_LD_W_ABS, _LD_H_ABS, _LD_B_ABS = 0x20, 0x28, 0x30  # A = word, half or byte at [k]
_LD_H_IND, _LD_B_IND = 0x48, 0x50  # A = half or byte at [X + k]
_LD_IMM, _ST, _LD_MEM = 0x00, 0x02, 0x60  # A = k; M[k] = A; A = M[k]
_LDX_IMM, _LDX_IP_HEADER = 0x01, 0xB1  # X = k; X = 4 * (byte at [k] & 0xf)
_JA, _JEQ, _JSET = 0x05, 0x15, 0x45  # always; if A == k; if A & k
_RET = 0x06  # pass k bytes of the packet, 0: none

# What the kernel knows of a packet, at made-up offsets (linux/filter.h, SKF_AD_*).
_ANCILLARY = 0xFFFF_F000
_PROTOCOL, _PACKET_TYPE, _HARDWARE = _ANCILLARY, _ANCILLARY + 4, _ANCILLARY + 28
_INCOMING, _OUTGOING = 0, 4  # PACKET_HOST, PACKET_OUTGOING (linux/if_packet.h)
_LOOPBACK = 772  # ARPHRD_LOOPBACK (linux/if_arp.h)
_IPV4, _IPV6 = 0x0800, 0x86DD  # linux/if_ether.h
_UDP = socket.IPPROTO_UDP
_DOMAIN = 53
_FRAGMENT = 0x3FFF  # "more fragments", or an offset (RFC 791, 3.1)
_RESPONSE = 0x80  # the bit QR in the third byte of a DNS message (RFC 1035, 4.1.1)
_QUERIES, _ANSWERS = 1, 2  # what may pass, in M[0]


class _Step(NamedTuple):
    """One instruction; jumps go to a label, or on to the next one."""

    code: int
    k: int = 0
    true: str = ""
    false: str = ""
    label: str = ""


_STEPS = (
    # 1. By the direction: what may this packet be? Loopback only on the way in.
    _Step(_LD_W_ABS, _PACKET_TYPE),
    _Step(_JEQ, _OUTGOING, true="outgoing"),
    _Step(_JEQ, _INCOMING, false="drop"),  # not for us: broadcast, multicast, another host's
    _Step(_LD_W_ABS, _HARDWARE),
    _Step(_JEQ, _LOOPBACK, true="loopback"),
    _Step(_LD_IMM, _ANSWERS),
    _Step(_JA, true="known"),
    _Step(_LD_IMM, _QUERIES | _ANSWERS, label="loopback"),
    _Step(_JA, true="known"),
    _Step(_LD_W_ABS, _HARDWARE, label="outgoing"),
    _Step(_JEQ, _LOOPBACK, true="drop"),
    _Step(_LD_IMM, _QUERIES),
    _Step(_ST, 0, label="known"),
    # 2. UDP, whole; leave the length of the IP header in X.
    _Step(_LD_H_ABS, _PROTOCOL),
    _Step(_JEQ, _IPV6, true="ipv6"),
    _Step(_JEQ, _IPV4, false="drop"),
    _Step(_LD_B_ABS, 9),  # protocol
    _Step(_JEQ, _UDP, false="drop"),
    _Step(_LD_H_ABS, 6),  # flags and fragment offset
    _Step(_JSET, _FRAGMENT, true="drop"),
    _Step(_LDX_IP_HEADER, 0),
    _Step(_JA, true="udp"),
    _Step(_LD_B_ABS, 6, label="ipv6"),  # next header: no extension headers, no fragments
    _Step(_JEQ, _UDP, false="drop"),
    _Step(_LDX_IMM, 40),  # RFC 8200, 3
    # 3. A query to the port, or an answer from it. The UDP header has 8 bytes.
    _Step(_LD_B_IND, 8 + 2, label="udp"),
    _Step(_JSET, _RESPONSE, true="answer"),
    _Step(_LD_H_IND, 2),  # destination port
    _Step(_JEQ, _DOMAIN, false="drop"),
    _Step(_LD_MEM, 0),
    _Step(_JSET, _QUERIES, true="pass", false="drop"),
    _Step(_LD_H_IND, 0, label="answer"),  # source port
    _Step(_JEQ, _DOMAIN, false="drop"),
    _Step(_LD_MEM, 0),
    _Step(_JSET, _ANSWERS, true="pass", false="drop"),
    _Step(_RET, SNAP_BYTES, label="pass"),
    _Step(_RET, 0, label="drop"),
)
_NOTHING = (_Step(_RET, 0),)


def attach(sock: socket.socket) -> None:
    """Let `sock`, a packet socket that does not block, receive only what the filter passes.

    What arrived before is thrown away: nothing has looked at it. Until it is gone nothing is let
    in at all, or a busy network would never let us finish.
    """
    _attach(sock, _NOTHING)
    while _take_one(sock):
        pass
    _attach(sock, _STEPS)


def _take_one(sock: socket.socket) -> bool:
    try:
        sock.recv(1)
    except BlockingIOError:
        return False
    return True


def _attach(sock: socket.socket, steps: tuple[_Step, ...]) -> None:
    code = array.array("B", _assembled(steps))  # must live until the kernel has copied it
    address, _ = code.buffer_info()
    sock.setsockopt(
        socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack(_PROGRAM, len(steps), address)
    )


def _assembled(steps: tuple[_Step, ...]) -> bytes:
    places = {step.label: place for place, step in enumerate(steps) if step.label}
    code = b""
    for place, step in enumerate(steps):
        true, false = (
            places[label] - place - 1 if label else 0 for label in (step.true, step.false)
        )
        if step.code == _JA:  # the one jump whose distance is the constant
            code += _INSTRUCTION.pack(step.code, 0, 0, true)
        else:
            code += _INSTRUCTION.pack(step.code, true, false, step.k)
    return code
