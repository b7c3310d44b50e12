"""Rows that have something in common, as one: by process, AS, country or port."""
