"""The kernel's socket diagnostics: what to ask, and what the answers hold.

Layouts are from linux/netlink.h, linux/inet_diag.h and linux/tcp.h; all numbers are in the
host's byte order except ports and addresses.
"""
