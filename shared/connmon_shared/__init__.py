"""What every connmon process shares: messages and codec, endpoints, the timeline, clean text."""

__version__ = "0.1.0"
