"""The command line: options in, exit codes and a few lines of text out.

Never here: how a scenario is played or judged, or how a report looks.
"""

import sys

from swarmsim.cli.exit_codes import INTERRUPTED


def main(arguments: list[str] | None = None) -> None:
    """Run one command. Who presses Ctrl-C while the command line is still being read in sees no traceback either."""
    try:
        from swarmsim.cli import application
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    application.main(arguments)
