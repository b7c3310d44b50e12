"""The two ways in which a message can break the protocol: ours, and the peer's."""


class ProtocolError(Exception):
    """A message breaks the protocol."""


class LocalProtocolError(ProtocolError):
    """We tried to send what no peer could read."""


class RemoteProtocolError(ProtocolError):
    """The peer sent what nobody can read."""
