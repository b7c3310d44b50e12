"""The terminal: its modes, its size, and the fewest bytes that change what it shows."""
