"""The collector: the privileged stage that looks at the host's sockets and tells the enricher."""
