"""The command line, `kwantorque` or `python -m kwantorque`: stopped cleanly by Ctrl-C even while it loads."""

import os
import signal
import sys


def main():
    """Run the command line; returns the exit status."""
    # An interrupt in the middle of an import surfaces as any exception: until all is loaded, leave at once.
    signal.signal(signal.SIGINT, _leave)
    from .cli import main as command_line

    signal.signal(signal.SIGINT, signal.default_int_handler)
    return command_line()


def _leave(*_):
    os.write(2, b"kwantorque: error: interrupted\n")
    os._exit(130)


if __name__ == "__main__":
    sys.exit(main())
