"""What the user does: bytes of the keyboard, keys, the mouse, and what is set by them."""
