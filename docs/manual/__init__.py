"""What is written from the parsers of all programs, so that it always agrees with them."""
