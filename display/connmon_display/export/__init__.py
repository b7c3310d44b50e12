"""What can be written to a file: one module for each format, each a generator of lines."""
