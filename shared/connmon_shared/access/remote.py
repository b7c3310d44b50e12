"""Endpoints that other hosts can reach: TCP, and only with CURVE."""

import re
import socket
from dataclasses import dataclass, replace
from typing import Self

from connmon_shared.sockets import EndpointError
from connmon_shared.text import clean

REMOTE_PORT = 7_150  # what documentation and hints propose
SCHEME = "tcp://"
_MAX_PORT = 65_534  # the one after it is used as well
_FORM = re.compile(r"tcp://(?:\[([^][/]+)\]|([^][/:]+)):(0|[1-9][0-9]{0,4})")
_BARE_IPV6 = re.compile(r"tcp://[0-9a-fA-F]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")
_PATIENCE = 5.0  # seconds for each address that a name stands for
_SHOWN = 80  # characters of a mistaken endpoint


@dataclass(frozen=True, slots=True)
class TcpEndpoint:
    """A host and a port, as in `tcp://web1:7150` or `tcp://[2001:db8::1]:7150`."""

    host: str  # a name or an address, without brackets
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"tcp://{host}:{self.port}"

    @property
    def next(self) -> Self:
        """The endpoint at the port after this one."""
        return replace(self, port=self.port + 1)


def tcp_endpoint(text: str) -> TcpEndpoint:
    """Return the endpoint that `text` names.

    Raises:
        EndpointError: it is none; the text says what one looks like.
    """
    shown = clean(text, _SHOWN)
    if _BARE_IPV6.fullmatch(text):
        raise EndpointError(f"{shown}: put brackets around the address: tcp://[2001:db8::1]:7150")
    found = _FORM.fullmatch(text)
    if found is None:
        raise EndpointError(f"{shown}: expected tcp://HOST:PORT, as in tcp://web1:{REMOTE_PORT}")
    port = int(found[3])
    if not 1 <= port <= _MAX_PORT:
        raise EndpointError(f"{shown}: a port is 1 to {_MAX_PORT} (the next one is used, too)")
    return TcpEndpoint(found[1] or found[2], port)


def reach(endpoint: TcpEndpoint, service: str) -> TcpEndpoint:
    """Connect once, and return `endpoint` with the address that answered in place of its name.

    ZeroMQ itself never says why it cannot connect, and tries only one address of a name.

    Args:
        endpoint: where to.
        service: the command line that should listen there, for people.

    Raises:
        EndpointError: nobody can be reached there; the text says why.
    """
    try:
        with socket.create_connection((endpoint.host, endpoint.port), _PATIENCE) as plain:
            address = socket.getnameinfo(plain.getpeername(), socket.NI_NUMERICHOST)[0]
    except socket.gaierror as error:
        raise EndpointError(f"no host is known as {endpoint.host}: {error.strerror}") from error
    except ConnectionRefusedError:
        raise EndpointError(f"nothing listens at {endpoint}: run there {service}") from None
    except TimeoutError:
        raise EndpointError(
            f"{endpoint} does not answer: is that host up, and its firewall open for"
            f" port {endpoint.port}?"
        ) from None
    except OSError as error:
        raise EndpointError(f"cannot reach {endpoint}: {error.strerror}") from error
    except UnicodeError:  # a label of the name is empty, or too long
        raise EndpointError(f"cannot reach {endpoint}: that is no host name") from None
    return replace(endpoint, host=address)
