"""The regions of the screen, one module for each."""
