import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_shared.access.remote import TcpEndpoint, tcp_endpoint
from connmon_shared.sockets import EndpointError


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("tcp://web1:7150", "web1", 7150),
        ("tcp://0.0.0.0:1", "0.0.0.0", 1),  # noqa: S104 - not bound
        ("tcp://[2001:db8::1]:65534", "2001:db8::1", 65_534),
        ("tcp://[fe80::1%eth0]:7150", "fe80::1%eth0", 7150),
    ],
)
def test_an_endpoint_is_read_and_written(text: str, host: str, port: int) -> None:
    assert tcp_endpoint(text) == TcpEndpoint(host, port)
    assert str(tcp_endpoint(text)) == text
    assert tcp_endpoint(text).next.port == port + 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("web1:7150", "expected tcp://HOST:PORT"),
        ("tcp://web1", "expected tcp://HOST:PORT"),
        ("tcp://:7150", "expected tcp://HOST:PORT"),
        ("tcp://web1:7150/", "expected tcp://HOST:PORT"),
        ("tcp://a;b:1:7150", "expected tcp://HOST:PORT"),
        ("tcp://2001:db8::1:7150", "put brackets around"),
        ("tcp://web1:0", "a port is 1 to 65534"),
        ("tcp://web1:65535", "a port is 1 to 65534"),
        ("tcp://web\n1:99999", "a port is 1 to 65534"),
    ],
)
def test_a_mistake_is_told_in_words(text: str, said: str) -> None:
    with pytest.raises(EndpointError, match=said):
        tcp_endpoint(text)


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(EndpointError):
        assert str(tcp_endpoint(f"tcp://{text}")) == f"tcp://{text}"
