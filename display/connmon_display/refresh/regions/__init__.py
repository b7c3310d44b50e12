"""The regions of the screen, one module for each; `compose.py` puts them together."""
