"""Recordings: what a display heard, in a file, and played back to the same views."""
