"""How a port and a process are told together with what else there is. Pure."""


def other_names(count: int) -> str:
    """Return what stands behind a name when there are others, as in `nginx +1`."""
    return f" +{count}" if count else ""


def other_ports(count: int) -> str:
    """Return what stands behind a port when there are others, as in `443+2`."""
    return f"+{count}" if count else ""


def with_service(port: str, service: str) -> str:
    """Return a port and what it is called, if it has a name."""
    return f"{port} {service}" if service else port
