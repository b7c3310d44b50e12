"""Whose sockets are: what /proc and the kernel's events tell of processes and their descriptors."""
