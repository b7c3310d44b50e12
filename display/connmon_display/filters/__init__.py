"""Which rows are shown."""
