"""Linux: the kernel's own events, so that nothing is missed between two looks."""
