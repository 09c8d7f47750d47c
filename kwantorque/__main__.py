"""The command line, `kwantorque` or `python -m kwantorque`.

Stopped cleanly by Ctrl-C even while it loads.
"""

from __future__ import annotations

import os
import signal
import sys
import threading


def main() -> int:
    """Run the command line; returns the exit status."""
    handler = signal.getsignal(signal.SIGINT)
    ours = handler is signal.default_int_handler and threading.current_thread() is threading.main_thread()
    if ours:
        # An interrupt in the middle of an import surfaces as any exception: until all
        # is loaded, leave at once.
        signal.signal(signal.SIGINT, _leave)
    from .cli.commands import main as command_line

    if ours:
        signal.signal(signal.SIGINT, handler)
    return command_line()


def _leave(*_):
    os.write(2, b"kwantorque: error: interrupted\n")
    os._exit(130)


if __name__ == "__main__":
    sys.exit(main())
