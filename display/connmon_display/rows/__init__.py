"""Rows of addresses, groups of them, their order, timelines and words."""
