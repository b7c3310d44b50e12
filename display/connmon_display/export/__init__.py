"""What can be written to a file: one module for each format, all of them in formats.py."""
