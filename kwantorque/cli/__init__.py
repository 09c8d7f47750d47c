"""The command line: words to calls, a Dataset to a table."""

from .commands import main

__all__ = ["main"]
