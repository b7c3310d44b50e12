"""What is known, in words and characters."""
