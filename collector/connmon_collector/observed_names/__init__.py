"""The names that this host's own name look-ups gave to addresses, read off the wire."""
